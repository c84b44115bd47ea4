"""A thread with subagents: two side by side, one of which fails; a second try."""

from whitetail.demo.story import (
    Ask,
    Call,
    Change,
    Errand,
    Say,
    Tale,
    Turn,
    ask,
    fetch,
    present,
    search,
    write,
)

_OUT = "/mnt/user-data/outputs/how-to-wake-an-agent.md"
_SITE = "https://handbook.clearing.example"
_TOPICS = (
    ("delivery", "At least once, so a job may arrive twice. Wake the agent by an id "
     "that it can recognise, and let it go back to sleep when the id is an old one."),
    ("ordering", "In order within one key, in no order between keys. Use the thread's "
     "id as the key, and two prompts of one thread never overtake each other."),
    ("visibility", "A job that was taken is hidden, not gone. If the agent thinks for "
     "longer than the job is hidden, a second agent wakes up and thinks the same."),
    ("poison", "A job that kills its worker comes back and kills the next one. After "
     "five deaths put it aside and tell a person; five, because three is Tuesday."),
    ("backpressure", "A queue turns a stampede into a line. It doesn't make the line "
     "shorter. Watch the age of the oldest job, not the number of jobs."),
    ("cost", "Idle queues cost next to nothing. Idle workers cost what workers cost. "
     "Scale to zero, and accept that the first deer of the night waits 4 s."),
    ("shutdown", "On the signal to stop: take nothing new, finish what you have, give "
     "back what you can't finish. In this order; the other orders lose work."),
    ("replay", "Keep what went through for a week. The day you need it, you will need "
     "exactly Wednesday, 14:00 to 14:20."),
    ("observability", "Write the job's id into every line the agent logs. It is one "
     "field, and it is the only one that everybody asks for."),
)  # fmt: skip


def _page(topic: str, text: str) -> str:
    points = "\n".join(
        f"- {where}: seen {7 + len(topic) * n % 41} times, {fate}"
        for n, (where, fate) in enumerate(
            (
                ("in the nursery (staging)", "always harmless"),
                ("on the main trail", "twice at night"),
                ("after a deploy", "gone with the next one"),
                ("during a storm", "worse with retries"),
            ),
            1,
        )
    )
    return f"# Queues: {topic}\n\n{text}\n\n## Seen in the field\n\n{points}\n"


def _reading() -> tuple[Ask, ...]:
    return tuple(
        ask(fetch(f"{_SITE}/queues/{topic}", _page(topic, text)))
        for topic, text in _TOPICS
    )


def _knock(path: str, took: float) -> Call:
    url = f"https://mirror.pond.example{path}"
    return Call("web_fetch", {"url": url}, "Error: nobody opened the door", took)


_QUEUES = (
    "Queues, read end to end (nine pages of the handbook):\n\n"
    "1. Delivery is at least once; agents need an id to recognise old work.\n"
    "2. Key by thread, and a conversation stays in order.\n"
    "3. The hiding time must be longer than the longest thought, or two agents "
    "think the same thing.\n4. After five deaths, ask a person."
)
_HOOKS = (
    "Webhooks: quick, and forgetful. The sender tries three times within a minute and "
    "then never again, so every receiver ends up putting a queue behind the hook."
)
_REPORT = """\
# How to wake an agent

|                     | cron         | queue                 | webhook             |
| ------------------- | ------------ | --------------------- | ------------------- |
| wakes within        | 0 to 60 s    | 1 s (4 s from zero)   | 0.2 s               |
| forgets when down   | one beat     | nothing               | all after 3 tries   |
| two agents at once  | if slow      | if hidden too briefly | if sender is nervous|
| moving parts        | 1            | 3                     | 2, in truth 5       |

Use **cron** for chores, a **queue** for people, and a **webhook** only as the door
in front of a queue.
"""

TALE = Tale(
    "Cron, queue or webhook?",
    ago=22.0,
    model="whitebeam-r1",
    turns=(
        Turn(
            "What is the best way to wake an agent: cron, a queue or a webhook? Send "
            "subagents for the reading, I want the two interesting ones compared.",
            (
                ask(
                    search(
                        "wake agent cron queue webhook comparison",
                        (
                            "The clearing handbook: ways to wake things",
                            f"{_SITE}/waking",
                            "Cron beats like a heart, queues remember, webhooks knock.",
                        ),
                        (
                            "Cron is fine",
                            "https://plain.example/cron-is-fine",
                            "It has been fine since 1975. It will be fine tonight at "
                            "02:30, except twice a year.",
                        ),
                    ),
                ),
                ask(
                    Errand(
                        "Read up on queues",
                        "Read every page on queues in the clearing handbook. Bring "
                        "back what matters for waking agents, in four points.",
                        (*_reading(), Say(_QUEUES)),
                    ),
                    Errand(
                        "Read up on webhooks",
                        "Read the pages on webhooks in the clearing handbook. Bring "
                        "back how often they knock, and what happens when nobody "
                        "opens.",
                        (
                            ask(fetch(f"{_SITE}/webhooks", "# 403\n\nMembers only 🌲")),
                            ask(
                                search("clearing handbook webhooks mirror"),
                                think="Members only. Perhaps there is a copy.",
                            ),
                            ask(
                                fetch(f"{_SITE}/webhooks?print", "# 403\n\nStill no 🌲")
                            ),
                            Say("The pages on webhooks are for members only."),
                        ),
                        failure="web_fetch raised: 403 Forbidden "
                        "(handbook.clearing.example)",
                    ),
                    say="I'll send two readers at once.",
                    think="The two readings don't depend on each other. Side by side.",
                ),
                Say(
                    "Half an answer: **a queue** is the safe choice, for the four "
                    "reasons that the first reader brought back. The second reader "
                    "stood before a locked gate (403), so I can't compare webhooks "
                    "fairly. Do you have access to the handbook?"
                ),
            ),
        ),
        Turn(
            "Try again, I've put the webhook chapter into uploads.",
            (
                ask(
                    Errand(
                        "Read up on webhooks, from the upload",
                        "Read /mnt/user-data/uploads/webhooks.md. Bring back how often "
                        "they knock, and what happens when nobody opens.",
                        (
                            ask(
                                fetch(
                                    "file:///mnt/user-data/uploads/webhooks.md",
                                    "# Webhooks\n\nA hook knocks three times: at once, "
                                    "after 10 s, after 50 s. Then it goes home.\n\n"
                                    "Most outages last longer than a minute.\n",
                                )
                            ),
                            Say(_HOOKS),
                        ),
                    ),
                    Errand(
                        "Knock at the mirror",
                        "Somebody keeps a copy of the handbook at mirror.pond.example. "
                        "See whether its chapter on webhooks says the same.",
                        (
                            ask(_knock("/webhooks", 41.0)),
                            ask(
                                _knock("/webhooks?please", 74.0),
                                think="No answer. Once more, politely.",
                            ),
                        ),
                        failure="Execution timed out after 120 seconds",
                        timed_out=True,
                    ),
                    say="One reads the upload, one looks whether the copy agrees.",
                ),
                ask(write(_OUT, _REPORT, "Write the comparison")),
                ask(present(_OUT)),
                Say(
                    "Now it is a whole answer: cron for chores, a queue for people, "
                    "and a webhook only as the door in front of a queue. The table is "
                    "in `how-to-wake-an-agent.md`.\n\nThe copy at the pond never "
                    "answered within two minutes, so nobody but your upload vouches "
                    "for the webhooks."
                ),
            ),
            (Change(_OUT, None, _REPORT),),
            after=3_300.0,
        ),
    ),
)
