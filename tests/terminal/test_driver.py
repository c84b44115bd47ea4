"""The driver of the terminal, in a pseudo-terminal. Also covers `ending`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal
from tests.helpers.waiting import WAIT_TIMEOUT_S

REPLIES = [
    "\x1b]11;rgb:dddd/eeee/ffff\x1b\\",
    "\x1b[?62;22;52c",
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1b]lbody dyed\x1b\\",
    "\x1b]lbody dyed\x07",
]
CTRL_Z, F9 = "\x1a", "\x1b[20~"
BLOCKED = """
import sys
import threading
from pathlib import Path
from whitetail import app, cli

class Blocked(app.WhitetailApp):
    CSS_PATH = Path(app.__file__).with_name("app.tcss")
    BINDINGS = [("f9", "block")]

    def action_block(self):
        # As when the queue of a terminal that accepts nothing is full.
        self._driver.write("blocked now")
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

app.WhitetailApp = Blocked
cli.main(sys.argv[1:])
"""
READING = """
import asyncio
import sys
import threading
from pathlib import Path
from whitetail import app, cli

class Reading(app.WhitetailApp):
    CSS_PATH = Path(app.__file__).with_name("app.tcss")
    BINDINGS = [("f9", "read")]

    def action_read(self):
        self.run_worker(asyncio.to_thread(self.read))

    def read(self):
        self._driver.write("reading now")
        threading.Event().wait()

app.WhitetailApp = Reading
cli.main(sys.argv[1:])
"""

TIMING = """
import sys
from math import isfinite
from pathlib import Path
from textual.events import Key
from whitetail import app, cli

class Timing(app.WhitetailApp):
    CSS_PATH = Path(app.__file__).with_name("app.tcss")

    async def on_event(self, event):
        if isinstance(event, Key) and event.key == "x":
            Path(sys.argv[-1], "x").write_text(str(isfinite(event.time)))
        await super().on_event(event)

app.WhitetailApp = Timing
cli.main(sys.argv[1:])
"""


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    tree = Disk(tmp_path)
    tree.write_run("new", "r", "a new question", "a new answer", age=4_000)
    return tree


def whitetail(tree: Disk, **changes: str) -> Terminal:
    return Terminal([*WHITETAIL, str(tree.base)], env=changes, forked=not changes)


def columns_used(terminal: Terminal) -> int:
    return max(map(len, terminal.screen()))


@pytest.mark.parametrize("reply", REPLIES)
def test_a_late_reply_of_the_terminal_is_no_key(tree: Disk, reply: str) -> None:
    with whitetail(tree) as terminal:
        terminal.wait_for("a new answer")
        terminal.press("2", reply)
        # Had it opened a dialog or a prompt, these keys would not open the help.
        terminal.press("?", until="/ filters")
        terminal.press("\x1b")
        terminal.wait_until(lambda: not terminal.shows("/ filters"))
        assert tree.path("new", "r").exists()
        terminal.press("q")
        assert terminal.finish() == 0


def test_it_ends_when_the_terminal_is_gone_and_no_signal_comes(tree: Disk) -> None:
    code = tree.base / "code"
    wrapper = 'trap "" HUP; "$0" -m whitetail "$1"; echo $? >"$2.new"; mv "$2.new" "$2"'
    argv = ["sh", "-c", wrapper, sys.executable, str(tree.base), str(code)]
    terminal = Terminal(argv)
    terminal.wait_for("a new answer")
    terminal.hang_up()
    terminal.process.wait(WAIT_TIMEOUT_S)
    assert code.read_text().strip() == "0"


def test_sigterm_ends_it_while_its_event_loop_is_blocked(tree: Disk) -> None:
    script = tree.base / "blocked.py"
    script.write_text(BLOCKED)
    with Terminal([sys.executable, str(script), str(tree.base)]) as terminal:
        terminal.wait_for("a new answer")
        terminal.press(F9, until="blocked now")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.finish() == 128 + signal.SIGTERM
    assert b"\x1b[?1049l" in terminal.written


def test_a_thread_that_never_ends_does_not_delay_the_end(tree: Disk) -> None:
    script = tree.base / "reading.py"
    script.write_text(READING)
    with Terminal([sys.executable, str(script), str(tree.base)]) as terminal:
        terminal.wait_for("a new answer")
        terminal.press(F9, until="reading now")
        terminal.press("q")
        assert terminal.finish() == 0


def test_the_size_is_that_of_the_terminal_whatever_the_environment_says(
    tree: Disk,
) -> None:
    with whitetail(tree, COLUMNS="60", LINES="15") as terminal:
        terminal.wait_for("a new answer")
        terminal.wait_until(lambda: columns_used(terminal) == 120)
        terminal.resize(150, 40)
        terminal.wait_until(lambda: columns_used(terminal) == 150)


def test_the_size_is_that_of_the_terminal_wherever_stdout_leads(tree: Disk) -> None:
    argv = ["sh", "-c", 'exec "$0" -m whitetail "$1" >/dev/null']
    with Terminal([*argv, sys.executable, str(tree.base)]) as terminal:
        terminal.wait_for("a new answer")
        terminal.wait_until(lambda: columns_used(terminal) == 120)
        terminal.resize(150, 40)
        terminal.wait_until(lambda: columns_used(terminal) == 150)


@pytest.mark.parametrize("locale", ["C", "en_US.ISO-8859-1"])
def test_the_output_is_utf8_in_any_locale(tree: Disk, locale: str) -> None:
    changes = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with whitetail(tree, **changes) as terminal:
        terminal.wait_for("a new answer")
        terminal.wait_until(lambda: terminal.shows("╭─ 1 Threads"))
        assert b"\\u256d" not in terminal.written


def test_ctrl_z_suspends_and_the_screen_is_drawn_again(tree: Disk) -> None:
    with whitetail(tree) as terminal:
        terminal.wait_for("a new answer")
        terminal.press(CTRL_Z)
        terminal.wait_until_stopped()
        since = len(terminal.written)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("a new answer", since=since)
        terminal.wait_for("1 Threads", since=since)
        terminal.press("q")
        assert terminal.finish() == 0


def test_a_key_typed_while_it_was_stopped_came_after_the_stop(tree: Disk) -> None:
    script = tree.base.parent / "timing.py"
    script.write_text(TIMING)
    typed = tree.base / "x"
    with Terminal([sys.executable, str(script), str(tree.base)]) as terminal:
        terminal.wait_for("a new answer")
        terminal.stop()
        terminal.send(b"x")
        terminal.process.send_signal(signal.SIGCONT)
        # Without a time, it would be ignored as part of a text typed long before.
        terminal.wait_until(lambda: typed.exists() and typed.read_text())
    assert typed.read_text() == "True"


def test_bytes_that_are_not_utf8_do_not_end_it(tree: Disk) -> None:
    with whitetail(tree) as terminal:
        terminal.wait_for("a new answer")
        terminal.send(b"\xe9\xff\x9d\x07")
        terminal.press("?", until="/ filters")
