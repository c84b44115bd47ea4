"""`whitetail completions`: prints what a shell needs to complete command lines."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from whitetail.cli.arguments import COMMANDS, add_options
from whitetail.cli.commands import command_parser
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output

SHELLS = ("bash", "zsh", "fish")
_PREAMBLES = {
    "bash": """\
_whitetail_files() { [[ $1 == */* || $1 == [.~]* ]] && compgen -f -- "$1"; }
_shtab_whitetail_pos_0_COMPGEN=_whitetail_files
""",
    "zsh": """\
functions[_whitetail_commands]=$functions[_shtab_whitetail_commands]
_shtab_whitetail_commands() {
  if [[ $PREFIX == (*/*|[.~]*) ]]; then _files; else _whitetail_commands; fi
}
""",
}
"""The first argument is a command or a path; shtab knows only commands there."""
_ENDS = {
    "fish": """\
complete -c whitetail -n "_shtab_whitetail_using; and string match -qr '^[.~/]' -- \
(commandline -ct)" -F
"""
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `completions`."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that evaluates them")


def run(arguments: Namespace, output: Output) -> int:
    """Print the completions."""
    # Nothing else needs it.
    import shtab

    class Parser(ArgumentParser):
        """A parser whose arguments that are paths are completed as such."""

        def add_argument(self, *names: Any, **settings: Any) -> Action:
            action = super().add_argument(*names, **settings)
            if action.type is Path or action.metavar == "PATH":
                vars(action)["complete"] = shtab.FILE
            return action

    whole = Parser("whitetail")
    add_options(whole)
    commands = whole.add_subparsers(parser_class=ArgumentParser)
    for name, does in COMMANDS.items():
        parents = [command_parser(name, Parser)]
        commands.add_parser(name, help=does, parents=parents, add_help=False)
    shell: str = arguments.shell
    text = shtab.complete(whole, shell, preamble=_PREAMBLES.get(shell, ""))
    output.chunk(f"{text}\n{_ENDS.get(shell, '')}".encode())
    return DONE
