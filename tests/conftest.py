from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# As the command line has it, and before Textual is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"

# How long an example lasts, or is made, depends on what else the machine does.
settings.register_profile(
    "whitetail", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("whitetail")


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processes of `-n auto`: the tests of the app mostly wait."""
    return 3 * (os.cpu_count() or 1)
