"""The table of keys: values only, from which `keys.py` makes what users see."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One or more keys that run the same action in one kind of widget."""

    scope: str
    """The kind of widget: the argument of `bindings` that returns this key."""
    keys: str
    """Textual's names, separated by commas."""
    action: str
    """Textual's action, with its arguments."""
    shown: str
    """What help and README call the keys, separated by spaces."""
    help: str
    """What the keys do. Help and README leave the keys out if this is empty."""
    footer: str = ""
    """What the footer calls the action. The footer leaves it out if this is empty."""
    priority: bool = False
    """Whether the screen gets the key before the widget that has the focus."""
    group: str = ""
    """The group of help and README. Empty for that of the scope."""


MOVING, LISTS, EVENTS, DETAIL = "Moving", "Threads and runs", "Events", "Event in full"
OVERVIEW, CONVERSATION = "Overview", "Conversation"
RESULTS = "Search results"
DIALOGS, EVERYWHERE = "Dialogs", "Everywhere"

GROUPS = (
    *(LISTS, EVENTS, DETAIL, OVERVIEW, CONVERSATION, RESULTS, DIALOGS),
    *(MOVING, EVERYWHERE),
)
"""The groups of help and README, in their order."""

KEYS: tuple[Key, ...] = (
    Key("list", "down,j", "move(1)", "j ↓", "next line"),
    Key("list", "up,k", "move(-1)", "k ↑", "previous line"),
    Key(
        "list",
        "pagedown",
        "page(1)",
        "PgDn",
        "next page; in a text, space does the same",
    ),
    Key("list", "pageup", "page(-1)", "PgUp", "previous page"),
    Key("list", "ctrl+d", "page(0.5)", "ctrl+d", "half a page down"),
    Key("list", "ctrl+u", "page(-0.5)", "ctrl+u", "half a page up"),
    Key("list", "home,g", "top", "g Home", "first line"),
    Key("list", "end,G", "bottom", "G End", "last line; in the events, also follow"),
    Key("list", "enter", "open", "enter", "open what is under the cursor", "Open"),
    Key("selectable", "right,l", "open", "l →", "open the thread or run"),
    Key("selectable", "left,h", "leave", "h ←", "back to the list before"),
    Key("selectable", "space", "select", "space", "select the line, and move on"),
    Key(
        "selectable", "v", "select_range", "v", "select a range: press it at both ends"
    ),
    Key("selectable", "asterisk", "select_all", "*", "select all lines shown"),
    Key("selectable", "tilde", "invert", "~", "select the others instead"),
    Key(
        "shaped",
        "slash",
        "narrow",
        "/",
        "narrow the list by names or a query; hidden lines are deselected",
        "Narrow",
        True,
    ),
    Key("screen", "S", "sort_menu", "S", "sort by a column", "Sort", group=LISTS),
    Key("shaped", "R", "reverse", "R", "reverse the order"),
    Key(
        "screen",
        "d",
        "delete",
        "d",
        "delete runs or threads (asks first)",
        "Delete",
        group=LISTS,
    ),
    Key(
        "screen",
        "u",
        "undo",
        "u",
        "undo the last delete of this session",
        "Undo",
        group=LISTS,
    ),
    Key(
        "screen",
        "U",
        "trash",
        "U",
        "trash: restore deleted runs, or remove them for good",
        group=LISTS,
    ),
    Key("events", "left,h", "fold", "h ←", "fold, or go to the parent"),
    Key("events", "right,l", "unfold", "l →", "unfold, or go to a child", "Unfold"),
    Key(
        "screen",
        "slash",
        "find",
        "/",
        "search in the run; an empty text ends the search",
        "Search",
        True,
        EVENTS,
    ),
    Key(
        "screen",
        "colon",
        "go_to",
        ":",
        "go to an event: 57, 14:03, +90s, -5m, 50%; else a command",
        priority=True,
        group=EVENTS,
    ),
    Key(
        "screen",
        "ampersand",
        "filter",
        "&",
        "filter the events; no text shows all",
        "Filter",
        True,
        EVENTS,
    ),
    Key(
        "screen",
        "F",
        "filter_presets",
        "F",
        "filter: errors, tool calls, messages, slow, your own, and others",
        group=EVENTS,
    ),
    Key(
        "screen",
        "ctrl+f",
        "toggle_filter",
        "ctrl+f",
        "switch the filter off, and on again",
        group=EVENTS,
    ),
    Key("screen", "n", "find_next(1)", "n", "next match", group=EVENTS),
    Key("screen", "N", "find_next(-1)", "N", "previous match", group=EVENTS),
    Key("screen", "e", "next_error(1)", "e", "next error", group=EVENTS),
    Key("screen", "E", "next_error(-1)", "E", "previous error", group=EVENTS),
    Key(
        "screen",
        "f",
        "follow",
        "f",
        "follow the newest event, or stop following",
        "Follow",
        group=EVENTS,
    ),
    Key("screen", "s", "order", "s", "causal order / file order", group=EVENTS),
    Key(
        "screen",
        "t",
        "times",
        "t",
        "time: clock, since start, since previous",
        group=EVENTS,
    ),
    Key("screen", "m", "bookmark", "m", "bookmark the event, or not", group=EVENTS),
    Key("screen", "apostrophe", "bookmarks", "'", "list bookmarks", group=EVENTS),
    Key("screen", "a", "note", "a", "write a note on the event", "", True, EVENTS),
    Key("detail", "down,j", "move(1)", "", ""),
    Key("detail", "up,k", "move(-1)", "", ""),
    Key("detail", "pagedown,space", "page(1)", "", ""),
    Key("detail", "pageup", "page(-1)", "", ""),
    Key("detail", "ctrl+d", "page(0.5)", "", ""),
    Key("detail", "ctrl+u", "page(-0.5)", "", ""),
    Key("detail", "home,g", "top", "", ""),
    Key("detail", "end,G", "to_end", "", ""),
    Key("detail", "enter", "toggle_fold", "enter", "fold or unfold a heading", "Fold"),
    Key("detail", "left,h", "fold", "h ←", "fold, or go to the outer heading"),
    Key("detail", "right,l", "unfold", "l →", "unfold"),
    Key("detail", "shift+right", "scroll_right", "shift+→", "scroll right"),
    Key("detail", "shift+left", "scroll_left", "shift+←", "scroll left"),
    Key("screen", "r", "form", "r", "view: rendered, plain, raw", "View", group=DETAIL),
    Key("screen", "w", "wrap", "w", "wrap long lines, on and off", group=DETAIL),
    Key(
        "screen",
        "y",
        "copy_menu",
        "y",
        "copy: a menu of arguments, result, text, ids …",
        "Copy",
        group=DETAIL,
    ),
    Key("screen", "o", "page_event", "o", "open in $PAGER", group=DETAIL),
    Key("screen", "ctrl+o", "edit_event", "ctrl+o", "open in $EDITOR", group=DETAIL),
    Key("screen", "Y", "copy_line", "Y", "copy the event's raw line", group=DETAIL),
    Key("screen", "ctrl+y", "copy_path", "ctrl+y", "copy the path", group=DETAIL),
    Key(
        "overview", "plus,equals_sign", "zoom_in", "+", "zoom in on the time", "Zoom in"
    ),
    Key("overview", "minus", "zoom_out", "-", "zoom out", "Zoom out"),
    Key(
        "overview", "0", "zoom_all", "0", "show the whole time of the run", "Whole run"
    ),
    Key(
        "overview-screen",
        "t",
        "slowest_calls",
        "t",
        "tool calls, slowest first; {open} on a table's line: its calls",
        priority=True,
    ),
    Key("overview-screen", "q,escape,i", "dismiss(None)", "q esc i", "back", "Back"),
    Key(
        "conversation-screen",
        "enter",
        "open",
        "enter",
        "go to the event of the message",
        "Go to event",
    ),
    Key(
        "conversation-screen",
        "slash",
        "find",
        "/",
        "search older messages",
        "Search",
        True,
    ),
    Key("conversation-screen", "n", "find_next(-1)", "n", "next older match"),
    Key("conversation-screen", "N", "find_next(1)", "N", "next newer match"),
    Key("conversation-screen", "y", "copy", "y", "copy the message", "Copy"),
    Key("conversation-screen", "q,escape,c", "dismiss", "q esc c", "back", "Back"),
    Key("results", "d", "delete", "d", "delete the selected runs", "Delete"),
    Key("results", "x", "export", "x", "export the selected runs", "Export"),
    Key("results", "u", "undo", "u", "undo the last delete", "Undo"),
    Key(
        "results",
        "escape",
        "back",
        "esc",
        "clear the selection; stop the search; back",
        "Back",
    ),
    Key("results", "q", "dismiss(None)", "q", "back"),
    Key("find", "enter", "submit", "enter", "input line: enter the text", "Enter"),
    Key("find", "escape", "leave", "esc", "input line: close it", "Close"),
    Key("query", "enter", "submit", "enter", "query: apply it", "Apply"),
    Key("query", "escape", "leave", "esc", "query: close the line", "Close"),
    Key("query", "up", "history(1)", "↑", "query: an older one"),
    Key("query", "down", "history(-1)", "↓", "query: a newer one"),
    Key("query", "tab", "scope(1)", "tab", "search: run, thread, all threads"),
    Key("query", "shift+tab", "scope(-1)", "", ""),
    Key(
        "query",
        "ctrl+@,ctrl+space",
        "complete",
        "ctrl+space",
        "query: list fields and values",
    ),
    Key("confirm", "y", "answer(True)", "y", "question: yes, after a pause of 0.4 s"),
    Key(
        "confirm", "enter,n,escape,q", "answer(False)", "enter esc n q", "question: no"
    ),
    Key("menu", "escape,q", "dismiss(None)", "esc q", "menu: close it"),
    Key(
        "findings",
        "escape,q,exclamation_mark",
        "dismiss(None)",
        "esc q !",
        "faults: close; {open} goes to the row",
    ),
    Key("bookmarks", "d", "remove", "d", "bookmarks: remove one; its note stays"),
    Key("bookmarks", "escape,q,apostrophe", "close", "esc q '", "bookmarks: close"),
    Key("trash", "d", "remove(False)", "d", "trash: remove for good (asks first)"),
    Key("trash", "D", "remove(True)", "D", "trash: empty it (asks first)"),
    Key(
        "trash", "escape,q,U", "close", "esc q U", "trash: close; {open} restores a run"
    ),
    Key(
        "help",
        "slash",
        "filter",
        "/",
        "help: show only the lines that contain some words",
        priority=True,
    ),
    Key(
        "help",
        "escape,q,question_mark,f1",
        "close",
        "esc q ?",
        "help: show all lines again, or close",
    ),
    Key(
        "screen",
        "escape",
        "back",
        "esc",
        "clear the selection or the filter, or go back; does not quit",
    ),
    Key("screen", "tab", "next_pane(1)", "tab", "next pane", "Pane"),
    Key("screen", "shift+tab", "next_pane(-1)", "shift+tab", "previous pane"),
    Key("screen", "1", "pane('threads')", "1", "threads"),
    Key("screen", "2", "pane('runs')", "2", "runs of the thread"),
    Key("screen", "3", "pane('events')", "3", "events of the run"),
    Key("screen", "4", "pane('detail')", "4", "the event in full"),
    Key("screen", "z", "zoom", "z", "zoom the pane to the whole screen, and back"),
    Key("screen", "less_than_sign", "resize(-4)", "<", "narrower lists"),
    Key("screen", "greater_than_sign", "resize(4)", ">", "wider lists"),
    Key("screen", "i", "overview", "i", "overview of the run", "Overview"),
    Key(
        "screen",
        "c",
        "conversation",
        "c",
        "the thread as a conversation",
        "Conversation",
    ),
    Key("screen", "x", "export", "x", "export: a menu of formats, then the file"),
    Key("screen", "exclamation_mark", "faults", "!", "faults in the run's file"),
    Key("screen", "ctrl+r", "reload", "ctrl+r", "scan the disk again", "Scan again"),
    Key(
        "app",
        "ctrl+p",
        "command_palette",
        "ctrl+p",
        "command palette: commands and themes",
    ),
    Key("app", "question_mark,f1", "help", "? F1", "this help", "Help"),
    Key("app", "ctrl+z", "suspend_process", "ctrl+z", "suspend; fg resumes"),
    Key("app", "q,ctrl+c,ctrl+q", "quit", "q ctrl+c ctrl+q", "quit", "Quit"),
    Key("text", "down,j", "scroll_by(1)", "", ""),
    Key("text", "up,k", "scroll_by(-1)", "", ""),
    Key("text", "pagedown,space", "page(1)", "", ""),
    Key("text", "pageup", "page(-1)", "", ""),
    Key("text", "ctrl+d", "page(0.5)", "", ""),
    Key("text", "ctrl+u", "page(-0.5)", "", ""),
    Key("text", "home,g", "top", "", ""),
    Key("text", "end,G", "to_end", "", ""),
    Key("text", "right", "scroll_right", "", ""),
    Key("text", "left", "scroll_left", "", ""),
)
