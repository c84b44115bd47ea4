"""Pages found and files written about deer in headlights."""

PAGE = """\
# Standing still as a plan

*Field notes of the Thicket Journal, no. 41*

A deer that stops on the road is not broken. It is running the oldest program it has.

## What the eye sees

Deer are busiest at dusk and dawn. Their pupils open wide, and a mirror behind the
retina, the *tapetum lucidum*, sends every photon through a second time. It is a fine
night-vision device with one weakness: it was never meant for two suns at the height of
a bumper. In full beam the retina saturates, and it takes a while to recover. Until then
the deer knows that something is there and not much else.

## What the body does

Freezing comes before fleeing. The heart slows, the muscles load, the head points
at the threat. An animal that doesn't move is hard to see for a predator whose eyes are
made for motion, and it gains a moment to find out which way is *away*. Against a
wolf this is excellent. Against a van it is a policy written for another system.

## How long it lasts

| light                    | animals | stood still, median | left towards      |
| ------------------------ | ------: | ------------------: | ----------------- |
| dipped beam, 60 m        |      48 |               1.9 s | the nearer verge  |
| full beam, 60 m          |      51 |               4.6 s | either verge      |
| full beam, then darkness |      37 |               1.1 s | the nearer verge  |
| full beam and a horn     |      22 |               6.8 s | down the road     |

The last row deserves a second look. A louder alarm did not make the deer leave sooner.
It gave it one more thing to look at.

## What helps

1. Dip the lights: give back the information that the glare took away.
2. Slow down early: time is what the animal is standing still *for*.
3. One signal at a time. Two signals are a riddle.
4. Expect the second deer. There is always a second deer.
"""

PEOPLE = """\
# Attention under alarm: a small study of people on call

Twenty-six volunteers were woken at 03:10 and shown a dashboard.

- With **one** red panel, the first useful action came after 41 s (median).
- With **nineteen** red panels, it came after 3 min 20 s. Nobody did anything wrong in
  that time. Most did nothing at all, and scrolled.
- With nineteen red panels and a line on top that said *start here*, it took 52 s.

> "I knew everything was on fire. I just couldn't tell which fire was the first one."
> Volunteer 14, before coffee

The authors warn that the sample is small, that the dashboard was ugly, and that
volunteer 9 was asleep throughout.
"""

DRAFT = """\
# Why deer freeze in headlights, and why we do

**Short answer.** Freezing buys time to understand. Glare takes the understanding away,
so the time is never enough. The same happens to a person with nineteen red panels.

## Findings

1. Freezing is an active state: heart down, muscles loaded, eyes on the threat [1].
2. Full beam saturates an eye built for dusk. Deer stood 4.6 s instead of 1.9 s [1].
3. Adding a horn made it *longer*: 6.8 s [1].
4. People woken at 3 a.m.: 41 s with one alarm, 200 s with nineteen, and 52 s with
   nineteen and a pointer to the first [2].

## For the talk

- Don't add a horn. Dip the lights.
- An alarm without a first step is glare.
- Expect the second deer.

## Sources

[1] Thicket Journal 41, "Standing still as a plan"
[2] "Attention under alarm", 26 volunteers, one of them asleep
"""

SPEECH = """\
# Dip the lights (five minutes, no slides)

**0:00** An owl, a deer and a site reliability engineer stand on a road at 3 a.m.
The owl says: "Who?" The engineer says: "That's what I asked the pager."

**0:45** A deer in headlights isn't stupid. It gathers information. We took it away.

**2:00** The horn experiment: more alarm, more standing still.

**3:00** Nineteen red panels: 200 seconds. One line that says *start here*: 52.

**4:30** So: before you add an alert, ask whether it is a light or a lamp.
"""
