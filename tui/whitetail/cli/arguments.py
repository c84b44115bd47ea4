"""The arguments that whitetail accepts."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = ArgumentParser(
        "whitetail",
        description="Browse, tail and delete the runs of your DeerFlow agents.",
        epilog="Without PATH, whitetail opens $DEER_FLOW_HOME, else ./.deer-flow or "
        "./backend/.deer-flow, else the nearest one in a parent folder.",
    )
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help="a .deer-flow folder, a folder that contains one, or its threads folder",
    )
    parser.add_argument(
        "--demo", action="store_true", help="show made-up runs, one of them live"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="make deleting impossible"
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser
