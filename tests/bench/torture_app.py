"""Torments the running app with random input, and checks what must never happen.

python -m tests.bench.torture_app [seeds] [steps]

Each seed gets a tree and a terminal of its own. Keys, pastes, replies of the terminal,
resizes, suspensions and changes of the files come in random order. The app may be asked
to quit; it is started again then. It must never crash, always leave the terminal as it
was, and delete nothing: no key comes 0.4 s after the one before it, so no question
before a delete is ever answered.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal

assert sys.platform != "win32", "Windows has no pseudo-terminals"

SIZES = [(60, 15), (80, 24), (150, 42), (220, 60), (20, 5)]
KEYS = [
    *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !/?:&*~<>'+-=",
    *("\r", "\t", "\x1b[Z", "\x1b", "\x7f"),
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"),
    *(
        "\x00",
        "\x01",
        "\x04",
        "\x05",
        "\x06",
        "\x0b",
        "\x0f",
        "\x10",
        "\x12",
        "\x15",
        "\x19",
    ),
    *("\x1b[<0;10;5M", "\x1b[<0;10;5m", "\x1b[<64;30;10M", "\x1b[<65;60;12M"),
]
FREQUENT = "jkdyuUnNeEGgfzscilh&F/:SR*~\t\r\x06"
TEXTS = [
    *("&answer\r", "&kind:reply or is:slow\r", "&tol:x\r\x1b", "&\x15\r", "Fe", "Fc"),
    *("/answer\r", "/one more\t\r", "/an\t\t\r", "/a.*r/\t\t\r", "/(\r\x1b", "/\x15\r"),
    *("1/question\r*~", "2/before:7d\r*", "1/zzz\r", "2/\x00\x1b[B\r\r", "1So", "2SzR"),
    *(
        ":3\r",
        ":50%\r",
        ":+90s\r",
        ":00:00\r",
        ":nothing\r\x1b",
        "it\r",
        "ya",
        "o",
        "\x0f",
    ),
]
"""Keys in one burst: queries, searches in all scopes, menus, and programs."""
REPLIES = [
    "\x1b]11;rgb:dddd/eeee/ffff\x1b\\",
    "\x1b[?62;22;52c",
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1b]lbody dyed\x1b\\",
    "\x1b]lbody dyed\x07",
    "\x1b[24;80R",
    "\x1b_Gi=1;OK\x1b\\",
]
LEAVE = b"\x1b[?1049l"
MAX_GAP_S = 0.25
"""A key is followed by another one within this time; the app's pause is 0.4 s."""


class Session:
    """One seed: a tree, the app over it, and what the files must be."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.disk = Disk(folder)
        self.expected: dict[Path, bytes] = {}
        self.starts = 0
        self._last_key = 0.0
        for thread in range(4):
            for run in range(3):
                age = 1_000 * (3 * thread + run)
                texts = [f"an answer {number}" for number in range(5)]
                name = f"thread-{thread}"
                self.disk.write_run(name, f"run-{run}", "a question", *texts, age=age)
                self.note(self.disk.path(name, f"run-{run}"))

    def note(self, path: Path) -> None:
        """Remember what a file is now."""
        self.expected[path] = path.read_bytes()

    def run(self, steps: int) -> None:
        """Do random steps, in as many starts of the app as are needed."""
        while steps > 0:
            steps = self._run_once(steps)

    def _run_once(self, steps: int) -> int:
        """Do steps until the app has ended; return how many are left."""
        self.starts += 1
        columns, rows = self.random.choice(SIZES)
        env = {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        # Programs that end at once: keys in a real pager could run commands.
        env |= {"PAGER": "true", "EDITOR": "true", "VISUAL": "true"}
        argv = [*WHITETAIL, str(self.disk.base)]
        # Exports go into the folder in which the program was started.
        cwd = self.folder
        with Terminal(argv, columns=columns, rows=rows, env=env, cwd=cwd) as terminal:
            terminal.wait_for("\x1b[?1049h")
            while steps > 0 and terminal.process.poll() is None:
                steps -= 1
                self._step(terminal)
            terminal.wait_until(lambda: _has_ended(terminal))
            code = terminal.finish()
            tail = bytes(terminal.written[-3_000:]).decode(errors="replace")
            for report in self.folder.glob("whitetail-crash-*"):
                raise AssertionError(report.read_text())
            assert code == 0, f"exit code {code}: {tail}"
            assert LEAVE in terminal.written, "the terminal was not restored"
            assert "crashed" not in tail, tail
        self._check_files()
        return steps

    def _step(self, terminal: Terminal) -> None:
        dice = self.random.random()
        if dice < 0.87:
            self._key(terminal, self._some_key())
        elif dice < 0.90:
            self._send(terminal, self.random.choice(REPLIES))
        elif dice < 0.91:
            self._send(terminal, "\x1b[200~days away, dy\x1b[201~")
        elif dice < 0.96:
            self._key(terminal, self.random.choice(TEXTS))
        elif dice < 0.97:
            terminal.resize(*self.random.choice(SIZES))
        elif dice < 0.975:
            terminal.process.send_signal(signal.SIGTSTP)
        else:
            self._change_files()
        if self.random.random() < 0.1:
            # After a stop, and after a command of the palette that suspends.
            terminal.process.send_signal(signal.SIGCONT)
        terminal.read(self.random.choice([0, 0, 0, 0.01, 0.03]))

    def _some_key(self) -> str:
        often = self.random.random() < 0.6
        key: str = self.random.choice([*FREQUENT] if often else KEYS)
        return key

    def _key(self, terminal: Terminal, key: str) -> None:
        if time.monotonic() - self._last_key > MAX_GAP_S:
            # It is no answer to any question, and begins the pause again.
            self._send(terminal, "j")
        self._send(terminal, key)

    def _send(self, terminal: Terminal, text: str) -> None:
        if terminal.process.poll() is None:
            terminal.send(text.encode())
        self._last_key = time.monotonic()

    def _change_files(self) -> None:
        path = self.random.choice(sorted(self.expected))
        thread, run = path.parent.parent.name, path.stem
        match self.random.randrange(5):
            case 0 | 1:
                self.disk.add_reply(thread, run, "one more answer")
                self.note(path)
            case 2:
                name = f"run-{self.random.randrange(100)}"
                self.disk.write_run(thread, name, "another question", age=0)
                self.note(self.disk.path(thread, name))
            case 3 if len(self.expected) > 4:
                path.unlink()
                del self.expected[path]
            case _:
                path.write_bytes(path.read_bytes()[:-20])
                self.note(path)

    def _check_files(self) -> None:
        for path, data in self.expected.items():
            assert path.exists(), f"{path} was deleted"
            assert path.read_bytes() == data, f"{path} was changed"
        runs = set(self.disk.threads.glob("*/runs/*.jsonl"))
        assert runs == set(self.expected), runs ^ set(self.expected)


def _has_ended(terminal: Terminal) -> bool:
    """Return whether the program has ended; if it has not, resume it and type ctrl+q.

    A terminal that it has left, because it is suspended, swallows ctrl+q.
    """
    if terminal.process.poll() is not None:
        return True
    terminal.process.send_signal(signal.SIGCONT)
    terminal.send(b"\x11")
    return False


def torment(seed: int, steps: int) -> int:
    """Do the steps of a seed; return how often the app was started.

    Raises:
        AssertionError: Something happened that must not.

    """
    with tempfile.TemporaryDirectory(prefix="whitetail-torture-") as folder:
        session = Session(seed, Path(folder))
        session.run(steps)
        return session.starts


def main() -> None:
    """Do all seeds, and print a line for each."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    for seed in range(seeds):
        began = time.monotonic()
        starts = torment(seed, steps)
        seconds = time.monotonic() - began
        print(f"seed {seed}: {steps} steps, {starts} starts, {seconds:.0f} s, fine")


if __name__ == "__main__":
    main()
