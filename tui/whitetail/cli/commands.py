"""Runs a command: parses its arguments, and turns what happens into an exit code."""

from __future__ import annotations

import gc
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from whitetail.cli.arguments import (
    COMMANDS,
    OF_A_USER,
    SafeParser,
    add_config_argument,
    add_user_argument,
)
from whitetail.cli.exit_codes import DONE, INTERRUPTED, REFUSED
from whitetail.source.locate import NoTreeError

if TYPE_CHECKING:
    from whitetail.cli.output import Output

Command = Callable[[Namespace, "Output"], int]


class RefusedError(Exception):
    """The command cannot do what it was asked for; the message is one sentence."""


def run_command(name: str, argv: Sequence[str]) -> int:
    """Run a command with its arguments; return the exit code."""
    # What is imported here lives until the end: to look for garbage in it is in vain.
    gc.disable()
    try:
        from whitetail.cli.output import Output, ReaderGoneError
        from whitetail.cli.streams import discard_stdout
        from whitetail_store import DatabaseError, StoreError

        parser = command_parser(name)
        gc.freeze()
    finally:
        gc.enable()
    # Of intermixed arguments, those behind `--` would be options.
    parse = parser.parse_args if "--" in argv else parser.parse_intermixed_args
    arguments = parse(argv)
    output = Output(arguments, os.environ)
    run: Command = import_module(f"whitetail.cli.{name}").run
    try:
        code = run(arguments, output)
        output.close()
    except ReaderGoneError:
        discard_stdout()
        return DONE
    except (RefusedError, NoTreeError) as error:
        return _refusal(output, str(error))
    except DatabaseError as error:
        return _refusal(output, str(error))
    except StoreError as error:
        return _refusal(output, f"the run cannot be read: {error}")
    except OSError as error:
        discard_stdout()
        reason = (error.strerror or str(error)).lower()
        where = f"{error.filename}: " if error.filename else "cannot write: "
        return _refusal(output, where + reason)
    finally:
        output.end()
    return code


def command_parser(
    name: str, kind: type[ArgumentParser] = SafeParser
) -> ArgumentParser:
    """Return the parser of a command, with the options that every command has."""
    parser = kind(f"whitetail {name}", description=COMMANDS[name], allow_abbrev=False)
    parser.add_argument(
        "-t",
        "--tree",
        metavar="PATH",
        help="what the screen could open: a .deer-flow, a thread, a run or any file; "
        "found as for the screen if it is left out",
    )
    if name in OF_A_USER:
        add_user_argument(parser)
    else:
        parser.set_defaults(user=None)
    add_config_argument(parser)
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto: on a terminal, unless NO_COLOR is set",
    )
    # The modules of commands are imported one by one: `ls` needs no Markdown.
    import_module(f"whitetail.cli.{name}").add_arguments(parser)
    return parser


def interrupted() -> int:
    """End after ctrl+c; return the exit code."""
    from whitetail.cli.streams import discard_stdout

    discard_stdout()
    return INTERRUPTED


def _refusal(output: Output, reason: str) -> int:
    output.note(reason)
    return REFUSED
