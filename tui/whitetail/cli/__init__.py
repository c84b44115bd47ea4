"""The command line: parses the arguments and starts the command that they name."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from whitetail.cli.arguments import COMMANDS, parser
from whitetail.cli.streams import to_stderr, to_stdout

if TYPE_CHECKING:
    from whitetail.cli.first_view import FirstView
    from whitetail.source.database.address import DatabaseAddress
    from whitetail.source.locate import TreeLocation


def main(argv: list[str] | None = None) -> None:
    """Run whitetail with the given arguments; without any, those of the process.

    A first argument that is the name of a command is that command, also if there is a
    folder of that name. The screen exits with 0 when done, 1 after a crash, and 2 for
    wrong usage, a missing tree or a missing terminal.
    """
    argv = sys.argv[1:] if argv is None else argv
    _open_closed_streams()
    if argv and argv[0] in COMMANDS:
        sys.exit(_run_command(argv[0], argv[1:]))
    arguments = parser().parse_args(argv)
    if arguments.version:
        sys.exit(_print_version())
    # --version and --help must not wait for this, and even less for the screen.
    from whitetail.source.locate import NoTreeError, locate

    names_view = any(
        each is not None
        for each in (arguments.run, arguments.thread, arguments.event, arguments.filter)
    )
    if arguments.demo and (names_view or arguments.user is not None):
        options = "--run, --thread, --event, --filter and --user"
        sys.exit(_refusal(f"--demo has no {options}"))
    try:
        if not arguments.demo:
            location = locate(arguments.path, os.environ, arguments.user)
    except NoTreeError as error:
        sys.exit(_refusal(str(error)))
    view = _view(arguments, location) if names_view else None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        # Textual draws on stderr, so stdout may be a pipe.
        sys.exit(_refusal("not a terminal; whitetail needs one to show its screen"))
    from whitetail.cli.browse import Config, browse, browse_demo
    from whitetail.own_database import own_path
    from whitetail.state.database import FILE_NAME

    config = Config(arguments.config, arguments.theme)
    if arguments.demo:
        sys.exit(browse_demo(read_only=arguments.read_only, config=config))
    state = None if arguments.no_state else own_path("state", FILE_NAME, os.environ)
    read_only = arguments.read_only
    sys.exit(
        browse(location, read_only=read_only, config=config, view=view, state=state)
    )


def _open_closed_streams() -> None:
    """Open the null device for each standard stream that is closed (`>&-`).

    Without it, `print` would write errors to stdout, and a file that is opened next
    would get the number of the closed stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, stream)


def _print_version() -> int:
    from whitetail import __version__

    return 0 if to_stdout(f"{__version__}\n") else 2


def _view(arguments: Namespace, location: TreeLocation | DatabaseAddress) -> FirstView:
    from whitetail.cli.commands import RefusedError
    from whitetail.cli.first_view import first_view

    try:
        return first_view(arguments, location)
    except RefusedError as error:
        sys.exit(_refusal(str(error)))


def _run_command(name: str, argv: list[str]) -> int:
    try:
        from whitetail.cli.commands import run_command

        return run_command(name, argv)
    except KeyboardInterrupt:
        from whitetail.cli.commands import interrupted

        return interrupted()


def _refusal(reason: str) -> int:
    """Print why whitetail does not start; return the exit code for it."""
    to_stderr(f"whitetail: {reason}\n")
    return 2
