"""The command line."""

from __future__ import annotations

import gc
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from whitetail.source.locate import NoTreeError, TreeLocation, discover, resolve

_PATIENCE = 0.5


def main(argv: list[str] | None = None) -> None:
    """Open the tree that the arguments name; exits with 2 when there is none."""
    args = _parser().parse_args(argv)
    if args.version:
        from importlib.metadata import version

        print(version("whitetail"))
        return
    try:
        if args.demo:
            sys.exit(_run_demo(args))
        location = resolve(args.path) if args.path else discover(_here(), os.environ)
        sys.exit(_run(location, read_only=args.read_only))
    except NoTreeError as error:
        _refuse(str(error))


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoTreeError("this folder does not exist any more") from error


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "whitetail",
        description="Browse, tail and delete the runs of your DeerFlow agents.",
        epilog="Without PATH: $DEER_FLOW_HOME, else ./.deer-flow or "
        "./backend/.deer-flow, else the same in the folders above.",
    )
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help="a .deer-flow folder, a folder that has one, or its threads",
    )
    parser.add_argument(
        "--demo", action="store_true", help="show made-up runs, one of them live"
    )
    parser.add_argument("--read-only", action="store_true", help="delete nothing, ever")
    parser.add_argument("--version", action="store_true", help="say which one it is")
    return parser


def _run_demo(args: Namespace) -> int:
    from whitetail.demo import demo_tree

    _need_terminal()
    # Before there is a loop to handle it, so that the tree goes in any case.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with demo_tree() as base:
        return _run(TreeLocation(base), read_only=args.read_only)


def _run(location: TreeLocation, *, read_only: bool) -> int:
    """Run the app until it ends; return the exit code."""
    _need_terminal()
    if "SSH_CONNECTION" in os.environ:
        # Textual reads these when it is imported: fewer frames on a thin line.
        os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # A thread that reads gives the lock back at each call, and waits this long for
    # it while the screen is busy; the other way round a key waits for a parse.
    sys.setswitchinterval(0.0005)
    # What is made until the first content stays; to look for garbage among it costs
    # a tenth of the start. The screen switches it on.
    gc.disable()

    from whitetail.source.source import FileSource

    # The disk is looked at while the screen's code is loaded.
    source = FileSource(location)
    source.start()

    from whitetail.app import WhitetailApp
    from whitetail.source.prices import default_path

    app = WhitetailApp(source, read_only=read_only, prices=default_path(os.environ))
    source.start(timeout_s=_PATIENCE)
    app.run()
    try:
        source.deletions.purge()
    except OSError as error:
        print(f"whitetail: what was deleted is still there: {error}", file=sys.stderr)
    if app.crash is None:
        return app.return_code or 0
    cause, report = app.crash
    where = f"; the report is in {report}" if report else ""
    print(f"whitetail crashed: {type(cause).__name__}{where}", file=sys.stderr)
    return 1


def _need_terminal() -> None:
    # Textual draws on stderr, so that stdout may be piped.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        _refuse("not a terminal; whitetail draws a screen and reads keys")


def _refuse(reason: str) -> None:
    print(f"whitetail: {reason}", file=sys.stderr)
    sys.exit(2)
