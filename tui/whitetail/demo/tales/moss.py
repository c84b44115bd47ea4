"""A thread that went well once and then in circles, until it was stopped."""

from whitetail.demo.story import Say, Stumble, Tale, Turn, ask, shell

_MOSSES = (
    ("apple", "Bartramia pomiformis", "a small fix that looks like nothing"),
    ("bog", "Sphagnum palustre", "a migration: slow, wet, and holds everything"),
    ("broom", "Dicranum scoparium", "a clean-up"),
    ("cord", "Funaria hygrometrica", "what grows after a fire: the hotfix"),
    ("feather", "Ptilium crista-castrensis", "a change of looks only"),
    ("fern", "Thuidium tamariscinum", "a refactoring with many branches"),
    ("haircap", "Polytrichum commune", "the usual Tuesday deploy"),
    ("pincushion", "Leucobryum glaucum", "a release that must be round"),
    ("rock", "Grimmia pulvinata", "infrastructure"),
    ("silver", "Bryum argenteum", "grows between paving stones: the edge cache"),
    ("star", "Atrichum undulatum", "a feature that marketing has heard of"),
    ("swan-neck", "Campylopus flexuosus", "a rollback, elegantly"),
)
_TABLE = "\n".join(f"| {a}-moss | *{b}* | {c} |" for a, b, c in _MOSSES)
_LIMIT = (
    "Error code: 429 - {'error': {'message': 'Too many hooves on the bridge, "
    "try again in a moment', 'type': 'rate_limit'}}"
)


def _listed(kind: str, first: int) -> str:
    lines = [f"{'NAME':<28}{'READY':<8}{'STATUS':<10}AGE"]
    for number in range(first, first + 60):
        name = f"{kind}-{_MOSSES[number * 5 % 12][0]}-moss-{number:03d}"
        ready = f"{1 + number % 3}/{1 + number % 3}"
        lines.append(f"{name:<28}{ready:<8}{'Running':<10}{number * 7 % 23}h")
    return "\n".join(lines)


def _check(kind: str, first: int, say: str) -> tuple[str, str, str]:
    command = f"herd get {kind} --all-meadows --start {first}"
    return command, _listed(kind.rstrip("s"), first), say


_ROUND = (
    _check("deploys", 0, "I'll look at the deploys first."),
    _check(
        "caches", 0, "`haircap-moss` is taken by a cache. I'd better check the caches."
    ),
    _check("jobs", 0, "A job uses `fern-moss`, so the jobs need a look."),
    _check("deploys", 60, "The jobs name deploys that I haven't seen. Next page."),
    _check("caches", 60, "And these name caches. Next page."),
    _check("jobs", 60, "Which name jobs."),
    _check("deploys", 120, "Once more around the meadow."),
)

TALE = Tale(
    "Moss names for deploys",
    ago=29.5,
    blocks=True,
    memory="The person names things after plants and regrets numbers.",
    turns=(
        Turn(
            "Our deploys are called deploy-1 to deploy-4127. Suggest a dozen moss "
            "names that say what kind of deploy it is.",
            (
                ask(
                    shell(
                        "sort -u /mnt/user-data/uploads/deploys.txt | wc -l && cut "
                        "-d- -f3 /mnt/user-data/uploads/deploys.txt | sort | uniq -c",
                        "4127\n 1840 fix\n  911 feature\n  604 tidy\n  377 infra\n"
                        "  212 rollback\n  183 migration",
                        "See what kinds of deploys there are",
                    ),
                ),
                Say(
                    "Twelve mosses, one for each mood:\n\n"
                    f"| name | moss | use it for |\n| --- | --- | --- |\n{_TABLE}\n\n"
                    "Nearly half of your deploys are fixes, so *apple-moss* will be "
                    "busy. Keep **cord-moss** for emergencies: it is the first thing "
                    "that grows where something has burned.",
                    think="Six kinds, twelve names: room for nuance. The names should "
                    "be easy to say on a call, so the common names, with the Latin "
                    "beside them for those who enjoy that.",
                ),
            ),
        ),
        Turn(
            "Perfect. Check that none of them is taken anywhere in the cluster.",
            (
                ask(shell(*_ROUND[0][:2], "List deploys"), say=_ROUND[0][2]),
                ask(shell(*_ROUND[1][:2], "List caches"), say=_ROUND[1][2]),
                Stumble(_LIMIT),
                ask(shell(*_ROUND[2][:2], "List jobs"), say=_ROUND[2][2]),
                ask(shell(*_ROUND[3][:2], "List deploys"), say=_ROUND[3][2]),
                ask(shell(*_ROUND[4][:2], "List caches"), say=_ROUND[4][2]),
                Stumble(_LIMIT, 9.0),
                ask(shell(*_ROUND[5][:2], "List jobs"), say=_ROUND[5][2]),
                ask(
                    shell(*_ROUND[6][:2], "List deploys"),
                    say=_ROUND[6][2],
                    think="Have I been here before? This tree looks familiar.",
                ),
            ),
            fault="Recursion limit of 15 steps reached: the agent was still walking in "
            "circles. Ask for less at once, or raise `recursion_limit`.",
            after=640.0,
        ),
    ),
)
