"""Writes a JUnit report: a test case for each run that was checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from whitetail.cli.exit_codes import DONE
from whitetail.view.json_fields import status_word
from whitetail.view.text import one_line

if TYPE_CHECKING:
    from whitetail.cli.check import CheckedRun

_MAX_CHARS = 2_000
_NOT_IN_XML = re.compile("[\ufffe\uffff]")


def write_junit(path: Path, checked: Sequence[CheckedRun]) -> None:
    """Write a report; a run that is not all right is a failure.

    Raises:
        OSError: The file cannot be written.

    """
    failures = sum(each.code != DONE for each in checked)
    suite = ElementTree.Element(
        "testsuite", name="whitetail", tests=str(len(checked)), failures=str(failures)
    )
    for each in checked:
        entry = each.entry
        case = ElementTree.SubElement(
            suite, "testcase", classname=_text(entry.key[0]), name=_text(entry.key[1])
        )
        if entry.took is not None:
            case.set("time", f"{entry.took:.3f}")
        if each.code != DONE:
            kind = status_word(entry.status)
            failure = ElementTree.SubElement(
                case, "failure", type=kind, message=_text(f"{kind}: {each.reason}")
            )
            failure.text = "\n".join(map(_text, each.fault_texts))
    tree = ElementTree.ElementTree(suite)
    try:
        tree.write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        # Of a full disk, the error does not name the file.
        error.filename = error.filename or str(path)
        raise


def _text(text: str) -> str:
    """Return a text in one line, without characters that XML does not have."""
    return _NOT_IN_XML.sub("\ufffd", one_line(text, _MAX_CHARS))
