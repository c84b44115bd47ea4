"""The bell and the terminal's title when a run ends."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")


OTHER_SEQUENCES = re.compile(rb"\x1b\][^\x07\x1b]*(\x07|\x1b\\)")
"""Commands to the terminal that may end with a bell, which then makes no sound."""


def rings(terminal: Terminal) -> bool:
    return b"\x07" in OTHER_SEQUENCES.sub(b"", bytes(terminal.written))


def opened(tree: Disk, tmp_path: Path, settings: str) -> Terminal:
    path = tmp_path / "config.toml"
    path.write_text(settings)
    return Terminal([*WHITETAIL, str(tree.base), "--config", str(path)], forked=True)


@pytest.mark.parametrize(
    ("settings", "bells", "title"),
    [
        ('[alerts]\nended = "bell"', True, False),
        ('[alerts]\nended = "title"', False, True),
        ('[alerts]\nended = "both"', True, True),
        ('[alerts]\nfailed = "both"', False, False),
        ("", False, False),
    ],
)
def test_a_run_that_ends_is_announced_as_the_user_wants_it(
    live: Disk, tmp_path: Path, settings: str, bells: bool, title: bool
) -> None:
    with opened(live, tmp_path, settings) as terminal:
        terminal.wait_until(lambda: terminal.shows("following"))
        live.add_event("live", "r", "run.end", {"status": "success"})
        terminal.wait_until(lambda: terminal.shows("run end"))
        wanted = b"\x1b]2;whitetail: answered: a question\x1b\\"
        if title:
            terminal.wait_until(lambda: wanted in terminal.written)
        if bells:
            terminal.wait_until(lambda: rings(terminal))
        terminal.send(b"q")
        assert terminal.finish() == 0
        assert (wanted in terminal.written) is title
        assert (b"\x1b[23;2t" in terminal.written) is title
        assert rings(terminal) is bells
