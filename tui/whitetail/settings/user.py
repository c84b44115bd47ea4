"""The settings of the user: read from all sources, watched, and written back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whitetail.settings.definitions import (
    DEFAULTS,
    GB_VARIABLE,
    SETTINGS,
    Kind,
    Setting,
    Settings,
)
from whitetail.settings.file import (
    NoHomeError,
    Stamp,
    locate,
    read_text,
    stamp,
    write_value,
)
from whitetail.settings.problem import Problem, one_sentence
from whitetail.view.text import one_line

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_MAX_PATH_CHARS = 120


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where each of them is from."""

    settings: Settings = DEFAULTS
    lines: Mapping[str, int] = field(default_factory=dict)
    """The lines of the settings that the file has, by their paths."""
    overridden: Mapping[str, str] = field(default_factory=dict)
    """What wins over the file, by the paths of settings: a variable or an argument."""
    problems: tuple[Problem, ...] = ()
    unreadable: bool = False
    """Whether nothing of the file could be used."""
    message: str = ""
    """One sentence about what is wrong; empty if nothing is."""


class UserSettings:
    """Where the settings of the user are, and what was read of them last."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        path: Path | None = None,
        arguments: Mapping[str, Any] | None = None,
        read_only: bool = False,
    ) -> None:
        """Read nothing yet. `path` is that of `--config`; `read_only`: never write it.

        `arguments` are the values that the command line has for settings, by their
        paths; they win over the environment, which wins over the file.
        """
        self.path: Path | None = None
        """The file, which need not exist; None if there is no folder for it."""
        self.no_home: NoHomeError | None = None
        """Why there is no folder for the file; None if there is one."""
        self.loaded = Loaded()
        """What was read last."""
        self.stamp: Stamp | None = None
        """The stamp of the file when it was read last; None if there was none."""
        self._environ, self._read_only = environ, read_only
        self._arguments = dict(arguments or {})
        self._from_file = DEFAULTS
        self._lines: Mapping[str, int] = {}
        try:
            self.path = locate(environ, path)
        except NoHomeError as error:
            self.no_home = error

    @property
    def name(self) -> str:
        """The path of the file for a sentence."""
        path = str(self.path)
        with suppress(RuntimeError):
            home = str(Path.home())
            if path.startswith(f"{home}{os.sep}"):
                path = f"~{path[len(home) :]}"
        return one_line(path, _MAX_PATH_CHARS)

    def load(self) -> Loaded:
        """Read the file, and return all settings. Blocks.

        A file, or a value, that cannot be used leaves what was read before.
        """
        problems: list[Problem] = []
        unreadable = not self._read_file(problems)
        settings = self._from_file
        overridden = {}
        for setting in SETTINGS:
            source, value = self._override(setting, problems)
            if source:
                settings = replace(settings, **{setting.name: value})
                overridden[setting.path] = source
        message = one_sentence(problems, self.name)
        self.loaded = Loaded(
            settings, self._lines, overridden, tuple(problems), unreadable, message
        )
        return self.loaded

    def changed(self) -> bool:
        """Return whether the file is another one than was read. Blocks."""
        return self.path is not None and stamp(self.path) != self.stamp

    def save_theme(self, theme: str) -> str:
        """Write a theme to the file; return why that failed, or an empty text. Blocks.

        The sentence has the name of the file. Nothing is written if settings are
        read-only.
        """
        if self._read_only:
            return ""
        if self.path is None:
            return f"The theme was not saved: {self.no_home}."
        try:
            write_value(self.path, "ui", "theme", theme)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
        except ValueError as error:
            why = "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        else:
            return ""
        return one_line(f"The theme was not saved: {self.name}: {why}.", 300)

    def _read_file(self, problems: list[Problem]) -> bool:
        """Read the file; return whether its values can be used."""
        if self.path is None:
            return True
        self.stamp = stamp(self.path)
        text = ""
        try:
            if self.stamp is None and not self.path.is_symlink():
                # Nothing is imported for a file that does not exist.
                raise FileNotFoundError
            text = read_text(self.path)
            from whitetail.settings.decode import decode

            decoded = decode(text, self._from_file)
        except (FileNotFoundError, NotADirectoryError):
            self._from_file, self._lines = DEFAULTS, {}
        except (OSError, ValueError, RecursionError) as error:
            problems.append(_problem(error, text))
            return False
        else:
            self._from_file, self._lines = decoded.settings, decoded.lines
            problems += sorted(decoded.problems, key=lambda each: each.line or 0)
        return True

    def _override(self, setting: Setting, problems: list[Problem]) -> tuple[str, Any]:
        """Return what wins over the file, and its value; an empty text for nothing."""
        if setting.path in self._arguments:
            return "an argument", self._arguments[setting.path]
        text = self._environ.get(setting.variable, "") if setting.variable else ""
        if not text:
            return "", None
        from whitetail.settings.decode import decode_text

        value: Any = text
        if setting.kind is Kind.NUMBER:
            value = _number(text)
        elif setting.variable == GB_VARIABLE:
            value = f"{text}GB"
        try:
            return setting.variable, decode_text(setting, value)
        except ValueError as error:
            problems.append(Problem(f"{setting.variable} {error}", in_file=False))
            return "", None


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _problem(error: Exception, content: str) -> Problem:
    """Return why a file with some content cannot be read at all."""
    if isinstance(error, OSError):
        return Problem((error.strerror or str(error)).lower())
    if isinstance(error, UnicodeDecodeError):
        return Problem("it is not UTF-8")
    if isinstance(error, RecursionError):
        return Problem("it is nested too deeply")
    text = one_line(str(error), 200)
    if not isinstance(error, _toml_error()):
        return Problem(text)
    found = _AT_LINE.search(text)
    at_end = content.rstrip().count("\n") + 1
    line = int(found[1]) if found and found[1] else at_end
    reason = _AT_LINE.sub("", text)
    return Problem(f"it is not TOML: {reason[:1].lower()}{reason[1:]}", line=line)


def _toml_error() -> type[ValueError]:
    import tomllib

    return tomllib.TOMLDecodeError
