"""The conversation that is told live: who slowed the checkout at two in the morning."""

from whitetail.demo.story import (
    Change,
    Errand,
    Say,
    Stumble,
    Tale,
    Turn,
    ask,
    present,
    read,
    shell,
    swap,
    todos,
    write,
)
from whitetail.demo.tales.night_services import (
    CHAIN,
    SERVICES,
    SLOW,
    logs,
    quantiles,
    trace,
)

_NOTE = "/mnt/user-data/outputs/two-in-the-morning.md"
_CODE = "/mnt/user-data/workspace/moss-cache/warmup.py"
_TEST = "/mnt/user-data/workspace/moss-cache/test_warmup.py"
_HANDOVER = "/mnt/user-data/outputs/handover.md"
_PLAN = (
    "Read the logs of every service around 02:00",
    "Find the first that slowed down",
    "Find out why",
    "Write a short note",
)
_BEFORE = '''\
"""Fill the cache before the herd wakes up."""

TTL = 7_200


def warm(cache, keys, load):
    """Put every key into the cache."""
    for key in keys:
        cache.put(key, load(key), ttl=TTL)
'''
_AFTER = '''\
"""Fill the cache before the herd wakes up."""

import random

TTL = 7_200
SPREAD = 0.2


def lifetime(chance=random.random):
    """Return seconds around TTL, so that no two keys leave together."""
    return TTL * (1 - SPREAD / 2 + SPREAD * chance())


def warm(cache, keys, load):
    """Put every key into the cache."""
    for key in keys:
        cache.put(key, load(key), ttl=lifetime())
'''
_TESTED = """\
from warmup import lifetime


def test_no_two_keys_leave_together():
    assert len({lifetime() for _ in range(99)}) == 99
"""
_FOUND = """\
# Two in the morning

**What happened.** At 02:00:00 moss-cache lost 412,096 keys within a second. Everybody
who used to ask the cache asked acorn-ledger, which had not met everybody before.

**Why.** The warm-up at midnight gives all keys the same 7,200 s to live. They were born
together, so they leave together: a thundering herd, by appointment.

**Who only looked guilty.** antler-checkout (slowest, last in the chain), clover-cart
(loudest), creek-queue (innocent, in order throughout).
"""
_SHIFT = """\
# Good morning, day shift 🌅

The night was short for the checkout, and it's fine now.

- 02:00 slow, 02:07 well again, nobody lost a cart
- Cause: all keys of moss-cache expired together; the fix is in review
- To do: merge it before midnight, or it happens again at 02:00, on the dot

There's tea. The owl is on call until nine. 🦉
"""


_REVIEW = Errand(
    "Review the fix",
    "Review the change to warmup.py: is the spread wide enough, and could a key live "
    "for less than it takes to load it?",
    (
        ask(read(_CODE, _AFTER, "Read the change")),
        ask(
            shell(
                "python -c 'from warmup import *; print(min(lifetime() for _ in "
                "range(9**6)))'",
                "6480.003",
                "Find the shortest life of a key",
            ),
            think="Twenty per cent of two hours is twenty-four minutes. Check the "
            "floor.",
        ),
        Say(
            "The change is sound. The shortest life is 6,480 s, and 412,096 keys now "
            "leave over 24 minutes: 286 a second instead of all. One wish: a test."
        ),
    ),
)

TALE = Tale(
    "Who slowed the checkout at two?",
    ago=0.25,
    memory="The person is on call this week. Keep it short; they haven't slept.",
    turns=(
        Turn(
            "Morning. Did anything odd happen last night?",
            (
                ask(
                    shell(
                        "herd alarms --since yesterday",
                        "02:00:04  checkout is slow            p99 5.02 s\n"
                        "02:00:31  checkout is still slow      p99 4.96 s\n"
                        "02:07:10  checkout is fine            p99 0.09 s\n"
                        "04:44:00  raccoon at feeder 17        (resolved itself)",
                        "List the alarms of the night",
                    ),
                    think="Odd is relative. Alarms first.",
                ),
                Say(
                    "One thing: the checkout was slow from **02:00:04 to 02:07:10** "
                    "and got well by itself. And a raccoon, but that isn't odd. 🦝"
                ),
            ),
        ),
        Turn(
            "Starting at two on the dot? Walk through all the services, find out which "
            "one started it, and write me a short note.",
            (
                ask(
                    todos(0, *_PLAN),
                    think="On the dot means a clock, not a load. Look for what "
                    "happens on the full hour. The loudest service is rarely the "
                    "first, so read all of them before suspecting anybody.",
                ),
                *(
                    logs(name, "The chain ends here." if name == "moss-cache" else "")
                    for name in SERVICES
                ),
                ask(todos(1, *_PLAN)),
                *(quantiles(name) for name in SLOW),
                *(trace(name) for name in CHAIN),
                ask(
                    todos(2, *_PLAN),
                    think="checkout waits for cart, cart for ledger, ledger for the "
                    "cache, and the cache waits for nobody. Now why did it forget "
                    "everything?",
                ),
                ask(read(_CODE, _BEFORE, "Read how the cache is filled")),
                ask(
                    write(_NOTE, _FOUND, "Write the note"),
                    think="TTL is 7,200 and the warm-up runs at midnight. "
                    "Midnight plus two hours. There it is.",
                ),
                ask(present(_NOTE), todos(3, *_PLAN)),
                Say(
                    "**moss-cache started it**, by forgetting 412,096 things at "
                    "once.\n\n"
                    "The warm-up at midnight gives every key the same two hours to "
                    "live. At 02:00:00 they all left together, and the herd ran to "
                    "acorn-ledger. The checkout was slowest only because it stands "
                    "last in line.\n\n"
                    "The note is in `two-in-the-morning.md`. It will happen again "
                    "tonight unless the lifetimes are spread."
                ),
            ),
            (Change(_NOTE, None, _FOUND),),
            after=680.0,
        ),
        Turn(
            "Ha, a thundering herd. Fix it, and let somebody else review the fix.",
            (
                ask(read(_CODE, _BEFORE, "Read the code once more")),
                ask(
                    swap(
                        _CODE,
                        _BEFORE[_BEFORE.index("TTL") :],
                        _AFTER[_AFTER.index("import") :],
                        "Give each key its own lifetime",
                    ),
                    think="Spread the lifetimes by a fifth. Wide enough to "
                    "flatten the edge, narrow enough that 'two hours' stays true.",
                ),
                Stumble(
                    "Error code: 429 - {'error': {'message': 'One at a time, please'}}"
                ),
                ask(_REVIEW, say="A second pair of eyes."),
                ask(
                    write(
                        _TEST,
                        _TESTED,
                        "Write the test that the reviewer wished for",
                    )
                ),
                ask(
                    shell(
                        "pytest -q", "....  [100%]\n4 passed in 0.04s", "Run the tests"
                    )
                ),
                Say(
                    "Fixed, reviewed and tested: keys now live 108 to 132 minutes, so "
                    "they leave over 24 minutes, 286 a second. The herd walks. 🦌"
                ),
            ),
            (Change(_CODE, _BEFORE, _AFTER), Change(_TEST, None, _TESTED)),
        ),
        Turn(
            "Thank you. Write the hand-over for the day shift, as kindly as you can.",
            (
                ask(read(_NOTE, _FOUND, "Read the note again")),
                ask(
                    write(_HANDOVER, _SHIFT, "Write the hand-over"),
                    think="Kind means: what happened, what to do, and that there is "
                    "tea.",
                ),
                ask(present(_HANDOVER)),
                Say("Done: six lines, no blame, and a mention of tea. Sleep well. 🌙"),
            ),
            (Change(_HANDOVER, None, _SHIFT),),
        ),
    ),
)
