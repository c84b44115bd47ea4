from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# As the command line has it, and before Textual is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"

# Nothing is kept in the home folder of the user who runs the tests.
os.environ["WHITETAIL_STATE_DIR"] = os.environ["WHITETAIL_CACHE_DIR"] = ""

# A shell has programs that it starts in the background ignore ctrl+c, and they hand
# that on: programs that tests start and interrupt would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example lasts, or is made, depends on what else the machine does.
settings.register_profile(
    "whitetail", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("whitetail")


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processes of `-n auto`: the tests of the app mostly wait."""
    return 3 * (os.cpu_count() or 1)
