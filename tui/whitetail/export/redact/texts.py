"""Replaces the texts of events, and keeps what carries no words of the user."""

from __future__ import annotations

import re
from collections.abc import Callable

from whitetail.export.redact.fields import TODO_WORDS
from whitetail.export.redact.filler import Filler
from whitetail.trace.message_fields import GUESSED_MEDIA_TYPES

TRUNCATED_CHARS = 8_192
"""DeerFlow truncates the texts and arguments of a subagent's steps here.

A text is split here, so that its beginning has the same filler with and without the
rest.
"""
# The words with which DeerFlow begins the result of a call. They decide whether a call
# failed, or two texts are compared without them.
_MARKER = re.compile(
    r"(?:Task (?:(?:Succeeded|failed)(?: \(capped: (?P<reason>[^)\n]{0,80})\))?\."
    r"|(?:timed out|cancelled(?: by user)?)\.?)(?: (?:Result|Error): ?)?"
    r"|Error:|Guardrail denied:|(?P<todos>Updated todo list to ))"
)
_KEPT_LITERALS = TODO_WORDS | {"content", "status"}
_LITERAL = re.compile(r"""('(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")""", re.DOTALL)
_PATH = re.compile(r"((?<![\w/.:~])(?:/[\w@%+~-](?:[\w.@%+~-]*[\w@%+~-])?){2,})")
_MAX_PATH_CHARS = 1_024
_FOLDERS = re.compile(
    r"/mnt/(?:user-data(?:/(?:outputs|uploads|workspace))?|skills)(?=/|$)"
)
"""The folders of DeerFlow's sandbox, which are the same in each run."""
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,4})$")
_FILE_HEADS = "|".join(map(re.escape, GUESSED_MEDIA_TYPES))
_MEDIA_HEAD = re.compile(
    r"(?:data:[a-z]{1,20}/[\w.+-]{1,60};base64,)?(?:" + _FILE_HEADS + ")?"
)
_EXTENSIONS = """
7z aac avi bash bib bmp c cc cfg conf cpp cs css csv doc docx eml eot flac gif go gz
h hpp htm html ico ics ini java jpeg jpg js json jsx kt log lua m4a md mjs mov mp3
mp4 mpeg odp ods odt ogg otf pdf php pl png ppt pptx ps1 psd py r rar rb rs rst rtf
sass scss sh sql srt svg swf tar tex tgz tif tiff toml ts tsv tsx ttf txt vtt vue
wasm wav webm webp woff xls xlsx xml yaml yml zip zsh
"""
_KNOWN_EXTENSIONS = frozenset(_EXTENSIONS.split())


class TextRedactor:
    """Replaces texts that are not JSON."""

    def __init__(self, filler: Filler, name: Callable[[str], str]) -> None:
        """Use `name` for the parts of paths: two parts must stay two."""
        self._fill = filler.fill
        self._name = name

    def marker(self, text: str) -> tuple[str, str]:
        """Return DeerFlow's words at the beginning of a text, redacted, and the rest.

        The first is empty for most texts.
        """
        found = _MARKER.match(text)
        if found is None:
            return "", text
        words = found[0]
        if reason := found["reason"]:
            words = words.replace(reason, self._fill(reason), 1)
        rest = text[found.end() :]
        return (words + self._todos(rest), "") if found["todos"] else (words, rest)

    def media(self, text: str) -> str:
        """Return a file in base64, or its address, with its media type."""
        head = _MEDIA_HEAD.match(text)
        end = head.end() if head else 0
        return text[:end] + self.text(text[end:])

    def text(self, text: str) -> str:
        """Return the filler of a text, line by line.

        The same line has the same filler, so that a diff has the same lines.
        """
        if len(text) > TRUNCATED_CHARS:
            return self.text(text[:TRUNCATED_CHARS]) + self._lines(
                text[TRUNCATED_CHARS:]
            )
        return self.path(text) if _is_path(text) else self._lines(text)

    def _lines(self, text: str) -> str:
        return "\n".join(map(self._line, text.split("\n")))

    def _line(self, line: str) -> str:
        if "/" not in line:
            return self._fill(line) if line else ""
        parts = _PATH.split(line)
        parts[::2] = map(self._fill, parts[::2])
        parts[1::2] = map(self.path, parts[1::2])
        return "".join(parts)

    def path(self, path: str) -> str:
        """Return a path with the same depth and extension.

        Each part has its own filler, so that files of one folder stay in one folder.
        """
        found = _FOLDERS.match(path)
        kept = found[0] if found else ""
        *folders, name = path[len(kept) :].split("/")
        extension = _EXTENSION.search(name)
        if extension is None or extension[1].lower() not in _KNOWN_EXTENSIONS:
            filled = self._name(name)
        else:
            filled = self._name(name[: extension.start()]) + extension[0]
        return kept + "/".join((*map(self._name, folders), filled))

    def _todos(self, text: str) -> str:
        """Return a to-do list, which DeerFlow writes as a Python literal."""
        parts = _LITERAL.split(text)
        for index, part in enumerate(parts):
            if not index & 1:
                parts[index] = self._fill(part)
            elif part[1:-1] not in _KEPT_LITERALS:
                parts[index] = part[0] + self.text(part[1:-1]) + part[0]
        return "".join(parts)


def _is_path(text: str) -> bool:
    """Return whether a whole text is the path or the name of a file."""
    if len(text) > _MAX_PATH_CHARS or "\n" in text:
        return False
    if _PATH.fullmatch(text):
        return True
    if not text.startswith("/") and (" " in text or "://" in text):
        return False
    extension = _EXTENSION.search(text)
    return extension is not None and extension[1].lower() in _KNOWN_EXTENSIONS
