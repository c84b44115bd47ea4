"""`whitetail config`: where the settings are, which they are, and what is wrong."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whitetail.cli.commands import RefusedError
from whitetail.cli.exit_codes import DONE, FOUND
from whitetail.cli.output import Output
from whitetail.keymap import shown_name
from whitetail.settings.definitions import SETTINGS, Kind, Settings
from whitetail.settings.document import described_actions, shown_keys, template
from whitetail.settings.file import CONFIG_VARIABLE, replace_text
from whitetail.settings.filters import filter_problems
from whitetail.settings.user import Loaded, UserSettings
from whitetail.view.brief import reason
from whitetail.view.json_fields import json_text
from whitetail.view.units import size

_SCHEMA = "whitetail.setting/1"
_PATH_CELLS, _VALUE_CELLS = 30, 34


@dataclass(frozen=True, slots=True)
class _Shown:
    """A setting with its value, and where that is from."""

    path: str
    value: Any
    text: str
    """The value as the file would have it."""
    default: Any
    origin: str
    """`default`, `file` or `environment`."""
    source: str = ""
    """The file or the variable."""
    line: int | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `config`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("path", "show", "check", "edit"),
        default="show",
        help="print the path of the file; print all settings with their origin (the "
        "default); print what is wrong; open the file in $VISUAL or $EDITOR",
    )
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """Do what the action names; return the exit code."""
    user = UserSettings(os.environ, path=arguments.config)
    if arguments.action == "show":
        return _show(user, output, as_json=arguments.json)
    if user.path is None:
        raise RefusedError(str(user.no_home))
    if arguments.action == "path":
        output.text(str(user.path))
        return DONE
    if arguments.action == "edit":
        _edit(user.path)
    named = arguments.config is not None or bool(os.environ.get(CONFIG_VARIABLE))
    return _check(user, user.path, output, must_exist=named)


def _show(user: UserSettings, output: Output, *, as_json: bool) -> int:
    loaded = user.load()
    if loaded.message:
        output.note(loaded.message)
    for each in _settings(loaded, str(user.path)):
        if as_json:
            record = {
                "schema": _SCHEMA,
                "path": each.path,
                "value": each.value,
                "default": each.default,
                "origin": each.origin,
                "source": each.source or None,
                "line": each.line,
            }
            output.json(record)
            continue
        where = f"{each.source}:{each.line}" if each.line else each.source
        tone = "muted" if each.origin == "default" else "accent"
        cells = [(each.path, "key"), (each.text, "plain"), (where or "default", tone)]
        output.row(cells, [_PATH_CELLS, _VALUE_CELLS])
    return DONE


def _settings(loaded: Loaded, file: str) -> Iterator[_Shown]:
    def shown(path: str, value: Any, default: Any, text: str = "") -> _Shown:
        """Return a setting that only the file can have changed."""
        line, text = loaded.lines.get(path), text or json_text(value)
        if line is None:
            return _Shown(path, value, text, default, "default")
        return _Shown(path, value, text, default, "file", file, line)

    settings, defaults = loaded.settings, Settings()
    for setting in SETTINGS:
        path, value = setting.path, settings.value(setting)
        text = json_text(size(int(value)) if setting.kind is Kind.SIZE else value)
        default = defaults.value(setting)
        if variable := loaded.overridden.get(path):
            yield _Shown(path, value, text, default, "environment", variable)
        else:
            yield shown(path, value, default, text)
    for action, key in described_actions():
        default = shown_keys(key)
        chosen = settings.keys.get(action)
        value = default if chosen is None else [shown_name(each) for each in chosen]
        yield shown(f"keys.{action}", value, default)
    for name, query in settings.filters.items():
        yield shown(f"filters.{name}", query, None)
    for model, prices in settings.prices.models.items():
        value = dict(zip(("input", "output", "cached"), prices, strict=True))
        yield shown(f"prices.{model}", value, None)


def _check(user: UserSettings, path: Path, output: Output, *, must_exist: bool) -> int:
    """Print what is wrong with the settings; return the exit code."""
    loaded = user.load()
    if user.stamp is None and not path.is_symlink():
        missing = f"{path}: there is no such file"
        if must_exist:
            raise RefusedError(missing)
        output.note(f"{missing}; all settings have their defaults")
    if loaded.unreadable and loaded.problems[0].line is None:
        raise RefusedError(f"{path}: {loaded.problems[0].text}")
    filters = filter_problems(loaded.settings.filters, loaded.lines)
    problems = [*loaded.problems, *filters.values()]
    for problem in sorted(problems, key=lambda each: each.line or 0):
        line = f":{problem.line}" if problem.line else ""
        where = f"{path}{line}: " if problem.in_file else ""
        output.text(f"{where}{problem.text}")
    return FOUND if problems else DONE


def _edit(path: Path) -> None:
    """Open the file in the user's editor, and wait until that ends."""
    from whitetail.terminal.programs import ProgramError, editor, started

    try:
        command = editor(os.environ)
        if not path.exists() and not path.is_symlink():
            replace_text(path, template())
        with started([*command, str(path)]) as process:
            code = process.wait()
    except ProgramError as error:
        raise RefusedError(str(error)) from error
    except OSError as error:
        raise RefusedError(f"{path}: {reason(error)}") from error
    if code:
        raise RefusedError(f"{command[0]} ended with exit code {code}")
