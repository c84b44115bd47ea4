"""`whitetail completions`: prints what a shell needs to complete command lines."""

from __future__ import annotations

import os
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from whitetail.cli.arguments import COMMANDS, add_options
from whitetail.cli.commands import RefusedError, command_parser
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.source.locate import TreeLocation, locate

AnyAction = TypeVar("AnyAction", bound=Action)

SHELLS = ("bash", "zsh", "fish")
IDS = ("runs", "threads", "both")
_NEWEST = ("@failed", "@latest", "@running")
_MAX_THREADS = 10_000
"""In more threads, no runs are looked for: a key must not wait for seconds."""
_IDS_OF_METAVAR = {"RUN": "runs", "T": "threads", "RUN|THREAD": "both"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `completions`."""
    parser.add_argument(
        "shell", nargs="?", choices=SHELLS, help="the shell that evaluates them"
    )
    parser.add_argument(
        "--ids", choices=IDS, help="print ids instead, for the completions of a shell"
    )
    parser.add_argument(
        "--beginning", metavar="TEXT", default="", help="only ids that begin so"
    )


def run(arguments: Namespace, output: Output) -> int:
    """Print the completions of a shell, or ids of runs and threads."""
    shell: str | None = arguments.shell
    if arguments.ids is not None:
        # Without the variable of a database: a key must not wait for its server.
        environment = {**os.environ, "DATABASE_URL": ""}
        location = locate(arguments.tree, environment)
        if not isinstance(location, TreeLocation):
            raise RefusedError("the ids in a database are not completed")
        for name in sorted(set(_ids(location, arguments.ids, arguments.beginning))):
            output.text(name)
    elif shell is not None:
        output.chunk(_script(shell).encode())
    else:
        raise RefusedError(f"SHELL is missing: {', '.join(SHELLS)}")
    return DONE


def _ids(location: TreeLocation, kind: str, beginning: str) -> Iterator[str]:
    """Yield what begins so and names a run or a thread, in any order.

    Nothing acts in a shell: ids have only letters, digits, `_` and `-`.
    """
    # Imported here: the completions of a shell need no files.
    from whitetail.source.run_files import LooseFiles, RunFiles, TreeFiles

    files: RunFiles = TreeFiles(location.threads)
    if location.is_loose:
        files = LooseFiles(location.base)
    thread, run = location.selected or (None, None)
    threads = [each for each in files.thread_ids() if thread in (None, each)]
    if kind != "runs":
        yield from (each for each in threads if each.startswith(beginning))
    if kind == "threads":
        return
    yield from (each for each in _NEWEST if each.startswith(beginning))
    of_thread, slash, _ = beginning.rpartition("/")
    if slash:
        threads = [each for each in threads if each.startswith(of_thread)]
    if len(threads) > _MAX_THREADS:
        return
    for each in threads:
        for found in files.stamps(files.folder(each)):
            name = f"{of_thread}/{found}" if slash else found
            if run in (None, found) and name.startswith(beginning):
                yield name


def _script(shell: str) -> str:
    """Return the completions of a shell."""
    # Nothing else needs it.
    import shtab

    class Parser(ArgumentParser):
        """A parser whose arguments that are paths, runs or threads are completed."""

        def _add_action(self, action: AnyAction) -> AnyAction:
            # Not `add_argument`: arguments of a group get here, too.
            action = super()._add_action(action)
            if action.type is Path or action.metavar == "PATH":
                vars(action)["complete"] = shtab.FILE
            elif kind := _IDS_OF_METAVAR.get(str(action.metavar)):
                function = f"_whitetail_{kind}"
                vars(action)["complete"] = {
                    "bash": function,
                    "zsh": function,
                    "fish": f"(_whitetail_ids {kind} 2>/dev/null)",
                }
            return action

    whole = Parser("whitetail")
    add_options(whole)
    commands = whole.add_subparsers(parser_class=ArgumentParser)
    for name, does in COMMANDS.items():
        parents = [command_parser(name, Parser)]
        commands.add_parser(name, help=does, parents=parents, add_help=False)
    preamble = "" if shell == "fish" else _shell_text(f"begin.{shell}")
    text = shtab.complete(whole, shell, preamble=preamble)
    return f"{text}\n{'' if shell == 'zsh' else _shell_text(f'end.{shell}')}"


def _shell_text(name: str) -> str:
    from importlib.resources import files

    return files("whitetail.cli").joinpath("shells", name).read_text("utf-8")
