from __future__ import annotations

import gc
import os
import signal
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# As the command line has it, and before Textual is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"

# Nothing is kept in the home folder of the user who runs the tests.
os.environ["WHITETAIL_STATE_DIR"] = os.environ["WHITETAIL_CACHE_DIR"] = ""

# Without compiled modules on disk, each process of the suite compiles all tests, and
# each program that a test starts compiles all of its modules: 40 ms of 130.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Programs of the tests buffer what they write, as those of a user do: some errors of
# writing come only when they end.
os.environ.pop("PYTHONUNBUFFERED", None)

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


def pytest_configure_node(node: Any) -> None:
    """Pass a process of `-n` the id of the one that ends last."""
    node.workerinput["controller"] = os.getpid()


def pytest_collection_finish() -> None:
    """Exempt what exists before the first test from the collection of garbage.

    The modules and tests stay until the end. Looking through them again and again was
    a sixth of the processor time of all tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20)


@pytest.fixture(scope="session")
def postgres(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> str:
    """Return the URL of a server that all processes of the test run share."""
    # Imported here: most tests need no driver of a database.
    from tests.helpers.postgres import server_url

    shared, process = tmp_path_factory.getbasetemp(), os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:
        worker: Any = pytestconfig
        shared, process = shared.parent, worker.workerinput["controller"]
    return server_url(shared, process, pytestconfig.rootpath)
