"""The command line: parses the arguments and starts the command that they name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from whitetail.cli.arguments import parser
from whitetail.source.locate import NoTreeError, discover, resolve


def main(argv: list[str] | None = None) -> None:
    """Run whitetail with the given arguments; without any, those of the process.

    Exits with 0 when done, 1 after a crash, and 2 for wrong usage, a missing tree
    or a missing terminal.
    """
    arguments = parser().parse_args(argv)
    if arguments.version:
        from whitetail import __version__

        print(__version__)
        return
    try:
        if not arguments.demo:
            path = arguments.path
            tree = resolve(path) if path else discover(_working_folder(), os.environ)
    except NoTreeError as error:
        sys.exit(_refusal(str(error)))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        # Textual draws on stderr, so stdout may be a pipe.
        sys.exit(_refusal("not a terminal; whitetail needs one to show its screen"))
    # The screen is imported here: --version and --help must not wait for it.
    from whitetail.cli.browse import browse, browse_demo

    if arguments.demo:
        sys.exit(browse_demo(read_only=arguments.read_only))
    sys.exit(browse(tree, read_only=arguments.read_only))


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoTreeError("the working folder no longer exists") from error


def _refusal(reason: str) -> int:
    """Print why whitetail does not start; return the exit code for it."""
    print(f"whitetail: {reason}", file=sys.stderr)
    return 2
