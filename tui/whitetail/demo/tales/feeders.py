"""A thread whose last run was cut off: its process died, and no last row came."""

from whitetail.demo.story import Ask, Say, Tale, Turn, ask, read, shell

_UPLOADS = "/mnt/user-data/uploads/feeders"


_MEADOWS = ("north", "creek", "ridge", "hollow")


def _config(number: int) -> str:
    return "\n".join(
        (
            f"# feeder {number:02d}, {_MEADOWS[number % 4]} meadow",
            f"portion_grams: {180 + number * 37 % 140}",
            f"moon_phase_aware: {'yes' if number % 3 else 'maybe'}",
            "schedule:",
            f"  - '0{5 + number % 2}:30'",
            f"  - '1{6 + number % 3}:45'",
            f"on_raccoon: {'close' if number % 3 else 'negotiate'}",
            f"firmware: 2.{number % 5}.{number % 7}",
        )
    )


def _look(number: int) -> Ask:
    path = f"{_UPLOADS}/{number:02d}.yaml"
    return ask(read(path, _config(number), f"Read feeder {number:02d}"))


_LIST = "\n".join(
    f"{number:02d}.yaml   {180 + number * 3} bytes" for number in range(1, 41)
)

TALE = Tale(
    "The config of forty feeders",
    ago=2.6,
    memory="The person looks after feeders and raccoons.",
    turns=(
        Turn(
            "How many different settings do our forty feeders have for raccoons?",
            (
                ask(
                    shell(
                        f"grep -h on_raccoon {_UPLOADS}/*.yaml | sort | uniq -c",
                        "     27 on_raccoon: close\n     13 on_raccoon: negotiate",
                        "Count the settings",
                    )
                ),
                Say(
                    "Two: 27 feeders `close`, and 13 `negotiate`. The raccoons know "
                    "which ones, judging by the tracks. 🦝"
                ),
            ),
        ),
        Turn(
            "Put them all into one file with defaults, and keep only what differs.",
            (
                ask(shell(f"ls -l {_UPLOADS}", _LIST, "See what there is")),
                *(_look(number) for number in range(1, 14)),
                Say("All read."),
            ),
            died=True,
            after=410.0,
        ),
    ),
)
