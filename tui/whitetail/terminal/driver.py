"""`TerminalDriver`: Textual's driver, made robust against what terminals do."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import TextIOWrapper
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from whitetail.terminal.ending import end_soon, on_signals
from whitetail.terminal.output import TerminalOutput
from whitetail.terminal.replies import ReplyFilter

if TYPE_CHECKING:
    from textual.app import App

assert sys.platform != "win32", "Windows has no terminals of this kind"

_POLL_S = 0.1
"""How often the input thread looks whether it is to end."""
_READ_BYTES = 4_096
_ESCAPE = "\x1b"
_LEAVE = "".join(
    f"\x1b[{mode}"
    for mode in (
        *("?2004l", "?2048l", "?1000l", "?1003l", "?1006l", "?1015l", "?1016l"),
        *("?1004l", "<u", "?7h", "?1049l", "?25h"),
    )
)
"""Ends reports of pastes, sizes, the mouse and the focus, and the second screen."""


class TerminalDriver(LinuxDriver):
    """Reads keys from a terminal and writes the screen to it.

    Differs from Textual's driver in this: replies of the terminal are never keys; when
    the terminal is gone, the app ends; the output is UTF-8 in any locale; the size is
    that of the terminal, whatever the environment says and wherever stdout leads; and
    only a stop that was asked for is followed by a restart.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert self._file is not None
        self._output = TerminalOutput(self._file.fileno(), self._lost)
        # Textual's writer needs three methods of a file, which the output has.
        self._file = cast(TextIOWrapper, self._output)
        self._started = self._suspended = False
        self._left = False
        """Whether the terminal is left to the shell or to another program."""
        self._empty_at = -inf
        """When the input was last seen to be empty. It is emptied when it is left."""

    def start_application_mode(self) -> None:
        """Set the modes of the terminal, and begin to read keys."""
        if not self._started:
            self._started = True
            on_signals((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), self._end)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def suspend_application_mode(self) -> None:
        """Leave the terminal to the shell or to another program."""
        super().suspend_application_mode()
        self._left, self._empty_at = True, monotonic()

    def resume_application_mode(self) -> None:
        """Use the terminal again, unless this process is in the background."""
        writer = self._writer_thread
        self._left = False
        super().resume_application_mode()
        self._left = self._writer_thread is writer

    def write(self, data: str) -> None:
        """Write to the terminal; not while another program has it.

        What is written then would wait in a queue that nothing empties.
        """
        if not self._left:
            super().write(data)

    def run_input_thread(self) -> None:
        """Read keys and events until the driver is to end or the terminal is gone."""
        parser = XTermParser(self._debug)
        replies = ReplyFilter()
        decode = getincrementaldecoder("utf-8")("surrogateescape").decode
        # Before the first look, keys may have waited since the terminal was left.
        last_input, empty_at = monotonic(), self._empty_at
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                delay = replies.delay_s
                began = monotonic()
                if selector.select(_POLL_S if delay is None else min(delay, _POLL_S)):
                    try:
                        data = self._read()
                    except BlockingIOError:
                        # Another program has read it, and left non-blocking mode on.
                        continue
                    if not data:
                        self._lost()
                        return
                    text = replies.feed(decode(data))
                    self._process(_events(parser, text), empty_at)
                    last_input = monotonic()
                    if len(data) < _READ_BYTES:
                        empty_at = last_input
                else:
                    now = monotonic()
                    # A process that was stopped does not know what came meanwhile.
                    empty_at = began if now - began > 2 * _POLL_S else now
                    if delay is not None and now - last_input >= delay:
                        self._process(_events(parser, replies.give_up()), empty_at)
                self._process(parser.tick(), empty_at)

    def _read(self) -> bytes:
        """Return the next bytes of the terminal. Empty if it is gone.

        Raises:
            BlockingIOError: There are none, and the terminal does not let reads wait.

        """
        try:
            return os.read(self.fileno, _READ_BYTES)
        except BlockingIOError:
            raise
        except OSError:
            return b""

    def _process(self, events: Iterable[Message], earliest: float) -> None:
        """Send events to the app. The time of keys is the earliest at which they came.

        It is when the input was last seen to be empty. A program that was stopped or
        slow reads a `y` long after it was typed; a question before a delete must not
        think that the user has paused before it.
        """
        for event in events:
            if isinstance(event, Key):
                event.time = earliest
            self.process_message(event)

    def _lost(self) -> None:
        """End the app: its terminal is gone, so nothing can be shown or asked."""
        self._output.discard()
        self._exit()

    def _end(self, number: int) -> None:
        """End the app, unless ctrl+c was meant for the program that has the terminal.

        The terminal sends the signal of ctrl+c to both.
        """
        if number != signal.SIGINT or self._auto_restart:
            self._exit()

    def _exit(self) -> None:
        """End the app, and the process if the app does not end."""
        end_soon(self._restore)
        self._call_soon(self._app.exit)

    def _restore(self) -> None:
        """Restore the terminal without waiting for anything."""
        self._output.write_now(_LEAVE)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _get_terminal_size(self) -> tuple[int, int]:
        for file in (self.fileno, self._output.fileno()):
            try:
                width, height = os.get_terminal_size(file)
                return width, height
            except OSError:
                continue
        return 80, 24

    # Stop and continue. Textual does both inside the handlers of the signals, which may
    # interrupt a method of the very queue that they write to, and then wait for ever.

    def _sigtstp_application(self, *_: object) -> None:
        self._call_soon(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._call_soon(self._resume)

    def _suspend(self) -> None:
        """Leave the terminal to the shell, and stop the process until it continues."""
        if not self._suspended:
            self._suspended = self._auto_restart
            super()._sigtstp_application()

    def _resume(self) -> None:
        """Use the terminal again, if it was left and the shell allows it.

        Without the first condition, a SIGCONT after `kill -STOP` would start a second
        thread that reads keys. A program that the shell continues in the background
        stops again; the next SIGCONT leads here.
        """
        if self._suspended:
            writer = self._writer_thread
            super()._sigcont_application()
            self._suspended = self._writer_thread is writer

    def _call_soon(self, call: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


def _events(parser: XTermParser, text: str) -> Iterable[Message]:
    """Return what a text of whole sequences means."""
    if text == _ESCAPE:
        # Nothing has followed it; the parser would wait once more.
        return [Key("escape", _ESCAPE)]
    # To feed nothing would be the end of the input.
    return parser.feed(text) if text else ()
