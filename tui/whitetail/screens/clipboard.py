"""Copies texts, and reports which clipboard got them.

A terminal does not answer OSC 52, the escape sequence that sets its clipboard, and
default settings of tmux drop it. So tmux and the system get the text, too.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from typing import Any

from textual.app import App

from whitetail.screens.work import start_work

_MAX_CHARS = 70_000
"""Terminals and multiplexers drop longer texts (OSC 52)."""
_TMUX_TIMEOUT_S = 3.0
"""An answer needs a few milliseconds; a tmux that is stopped never answers."""


def copy(app: App[Any], text: str, name: str) -> None:
    """Copy a text and notify the user, with `name` for the text."""
    # A lone surrogate, as the name of a folder may have, cannot be encoded.
    text = text.encode(errors="replace").decode()
    app.copy_to_clipboard(text[:_MAX_CHARS])
    start_work(app, lambda: _copy(app, text, name), group="copy", exclusive=True)


async def _copy(app: App[Any], text: str, name: str) -> None:
    """Copy a text wherever that can be confirmed, and report what was confirmed."""
    targets = await asyncio.to_thread(_confirmed_targets, text)
    if targets:
        app.notify(f"Copied {name} to {' and '.join(targets)}.", markup=False)
        return
    part = ""
    if len(text) > _MAX_CHARS:
        part = f" Only its first {_MAX_CHARS:,} of {len(text):,} characters were sent."
    app.notify(
        f"Sent {name} to the terminal (OSC 52). Terminals do not confirm a copy: "
        f"if it cannot be pasted, allow OSC 52 in the terminal's settings.{part}",
        severity="warning",
        markup=False,
    )


def _confirmed_targets(text: str) -> list[str]:
    """Copy a text to tmux and to the system; return where that has succeeded."""
    targets = []
    if os.environ.get("TMUX") and _copy_to_tmux(text):
        targets.append("tmux's buffer")
    if not _is_remote() and _copy_to_system(text):
        targets.insert(0, "the system clipboard")
    return targets


def _is_remote() -> bool:
    """Return whether the user is at another computer, with its own clipboard."""
    return any(os.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def _copy_to_tmux(text: str) -> bool:
    """Copy a text to tmux's buffer; with -w, tmux passes it on to its terminal."""
    return any(
        _succeeds(["tmux", "load-buffer", *options, "-"], text)
        for options in (["-w"], [])
    )


def _succeeds(command: list[str], text: str) -> bool:
    try:
        done = subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TMUX_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _copy_to_system(text: str) -> bool:
    """Copy a text to the clipboard of this computer; return whether it is there.

    Programs such as xclip are started by pyperclip, which ignores their errors.
    """
    from pyperclip import PyperclipException, determine_clipboard

    copy_text, paste_text = determine_clipboard()
    try:
        copy_text(text)
        return bool(paste_text() == text)
    except (PyperclipException, OSError):
        return False
