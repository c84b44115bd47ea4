"""Opens a file that a run produced: texts in the pager, others as the system does."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from textual import on, work

from whitetail.panes.detail import DetailPane
from whitetail.screens.opening import OpenActions
from whitetail.view.brief import reason
from whitetail.view.text import sanitized_lines
from whitetail.view.units import size

if TYPE_CHECKING:
    from whitetail.source.produced import ProducedFile

_MAX_LINE_CHARS = 1 << 20
"""A longer line is cut for the pager."""


class FileActions(OpenActions):
    """A screen that opens files of the open run's thread, one at a time, on request."""

    open_file: Callable[[str, str], ProducedFile | None]
    """Opens a file of a thread, by the path that its runs have. Blocks."""

    @on(DetailPane.PathOpened)
    def _path_opened(self, message: DetailPane.PathOpened) -> None:
        self.offer_file(message.path, None)

    @work(group="file")
    async def offer_file(self, path: str, go: Callable[[], object] | None) -> None:
        """Show size and type of a file, and open it if the user wants that.

        `go` leads to the event that made the file. It is called at once if the file is
        not on this machine.
        """
        if self.run.key is None:
            return
        thread = self.run.key[0]
        try:
            file = await asyncio.to_thread(self.open_file, thread, path)
        except OSError as error:
            self._warn(f"The file cannot be read: {reason(error)}.")
            return
        if file is not None:
            with file:
                await self._offer(file, path, go)
        elif go is not None:
            go()
        else:
            self._warn("This file is not on this machine.")

    async def _offer(
        self, file: ProducedFile, path: str, go: Callable[[], object] | None
    ) -> None:
        from whitetail.panes.menu import MenuItem
        from whitetail.screens.menu import MenuScreen

        items = [MenuItem("o", "open", "open", note=f"{file.kind}, {size(file.size)}")]
        if go is not None:
            items.append(MenuItem("e", "go to the event that made it", "event"))
        chosen = await self.app.push_screen_wait(MenuScreen(path, items))
        if chosen == "event" and go is not None:
            go()
        elif chosen == "open" and file.is_text:
            await self.show_text(_pager_pieces(file.pieces()), "file.txt", "pager")
        elif chosen == "open":
            await self._open_with_system(file)

    async def _open_with_system(self, file: ProducedFile) -> None:
        from whitetail.terminal.programs import ProgramError

        try:
            problem = await asyncio.to_thread(_open_with_system, file)
        except ProgramError as error:
            problem = str(error)
        except OSError as error:
            problem = f"The file cannot be opened: {reason(error)}."
        if problem:
            self._warn(problem)


def _open_with_system(file: ProducedFile) -> str:
    """Have the system open a file; return why it did not, or an empty text. Blocks.

    Raises:
        ProgramError: The system has no program for that.
        OSError: The program cannot be started.

    """
    from whitetail.terminal.programs import opener

    program = opener()
    if not file.is_still_at_path():
        return "The file has been replaced meanwhile."
    nothing = subprocess.DEVNULL
    ended = subprocess.run(
        [*program, str(file.path)],
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
    )
    return f"{program[0]} could not open the file." if ended.returncode else ""


def _pager_pieces(pieces: Iterable[str]) -> Iterator[str]:
    """Yield a text for the pager; controls of terminals are made visible."""
    rest = ""
    for piece in pieces:
        rest += piece
        end = rest.rfind("\n") + 1
        if len(rest) - end > _MAX_LINE_CHARS:
            end = len(rest)
        for line in sanitized_lines(rest[:end]):
            yield f"{line}\n"
        rest = rest[end:]
    for line in sanitized_lines(rest):
        yield f"{line}\n"
