"""A thread of research: searches, pages, a file handed over, a file improved."""

from whitetail.demo.story import (
    Change,
    Say,
    Tale,
    Turn,
    ask,
    fetch,
    present,
    read,
    search,
    swap,
    todos,
    write,
)
from whitetail.demo.tales.headlights_texts import DRAFT, PAGE, PEOPLE, SPEECH

_NOTES = "/mnt/user-data/outputs/freeze-response.md"
_TALK = "/mnt/user-data/outputs/lightning-talk.md"
_PLAN = (
    "Find out what freezing is for",
    "Find out what headlights do to a deer's eyes",
    "Look for the same thing in people on call",
    "Write it up with sources",
)

TALE = Tale(
    "Why deer freeze in headlights",
    ago=76.0,
    blocks=True,
    turns=(
        Turn(
            "I'm giving a talk on incident response. Find out why deer freeze in "
            "headlights, and whether people on call do the same. With sources, please.",
            (
                ask(
                    todos(0, *_PLAN),
                    think="Two questions, one about animals and one about people. The "
                    "link between them is mine to prove, not to assume. A plan first, "
                    "then the biology.",
                ),
                ask(
                    search(
                        "why deer freeze in headlights tapetum lucidum freezing",
                        (
                            "Standing still as a plan",
                            "https://journal.thicket.example/41/standing-still",
                            "Freezing comes before fleeing. In full beam the retina "
                            "saturates, and until it recovers the deer knows only that "
                            "something is there.",
                        ),
                        (
                            "Night vision, the mirror behind the retina",
                            "https://optics.glade.example/tapetum",
                            "Light passes the photoreceptors twice. That is why eyes "
                            "shine back at you from the verge.",
                        ),
                        (
                            "Do deer whistles work? A sceptic drives home",
                            "https://roads.example/whistles",
                            "Forty evenings, two cars, one whistle. The deer looked at "
                            "both with the same interest.",
                        ),
                        (
                            "Freeze, flight, fight: an order, not a choice",
                            "https://ethology.example/freeze-first",
                            "Across mammals the still phase comes first. It is a time "
                            "of heightened attention, with a slower heart.",
                        ),
                        (
                            "Ten facts about deer (number 7 will make you brake)",
                            "https://listicles.example/deer-10",
                            "Number 7: there is always a second deer.",
                        ),
                    ),
                    search(
                        "on-call alarm overload first action time study 3 a.m.",
                        (
                            "Attention under alarm: a small study",
                            "https://humanfactors.example/attention-under-alarm",
                            "Twenty-six volunteers were woken at 03:10 and shown a "
                            "dashboard with one or nineteen red panels.",
                        ),
                        (
                            "My pager and me: a love story in four acts",
                            "https://blog.sleepless.example/pager",
                            "Act two: I learn that every alert was 'informational'.",
                        ),
                    ),
                ),
                ask(fetch("https://journal.thicket.example/41/standing-still", PAGE)),
                ask(
                    fetch("https://humanfactors.example/attention-under-alarm", PEOPLE),
                    think="The horn row is the find: a louder alarm made the deer "
                    "stand longer. If the people show the same shape, that is the "
                    "talk.",
                ),
                ask(write(_NOTES, DRAFT, "Write up the findings with sources")),
                ask(present(_NOTES), todos(3, *_PLAN)),
                Say(
                    "**Deer freeze to gain time, and glare makes that time "
                    "useless.**\n\n"
                    "- Freezing is attention, not panic: the heart slows and the eyes "
                    "lock on.\n"
                    "- Full beam blinds an eye built for dusk: 4.6 s of standing "
                    "instead of 1.9 s.\n"
                    "- A horn on top makes it **worse**: 6.8 s.\n"
                    "- People woken at 3 a.m. needed 41 s with one alarm, 200 s with "
                    "nineteen, and 52 s with nineteen plus a line that says *start "
                    "here*.\n\n"
                    "I've put it into `freeze-response.md`. The study about people is "
                    "small, and one volunteer slept through it; say so before "
                    "somebody in the audience does."
                ),
            ),
            (Change(_NOTES, None, DRAFT),),
        ),
        Turn(
            "Lovely. Make it a five-minute talk without slides. There has to be an "
            "owl.",
            (
                ask(read(_NOTES, DRAFT, "Read the findings again")),
                ask(
                    write(_TALK, SPEECH, "Write the talk, minute by minute"),
                    think="Five minutes is about 650 words. The owl goes first: a joke "
                    "is forgiven at the start of a talk and never at the end.",
                ),
                ask(
                    swap(
                        _NOTES,
                        "- Expect the second deer.",
                        "- Expect the second deer, and the second incident.",
                        "Carry the punchline over to the notes",
                    )
                ),
                ask(present(_TALK, _NOTES)),
                Say(
                    "Here is the talk: five minutes, one owl, no slides. It ends on "
                    "*ask whether it is a light or a lamp*, which is short enough to "
                    "be quoted and vague enough to be discussed at the bar. 🦉"
                ),
            ),
            (
                Change(_TALK, None, SPEECH),
                Change(
                    _NOTES,
                    DRAFT,
                    DRAFT.replace(
                        "second deer.\n", "second deer, and the second incident.\n"
                    ),
                ),
            ),
            after=19_400.0,
        ),
        Turn(
            "Which claim would a biologist in the audience object to first?",
            (
                Say(
                    "The table. Twenty-two animals for *full beam and a horn* is few, "
                    "nobody says how often the same deer was counted twice, and deer "
                    'beside roads are used to cars. Say **"in one small study"** and '
                    "keep the number.\n\nSecond: *freezing is a plan*. It is a good "
                    "metaphor, and a biologist will tell you that it is a metaphor.",
                    think="They want the weakest point, not reassurance. Candidates: "
                    "the sample of the horn row, pseudoreplication, habituation, and "
                    "the word plan. Lead with the table.",
                ),
            ),
            after=2_750.0,
        ),
    ),
)
