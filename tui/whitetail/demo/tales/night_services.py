"""The services of that night: logs, measurements, traces."""

from whitetail.demo.story import Ask, ask, shell

# What stood in a service's log at 02:00, and whether it waited for somebody.
SERVICES = {
    "fawn-gateway": ("p99 4.81 s, 212 requests in flight", "clover-cart"),
    "antler-checkout": ("p99 5.02 s, retrying politely", "clover-cart"),
    "clover-cart": ("p99 4.40 s, pool of 64 exhausted", "acorn-ledger"),
    "acorn-ledger": ("p99 3.97 s, reads up from 90/s to 11,800/s", "moss-cache"),
    "heath-reviews": ("p99 2.10 s, stars missing", "acorn-ledger"),
    "thicket-search": ("p99 1.95 s, serving yesterday's leaves", "moss-cache"),
    "fern-thumbs": ("p99 1.12 s, pictures late", "moss-cache"),
    "moss-cache": ("412,096 keys expired within 900 ms", ""),
    "creek-queue": ("oldest job 38 s, still in order", "acorn-ledger"),
    "burrow-jobs": ("12 jobs asleep, 1 digging", ""),
    "bracken-auth": ("p99 0.03 s, all gates closed", ""),
    "hollow-mail": ("3 letters, all about mushrooms", ""),
    "ridge-scheduler": ("02:00:00 nothing due", ""),
    "owl-metrics": ("wide awake", ""),
    "mist-cdn": ("hit rate 97.2 %", ""),
    "root-dns": ("no change since spring", ""),
}
SLOW = tuple(name for name, (_, waits) in SERVICES.items() if waits)
CHAIN = ("clover-cart", "acorn-ledger", "moss-cache")


def _log(name: str) -> str:
    """Return what a service logged between 01:58 and 02:07."""
    fact, waits = SERVICES[name]
    lines = []
    for n in range(60):
        minute, second = divmod(118 * 60 + 7 + n * 9, 60)
        clock = f"{minute // 60:02d}:{minute % 60:02d}:{second:02d}"
        late = minute >= 120
        if late and waits:
            took = 900 + (n * 611 + len(name) * 173) % 3_900
            lines.append(f"{clock} WARN  {name} waiting for {waits} {took} ms")
        else:
            took = 8 + (n * 29 + len(name) * 7) % 61
            lines.append(f"{clock} INFO  {name} ok {took} ms")
    lines.insert(13, f"02:00:00 NOTE  {name} {fact}")
    return "\n".join(lines)


def logs(name: str, say: str = "") -> Ask:
    """Return the reading of a service's log."""
    command = f"herd logs {name} --from 01:58 --to 02:07"
    return ask(shell(command, _log(name), f"Read the log of {name}"), say=say)


def quantiles(name: str) -> Ask:
    """Return the measuring of a service, minute by minute."""
    rows = [f"{'minute':<8}{'p50':>8}{'p90':>8}{'p99':>8}   ms"]
    for minute in range(-6, 9):
        slow = 0 <= minute <= 6
        base = 11 + (minute * 13 + len(name)) % 9
        p50, p90, p99 = (base * f * (40 if slow else 1) for f in (1, 2, 3))
        clock = f"{1 + (60 + minute) // 60:02d}:{minute % 60:02d}"
        rows.append(f"{clock:<8}{p50:>8}{p90:>8}{p99:>8}   {'#' * min(60, p99 // 40)}")
    command = f"herd quantiles {name} --every 1m"
    return ask(shell(command, "\n".join(rows), f"Measure {name} by the minute"))


def trace(name: str) -> Ask:
    """Return the following of the slowest request through a service."""
    _, waits = SERVICES[name]
    gives = f"{name}\n└─ {waits or 'nobody'}  {'4.1 s' if waits else '0.2 ms'}\n"
    command = f"herd trace --slowest --through {name}"
    return ask(shell(command, gives, f"Follow the slowest request through {name}"))
