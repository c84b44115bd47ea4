"""The arguments that whitetail accepts."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from whitetail.cli.streams import to_stderr, to_stdout
from whitetail.settings.themes import THEMES

_PASSWORD = re.compile(r"(://[^:/@\s]*:)\S*@")
COMMANDS = {
    "ls": "List runs or threads, the newest first.",
    "show": "Print a run, its answer, its overview, one event, or a thread.",
    "tail": "Print the newest events of a run, and follow it.",
    "grep": "Find events in all runs.",
    "stats": "Print tokens, cost, errors and latencies of runs, in groups.",
    "export": "Write runs and threads to files, for others.",
    "copy": "Copy runs between a .deer-flow and a database, in either direction.",
    "check": "Print the status and the faults of runs; the exit code is for CI.",
    "rm": "Delete runs and threads; the trash keeps them for some days.",
    "trash": "List deleted runs, restore them, or remove them for good.",
    "completions": "Print the completions of a shell.",
    "config": "Print, check and edit the settings of the user.",
}
"""The commands that need no screen, and what they do."""
OF_A_USER = ("ls", "show", "tail", "grep", "stats", "export", "check")
"""The commands that can read the events of one user."""


def add_config_argument(parser: ArgumentParser) -> None:
    """Add the argument for the user's settings."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the file of settings, instead of that of $WHITETAIL_CONFIG or of the "
        "folder for settings; see docs/config.md",
    )


def add_user_argument(parser: ArgumentParser) -> None:
    """Add the argument for a user whose events in a database are read."""
    parser.add_argument(
        "--user",
        metavar="ID",
        help="read only the events of this user in a database; without it, those of "
        "all users and of none",
    )


class SafeParser(ArgumentParser):
    """A parser whose errors quote arguments without the passwords of URLs."""

    def error(self, message: str) -> NoReturn:
        """Print an error, if that is possible, and exit with 2."""
        message = _PASSWORD.sub(r"\1***@", message)
        to_stderr(f"{self.format_usage()}{self.prog}: error: {message}\n")
        self.exit(2)

    def print_help(self, file: Any = None) -> None:
        """Print the help, and exit with 2 if that is impossible."""
        if file is not None:
            super().print_help(file)
        elif not to_stdout(self.format_help()):
            self.exit(2)


def positive(text: str) -> int:
    """Return the number in an argument; argparse shows the error if it has none."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = SafeParser(
        "whitetail",
        description="Browse, tail and delete the runs of your DeerFlow agents. "
        f"Without a screen: whitetail {{{','.join(COMMANDS)}}} --help.",
        epilog="Without PATH, whitetail opens the first of these that has runs: "
        "$DEER_FLOW_HOME, ./.deer-flow, ./backend/.deer-flow, and the same two in each "
        "parent folder; without any runs, the database of DeerFlow there, or that of "
        "$DATABASE_URL. WHITETAIL_TRASH_DAYS (7) and WHITETAIL_TRASH_GB (5) limit how "
        "long and how much deleted runs are kept.",
    )
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a .deer-flow folder, a folder that contains one, its threads folder, "
        "the folder of a thread, or a run: any file, also outside of a .deer-flow; or "
        "a database: a file of SQLite, sqlite:///path or postgresql://…",
    )
    add_options(parser)
    return parser


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command that opens the screen."""
    parser.add_argument(
        "--demo", action="store_true", help="show made-up runs, one of them live"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="make deleting impossible"
    )
    parser.add_argument(
        "--no-state",
        action="store_true",
        help="do not continue where you were, and remember nothing",
    )
    parser.add_argument(
        "--run",
        metavar="RUN",
        help="open this run: the beginning of its id, thread/run, @latest, @failed or "
        "@running",
    )
    parser.add_argument("--thread", metavar="T", help="open this thread")
    parser.add_argument(
        "--event", type=int, metavar="N", help="go to the event with this number"
    )
    parser.add_argument(
        "--filter", metavar="QUERY", help="list only the events that match"
    )
    add_user_argument(parser)
    add_config_argument(parser)
    parser.add_argument(
        "--theme",
        choices=THEMES,
        metavar="NAME",
        help="the colours; docs/config.md lists all of them",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
