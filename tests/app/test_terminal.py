from __future__ import annotations

import base64
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal

ENTERS = b"\x1b[?1049h"
LEAVES = b"\x1b[?1049l"
ENTER, ESCAPE, F9 = "\r", "\x1b", "\x1b[20~"
CTRL_C, CTRL_P, CTRL_Q, CTRL_R, CTRL_Y = "\x03", "\x10", "\x11", "\x12", "\x19"

CRASHING = """
import sys
from pathlib import Path
from whitetail import app, cli

class Crashing(app.WhitetailApp):
    CSS_PATH = Path(app.__file__).with_name("app.tcss")
    BINDINGS = [("f9", "fail")]

    def action_fail(self):
        raise RuntimeError("on purpose")

app.WhitetailApp = Crashing
cli.main(sys.argv[1:])
"""

HOSTILE = (
    "A\x1b[1337mB\x1b]52;c;cHduZWQ=\x07C\x1b]0;pwned\x07D\x1b]8;;http://pwned\x1b\\E"
    "\x1bPpwned\x1b\\\x1b_pwned\x1b\\\x9b1337m\x9d52;c;cHduZWQ=\x9c\x90pwned\x9c"
    "\u202eF\u2066G\x00\x07\x08\x0e\x0f\x7f\x85\u2028[/][@click=app.quit]x[/][red]["
    "\r\n\t$text-muted pwned"
)
FORBIDDEN = [
    *(b"\x1b[1337", b"\x1b]0", b"\x1b]52", b"\x1b]8", b"\x1bP", b"\x1b_"),
    *(b"\x00", b"\x07", b"\x0e", b"\x0f", b"\x7f"),
    *(chr(code).encode() for code in range(0x80, 0xA0)),
    *(
        each.encode()
        for each in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
    ),
    b"\xed\xa0\x80",
]

NEWEST = "4 Event 16 "
"""The title of the event at which a hostile run opens."""


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    tree = Disk(tmp_path)
    tree.write_run("old", "r", "an old question", "an old answer", age=9_000)
    tree.write_run("new", "r", "a new question", "a new answer", age=4_000)
    return tree


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def whitetail(*arguments: str | Path, forked: bool = True, **changes: Any) -> Terminal:
    return Terminal([*WHITETAIL, *map(str, arguments)], forked=forked, **changes)


def answer_yes(terminal: Terminal, until: str) -> None:
    """Answer a question about deleting with yes, and wait until a text is written."""
    since = len(terminal.written)
    terminal.answer("y", lambda: terminal.written.find(until.encode(), since) >= 0)


def all_handled(terminal: Terminal) -> None:
    """Wait until all typed keys are handled, by opening and closing the help."""
    terminal.press("?")
    # A notification can cover the lower border.
    terminal.wait_until(lambda: terminal.shows("╭─ Help"))
    terminal.press(ESCAPE)
    terminal.wait_until(lambda: not terminal.shows("╭─ Help"))


def event_shown(terminal: Terminal) -> list[str]:
    """Return the lines of the event pane and below. Empty if it is not visible."""
    lines = terminal.screen()
    start = next((n for n, line in enumerate(lines) if "4 Event" in line), len(lines))
    return lines[start:]


def press_for_change(terminal: Terminal, key: str) -> None:
    """Type a key, and wait until the event pane shows something else."""
    before = event_shown(terminal)
    terminal.press(key)
    terminal.wait_until(lambda: event_shown(terminal) != before)


def test_q_restores_the_terminal(tree: Disk) -> None:
    with whitetail(tree.base, forked=False) as terminal:
        terminal.wait_for("a new answer")
        terminal.press("q")
        assert terminal.finish() == 0
    assert LEAVES in terminal.written
    assert terminal.written.endswith(b"\n") or LEAVES in terminal.written[-400:]


@pytest.mark.parametrize(
    ("before", "shows", "key"),
    [
        pytest.param("", "", CTRL_C, id="lists"),
        pytest.param("d", " cancels", CTRL_C, id="dialog"),
        pytest.param("?", "/ filters", CTRL_C, id="help"),
        pytest.param("/", "a query such as", f"d{CTRL_Q}", id="narrow"),
        pytest.param(CTRL_P, "Search for commands", CTRL_Q, id="palette"),
    ],
)
def test_the_keys_that_quit_work_on_every_screen(
    tree: Disk, before: str, shows: str, key: str
) -> None:
    with whitetail(tree.base) as terminal:
        terminal.wait_for("a new answer")
        if before:
            terminal.press(before, until=shows)
        terminal.press(key)
        assert terminal.finish() == 0
    assert LEAVES in terminal.written
    assert tree.path("new", "r").exists()


def test_programs_of_tests_keep_nothing_in_the_home_folder_of_the_user(
    tree: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    with whitetail(tree.base) as terminal:
        terminal.wait_for("a new answer")
        terminal.press("q")
        assert terminal.finish() == 0
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_quits_as_a_key_does(tree: Disk, number: signal.Signals) -> None:
    with whitetail(tree.base) as terminal:
        terminal.wait_for("a new answer")
        terminal.press("2", "d", until=" deletes")
        answer_yes(terminal, "Deleted 1 run")
        assert not tree.path("new", "r").exists()
        terminal.process.send_signal(number)
        terminal.finish()
    assert LEAVES in terminal.written
    assert b"Traceback" not in terminal.written
    assert list(tree.base.joinpath(".trash").rglob("new.r.jsonl"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, None])
def test_a_demo_leaves_no_files(temporary: Path, number: signal.Signals | None) -> None:
    with whitetail("--demo", env={"TMPDIR": str(temporary)}) as terminal:
        terminal.wait_for("following")
        assert list(temporary.iterdir())
        if number is None:
            terminal.press(CTRL_C)
        else:
            terminal.process.send_signal(number)
        terminal.finish()
    assert LEAVES in terminal.written
    assert b"Traceback" not in terminal.written
    assert list(temporary.iterdir()) == []


def test_a_demo_shows_a_run_that_is_being_written(temporary: Path) -> None:
    with whitetail("--demo", env={"TMPDIR": str(temporary)}) as terminal:
        terminal.wait_for("following")
        terminal.press("q")
        assert terminal.finish() == 0


def test_a_crash_writes_a_report_and_prints_one_line(
    tree: Disk, temporary: Path
) -> None:
    script = tree.base / "crashing.py"
    script.write_text(CRASHING)
    argv = [sys.executable, str(script), str(tree.base)]
    with Terminal(argv, env={"TMPDIR": str(temporary)}) as terminal:
        terminal.wait_for("a new answer")
        terminal.press(F9)
        assert terminal.finish() == 1
    [report] = temporary.iterdir()
    assert report.name.startswith("whitetail-crash-")
    traceback = report.read_text()
    assert "RuntimeError: on purpose" in traceback
    assert "in action_fail" in traceback
    text = bytes(terminal.written).rpartition(LEAVES)[2].decode()
    assert f"whitetail crashed: RuntimeError; the crash report is {report}" in text
    assert "Traceback" not in text


def test_quitting_during_the_start_is_no_crash(tree: Disk, temporary: Path) -> None:
    for _ in range(4):
        env = {"TMPDIR": str(temporary)}
        with whitetail(tree.base, env=env, forked=False) as terminal:
            terminal.wait_for("1 Threads")
            terminal.press("q")
            assert terminal.finish() == 0
    assert list(temporary.iterdir()) == []


def test_standard_output_may_be_redirected(tree: Disk) -> None:
    argv = ["sh", "-c", 'exec "$0" -m whitetail "$1" >/dev/null']
    with Terminal([*argv, sys.executable, str(tree.base)]) as terminal:
        terminal.wait_for("a new answer")
        terminal.press("q")
        assert terminal.finish() == 0


def test_every_size_of_the_terminal_is_drawn(tree: Disk) -> None:
    with whitetail(tree.base, columns=80, rows=24) as terminal:
        terminal.wait_for("a new answer")
        for columns, rows in [(60, 15), (200, 50), (20, 5), (80, 24)]:
            terminal.resize(columns, rows)
            terminal.wait_until(lambda: terminal.shows("─ 1 T"))
        terminal.wait_until(lambda: terminal.shows("a new question"))
        terminal.press("3", "g", "4")
        terminal.press("q")
        assert terminal.finish() == 0


def test_every_pane_can_be_read_in_60_columns_and_15_rows(tree: Disk) -> None:
    with whitetail(tree.base, columns=60, rows=15) as terminal:
        terminal.wait_for("2 Runs")
        terminal.wait_for("an old quest")
        terminal.press("3", until="a new answer")
        terminal.press("4", until="4 Event")
        terminal.press("2", until="an old quest")


def test_a_stopped_program_continues_and_shows_new_events(tree: Disk) -> None:
    with whitetail(tree.base) as terminal:
        terminal.wait_for("a new answer")
        terminal.stop()
        tree.add_reply("new", "r", "while you were away")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("while you were away")
        terminal.press("q")
        assert terminal.finish() == 0


def test_sigcont_without_a_stop_changes_nothing(tree: Disk) -> None:
    with whitetail(tree.base) as terminal:
        terminal.wait_for("a new answer")
        terminal.process.send_signal(signal.SIGCONT)
        all_handled(terminal)
        assert terminal.written.count(ENTERS) == 1
        terminal.press("q")
        assert terminal.finish() == 0


def hostile_tree(folder: Path) -> Disk:
    """Write a tree in which every text field contains control sequences."""
    name = f"evil{HOSTILE}".replace("/", "|").replace("\x00", "")[:120]
    base = folder / name
    base.mkdir()
    tree = Disk(base)
    tree.write_run("calm", "r", HOSTILE, HOSTILE, age=500)
    tree.write_run("evil", "r1", HOSTILE, HOSTILE, age=400, ended=False)
    add_hostile_events(tree, "evil", "r1")
    for path in (tree.threads / f"t{name}" / "runs", tree.threads / "evil" / "runs"):
        path.mkdir(parents=True, exist_ok=True)
        (path / f"r{name}.jsonl").write_bytes(tree.path("calm", "r").read_bytes())
    return tree


def add_hostile_events(tree: Disk, thread: str, run: str) -> None:
    evil: Any = {HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}], "type": HOSTILE}
    half = "half \ud800 of a character"
    call = {"name": HOSTILE, "args": {HOSTILE: HOSTILE, "x": half}, "id": HOSTILE}
    reply: dict[str, Any] = {
        "type": "ai",
        "content": HOSTILE,
        "tool_calls": [call, call],
    }
    reply["additional_kwargs"] = {"reasoning_content": HOSTILE}
    reply["response_metadata"] = {"model_name": HOSTILE, "finish_reason": HOSTILE}
    result = {"type": "tool", "name": HOSTILE, "content": HOSTILE, "status": "error"}
    blocks = [{"type": "text", "text": HOSTILE}, {"type": HOSTILE, HOSTILE: HOSTILE}]
    changes = {"files": [{"path": HOSTILE, "diff": HOSTILE, "status": HOSTILE}]}
    step = {"kind": "tool", "tool_name": HOSTILE, "text": HOSTILE, **evil}
    todos = {"action": HOSTILE, "changes": {"tool": HOSTILE, HOSTILE: HOSTILE}}
    for kind, content in [
        ("llm.ai.response", reply),
        ("llm.ai.response", {"type": "ai", "content": blocks}),
        ("llm.tool.result", result),
        ("llm.human.input", {"type": "human", "content": half}),
        ("subagent.start", {"description": HOSTILE}),
        ("subagent.step", step),
        ("subagent.end", {"status": HOSTILE, "error": HOSTILE, "result": HOSTILE}),
        (f"middleware:{HOSTILE}", todos),
        ("context:memory", {"content_sha256": HOSTILE}),
        ("run.delivery", {"paths": [HOSTILE], "presented": HOSTILE}),
        ("workspace_changes", HOSTILE),
        ("llm.error", HOSTILE),
        ("run.error", HOSTILE),
        ("run.end", {"messages": [HOSTILE, evil], "title": HOSTILE}),
        (HOSTILE, evil),
        (HOSTILE, HOSTILE),
        ("llm.ai.response", {"type": "ai", "content": HOSTILE * 8_000}),
    ]:
        metadata = {
            "caller": f"subagent:{HOSTILE}",
            "error_type": HOSTILE,
            HOSTILE: HOSTILE,
        }
        tree.add_event(
            thread, run, kind, content, {**metadata, "workspace_changes": changes}
        )
    path = tree.path(thread, run)
    lines = path.read_bytes().splitlines(keepends=True)
    with path.open("ab") as file:
        for line in lines:
            # As DeerFlow writes it: without escapes for what is not ASCII.
            record = {**json.loads(line), "created_at": HOSTILE, HOSTILE: HOSTILE}
            text = json.dumps(record, ensure_ascii=False)
            file.write(text.encode("utf-8", "surrogatepass") + b"\n")
        file.write(HOSTILE.replace("\n", "").encode() + b"\xff\xed\xa0\x80\n")
        file.write(b'{"seq": 1, "event_type": "' + HOSTILE.encode()[:60] + b'"}\n')
    os.utime(path)


def clean(terminal: Terminal) -> None:
    """Assert that no control sequence of the payload has reached the terminal."""
    # Textual sets the shape of the mouse pointer itself.
    written = re.sub(rb"\x1b\]22;[a-z]*\x07", b"", terminal.written)
    found = {each for each in FORBIDDEN if each in written}
    assert found == set(), [
        written[max(0, written.find(each) - 40) :][:80] for each in found
    ]
    assert terminal.process.poll() is None, "\n".join(terminal.screen())


def test_no_text_of_a_run_controls_the_terminal(tmp_path: Path) -> None:
    tree = hostile_tree(tmp_path)
    with whitetail(tree.base.parent, columns=150, rows=45) as terminal:
        terminal.wait_for(NEWEST)
        terminal.press("j", "k", "2", "3")
        for _ in range(2):
            terminal.press("g")
            terminal.wait_until(lambda: terminal.shows("4 Event 1 "))
            while not any("not JSON" in line for line in event_shown(terminal)):
                press_for_change(terminal, "j")
            press_for_change(terminal, "r")
        clean(terminal)
        for columns, rows in [(200, 50), (70, 20), (150, 45)]:
            for keys in ["4G", "g wl", "lhg", "rt3G", "keE"]:
                terminal.press(*keys)
                all_handled(terminal)
            terminal.resize(columns, rows)
            terminal.wait_until(lambda: terminal.shows("4 Event"))
        clean(terminal)
        for text in ("no such thing", f"\x1b[200~{HOSTILE}\x1b[201~"):
            terminal.press("/", until="search in this run")
            terminal.press(text, ENTER, until="No match for ")
            terminal.wait_until(lambda: not terminal.shows("search in this run"))
        all_handled(terminal)
        terminal.press(CTRL_P, until="Search for commands")
        terminal.press("theme", until="Change the current theme")
        terminal.press(ESCAPE)
        terminal.wait_until(lambda: not terminal.shows("Change the current theme"))
        clean(terminal)


def test_no_text_of_a_deleted_run_controls_the_terminal(tmp_path: Path) -> None:
    tree = hostile_tree(tmp_path)
    path = tree.path("evil", "r1")
    with whitetail(tree.base.parent, columns=150, rows=45) as terminal:
        terminal.wait_for(NEWEST)
        terminal.press("d", until=" deletes")
        terminal.answer(ENTER, lambda: not terminal.shows("╭─ Delete"))
        terminal.press("2", "d", until=" deletes")
        terminal.answer("y", lambda: not path.exists())
        tree.add_reply("evil", "r1", HOSTILE)
        terminal.wait_for("Written again after the delete")
        terminal.press("u", until="not restored")
        clean(terminal)
        terminal.press("d", until=" deletes")
        answer_yes(terminal, "Deleted 1 run")
        terminal.press("u", until="Restored 1 run")
        clean(terminal)
        terminal.press("q")
        assert terminal.finish() == 0


def test_no_copied_text_controls_the_terminal(tmp_path: Path) -> None:
    tree = hostile_tree(tmp_path)
    with whitetail(tree.base.parent, columns=150, rows=45) as terminal:
        terminal.wait_for(NEWEST)
        terminal.press("3", "g")
        terminal.wait_until(lambda: terminal.shows("4 Event 1 "))
        terminal.press("j", until="4 Event 2 ")
        terminal.press("Y", until=" the raw line to ")
        terminal.press(CTRL_Y, until=" the path to ")
        # The last one: a letter right behind one that closed a menu is ignored.
        terminal.press("ye", until=" the event to ")
        copies = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.written)
        assert len(copies) == 3
        for copy in copies[::2]:
            text = base64.b64decode(copy).decode()
            assert text.replace("\n", "").isprintable()
        assert terminal.process.poll() is None


def test_no_path_controls_the_terminal(tmp_path: Path) -> None:
    tree = hostile_tree(tmp_path)
    for path in tree.threads.rglob("*.jsonl"):
        path.unlink()
    tree.base.joinpath(".trash").write_text("in the way")
    with whitetail(tree.base.parent, columns=200) as terminal:
        terminal.wait_for("No runs yet")
        clean(terminal)
        tree.write_run("calm", "r", HOSTILE)
        terminal.wait_until(lambda: terminal.shows("2 Runs"))
        terminal.press("1", "d", until=" deletes")
        answer_yes(terminal, "Nothing was deleted")
        tree.threads.rename(tree.base / "aside")
        tree.threads.symlink_to(tree.threads)
        terminal.press(CTRL_R, until="Too many levels")
        clean(terminal)


def test_a_path_that_is_not_unicode_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"half \xff of a character")
    folder.mkdir()
    Disk(folder).write_run("t", "r", "a question")
    with whitetail(folder) as terminal:
        terminal.wait_for("4 Event 3 ")
        terminal.press(CTRL_Y, until=" the path to ")
        terminal.press("q")
        assert terminal.finish() == 0
