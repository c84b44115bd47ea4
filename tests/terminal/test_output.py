"""What is written to a terminal that is slow or gone."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from whitetail.terminal.output import TerminalOutput

if sys.platform == "win32":
    pytest.skip("needs descriptors that can be non-blocking", allow_module_level=True)


def test_output_that_is_not_accepted_at_once_is_written_later() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    lost: list[None] = []
    output = TerminalOutput(writer, lambda: lost.append(None))
    # Far more than a pipe holds, so that writes are refused until it is read.
    text = "déer " * 200_000

    def write() -> None:
        output.write(text)
        os.close(writer)

    threading.Thread(target=write, daemon=True).start()
    with os.fdopen(reader, "rb") as file:
        assert file.read() == text.encode()
    assert lost == []


def test_output_to_a_terminal_that_is_gone_is_discarded() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lost: list[None] = []
    output = TerminalOutput(writer, lambda: lost.append(None))
    for _ in range(3):
        output.write("deer")
    assert lost == [None]
