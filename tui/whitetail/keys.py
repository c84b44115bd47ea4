"""Every key, once: bindings, footer, help and README are made from this table."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """Some keys and what they do somewhere."""

    where: str
    """Which `bindings` it belongs to."""
    keys: str
    """As Textual names them, separated by commas."""
    action: str
    shown: str
    """As people name them."""
    help: str
    footer: str = ""
    """What the footer calls it; left out there if empty."""
    priority: bool = False
    """Whether it is looked at before the pane that has the focus."""


TABLE: tuple[Key, ...] = (
    Key("list", "down,j", "move(1)", "j ↓", "next line"),
    Key("list", "up,k", "move(-1)", "k ↑", "previous line"),
    Key("list", "pagedown", "page(1)", "PgDn", "next page"),
    Key("list", "pageup", "page(-1)", "PgUp", "previous page"),
    Key("list", "ctrl+d", "page(0.5)", "ctrl+d", "half a page down"),
    Key("list", "ctrl+u", "page(-0.5)", "ctrl+u", "half a page up"),
    Key("list", "home,g", "top", "g Home", "first line"),
    Key("list", "end,G", "bottom", "G End", "last line; in a run's events, follow"),
    Key(
        "list",
        "enter",
        "open",
        "enter",
        "open: thread, run, event; fold, unfold",
        "Open",
    ),
    Key("events", "left,h", "fold", "h ←", "fold; go to what it stands under"),
    Key("events", "right,l", "unfold", "l →", "unfold; go into it, or to the right"),
    Key("screen", "escape", "back", "esc", "back; clear the selection; never quits"),
    Key("screen", "tab", "next_pane(1)", "tab", "next pane", "Pane"),
    Key("screen", "shift+tab", "next_pane(-1)", "shift+tab", "previous pane"),
    Key("screen", "1", "pane('threads')", "1", "threads"),
    Key("screen", "2", "pane('runs')", "2", "runs of the thread"),
    Key("screen", "3", "pane('events')", "3", "events of the run"),
    Key("screen", "4", "pane('detail')", "4", "the event in full"),
    Key("screen", "z", "zoom", "z", "give the pane the whole screen"),
    Key("screen", "f", "follow", "f", "follow the newest event, or stop", "Follow"),
    Key("screen", "r", "form", "r", "rendered, plain, or the raw line", "Form"),
    Key("screen", "w", "wrap", "w", "wrap long lines, or not"),
    Key("screen", "t", "times", "t", "times: clock, since start, since previous"),
    Key("screen", "s", "order", "s", "events under their causes, or in file order"),
    Key("screen", "slash", "find", "/", "find in the run", "Find", True),
    Key("screen", "n", "find_next(1)", "n", "next hit"),
    Key("screen", "N", "find_next(-1)", "N", "previous hit"),
    Key("screen", "e", "next_error(1)", "e", "next error"),
    Key("screen", "E", "next_error(-1)", "E", "previous error"),
    Key("keyed", "space", "select", "space", "select, and go on"),
    Key("keyed", "v", "select_range", "v", "select a range: v, move, v"),
    Key("screen", "d", "delete", "d", "delete runs or threads (asks first)", "Delete"),
    Key("screen", "u", "undo", "u", "bring back what was deleted last", "Undo"),
    Key("screen", "y", "copy('text')", "y", "copy what the event says"),
    Key("screen", "Y", "copy('line')", "Y", "copy the event's raw line"),
    Key("screen", "ctrl+y", "copy('path')", "ctrl+y", "copy the path of the file"),
    Key(
        "screen",
        "i",
        "overview",
        "i",
        "the run at a glance",
        "Run",
    ),
    Key("screen", "c", "conversation", "c", "the thread as a conversation", "Thread"),
    Key("screen", "exclamation_mark", "faults", "!", "what is wrong with the file"),
    Key("screen", "ctrl+r", "reload", "ctrl+r", "look at the disk again"),
    Key("app", "ctrl+p,colon", "command_palette", "ctrl+p :", "commands and themes"),
    Key("app", "question_mark,f1", "help", "? F1", "this help", "Help"),
    Key("app", "q,ctrl+c", "quit", "q", "quit", "Quit"),
    Key("overview", "plus,equals_sign", "zoom_in", "+", "", "Zoom in"),
    Key("overview", "minus", "zoom_out", "-", "", "Zoom out"),
    Key("overview", "0", "zoom_all", "0", "", "All"),
    Key("text", "down,j", "scroll_down", "", ""),
    Key("text", "up,k", "scroll_up", "", ""),
    Key("text", "pagedown,space", "page_down", "", ""),
    Key("text", "pageup", "page_up", "", ""),
    Key("text", "ctrl+d", "half_page(1)", "", ""),
    Key("text", "ctrl+u", "half_page(-1)", "", ""),
    Key("text", "home,g", "scroll_home", "", ""),
    Key("text", "end,G", "to_end", "", ""),
    Key("text", "right", "scroll_right", "", ""),
    Key("text", "left", "scroll_left", "", ""),
    Key("detail", "down,j", "move(1)", "", ""),
    Key("detail", "up,k", "move(-1)", "", ""),
    Key("detail", "pagedown,space", "page(1)", "", ""),
    Key("detail", "pageup", "page(-1)", "", ""),
    Key("detail", "ctrl+d", "page(0.5)", "", ""),
    Key("detail", "ctrl+u", "page(-0.5)", "", ""),
    Key("detail", "home,g", "top", "", ""),
    Key("detail", "end,G", "to_end", "", ""),
    Key("detail", "enter", "toggle_fold", "enter", "", "Fold"),
    Key("detail", "right,l", "unfold", "", ""),
    Key("detail", "left,h", "fold", "", ""),
    Key("detail", "shift+right", "scroll_right", "shift+→", "to the right"),
    Key("detail", "shift+left", "scroll_left", "shift+←", "to the left"),
)


def bindings(where: str) -> list[BindingType]:
    """Return the bindings of one kind of widget."""
    return [
        Binding(
            key.keys,
            key.action,
            key.footer or key.help,
            show=bool(key.footer),
            key_display=key.shown.split(" ")[0] or None,
            priority=key.priority,
        )
        for key in TABLE
        if key.where == where
    ]


def described() -> list[tuple[str, str]]:
    """Return what people read: keys as they name them, and what they do."""
    return [(key.shown, key.help) for key in TABLE if key.help]


def markdown() -> str:
    """Return what people read as a table, for the README."""
    rows = [("key", "does"), ("---", "---")]
    for shown, does in described():
        rows.append((" ".join(f"`{key}`" for key in shown.split()), does))
    return "\n".join(f"| {keys} | {does} |" for keys, does in rows)
