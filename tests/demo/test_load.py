from __future__ import annotations

import json
from importlib.resources import as_file
from pathlib import Path

import pytest

from whitetail.demo.load import (
    FINISHED,
    LIVE,
    SCENARIOS,
    ScenarioError,
    load_scenario,
)
from whitetail.demo.scenario import Ask, Call, ModelError, Say, SubagentTask, Turn

HEAD = 'title = "Acorns"\nmodel = "antler"\nmemory = "Likes acorns."\n'
TURN = '[[turn]]\nprompt = "Count"\n'
CALL = '[[turn.step]]\n[[turn.step.call]]\ntool = "bash"\n'
STEP = '[[turn.step]]\nsay = "Twelve."\n'
NAMES = (*FINISHED, LIVE)


def load(tmp_path: Path, text: str) -> Turn:
    """Return the only turn of a scenario that is this TOML text."""
    (tmp_path / "acorns").mkdir(exist_ok=True)
    (tmp_path / "acorns" / "scenario.toml").write_text(text, "utf-8")
    (turn,) = load_scenario("acorns", tmp_path).turns
    return turn


def call_of(turn: Turn) -> Call:
    (step,) = turn.steps
    assert isinstance(step, Ask)
    (call,) = step.calls
    assert isinstance(call, Call)
    return call


def edited(turn: Turn, path: str, text: str | None) -> str | None:
    """Return what the calls of a turn make of a file's text."""
    for step in turn.steps:
        for call in step.calls if isinstance(step, Ask) else ():
            if call.args.get("path") != path:
                continue
            if call.tool == "write_file":
                text = call.args["content"]
            elif call.tool == "str_replace":
                assert text is not None
                assert text.count(call.args["old_str"]) == 1
                text = text.replace(call.args["old_str"], call.args["new_str"])
            elif call.tool == "read_file":
                assert isinstance(call, Call)
                assert call.result == text
    return text


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_file_is_what_the_calls_of_its_run_make_of_it(name: str) -> None:
    for turn in load_scenario(name).turns:
        for change in turn.changes:
            if change.after is not None:
                assert edited(turn, change.path, change.before) == change.after


def test_every_folder_of_scenarios_is_used() -> None:
    folders = [each.name for each in SCENARIOS.iterdir() if each.is_dir()]
    assert sorted(folders) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_of_a_scenario_is_used(name: str, tmp_path: Path) -> None:
    with as_file(SCENARIOS / name) as folder:
        toml = (folder / "scenario.toml").read_text("utf-8")
        files = [path for path in folder.rglob("*") if path.is_file()]
        names = {path.relative_to(folder).as_posix() for path in files}
    names.remove("scenario.toml")
    assert [each for each in names if f'"{each}"' not in toml] == []


def test_steps_are_replies_with_calls_replies_without_and_model_errors(
    tmp_path: Path,
) -> None:
    error = '[[turn.step]]\nmodel_error = "429"\nseconds = 9\n'
    turn = load(tmp_path, HEAD + TURN + error + STEP + CALL)
    assert turn.steps == (
        ModelError("429", 9.0),
        Say("Twelve."),
        Ask((Call("bash", {}, "OK", 1.4),)),
    )


def test_arguments_keep_their_order(tmp_path: Path) -> None:
    args = 'args.b = "x"\nargs.a = ["y"]\nargs.c = 3\n'
    call = call_of(load(tmp_path, HEAD + TURN + CALL + args))
    assert list(call.args.items()) == [("b", "x"), ("a", ["y"]), ("c", 3)]


def test_a_text_can_be_a_file_with_or_without_its_last_line_break(
    tmp_path: Path,
) -> None:
    (tmp_path / "acorns" / "logs").mkdir(parents=True)
    (tmp_path / "acorns" / "logs" / "a.txt").write_bytes("12 🌰\r\n\r\n".encode())
    texts = (
        'args.content = { file = "logs/a.txt" }\nresult = { output = "logs/a.txt" }\n'
    )
    call = call_of(load(tmp_path, HEAD + TURN + CALL + texts))
    assert call.args == {"content": "12 🌰\n\n"}
    assert call.result == "12 🌰\n"


def test_hits_are_the_result_of_a_web_search_as_json(tmp_path: Path) -> None:
    hit = '[[turn.step.call.hit]]\nurl = "https://oak"\ntitle = "Oak"\nsnippet = "🌰"\n'
    search = CALL.replace("bash", "web_search") + 'args.query = "acorns"\n'
    call = call_of(load(tmp_path, HEAD + TURN + search + hit))
    assert json.loads(call.result) == [
        {"title": "Oak", "url": "https://oak", "snippet": "🌰"}
    ]
    assert call_of(load(tmp_path, HEAD + TURN + search)).result == "[]"


def test_a_call_can_start_a_subagent_that_is_described_below(tmp_path: Path) -> None:
    text = (
        HEAD + TURN + '[[turn.step]]\n[[turn.step.call]]\nsubagent_task = "look"\n'
        '[subagent_task.look]\ndescription = "Look"\nprompt = "Look for acorns."\n'
        '[[subagent_task.look.step]]\nsay = "Twelve."\n'
    )
    (step,) = load(tmp_path, text).steps
    task = SubagentTask("Look", "Look for acorns.", (Say("Twelve."),))
    assert step == Ask((task,))


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("title = ", "", "is not valid TOML: "),
        (HEAD, "turn", "missing; expected a list of tables, [[turn]]"),
        (HEAD + TURN, "turn[1].step", "missing; expected a list of tables"),
        (HEAD + "[turn]\n", "turn", "expected a list of tables, [[turn]], not {}"),
        (TURN + STEP, "title", "missing; expected a text"),
        ("colour = 1\n" + HEAD + TURN + STEP, "colour", "unknown key"),
        (HEAD + TURN + "[[turn.step]]\n", "turn[1].step[1].say", "missing"),
        (
            HEAD + TURN + STEP + STEP + 'model_error = "429"\n',
            "turn[1].step[2].say",
            "unknown key",
        ),
        (
            HEAD + TURN + CALL + "seconds = true\n",
            "turn[1].step[1].call[1].seconds",
            "expected a number, not True",
        ),
        (
            HEAD + TURN + CALL + "args.content = {}\n",
            "turn[1].step[1].call[1].args.content.file",
            "missing",
        ),
        (
            HEAD + TURN + CALL + 'result = { file = "gone.txt" }\n',
            "turn[1].step[1].call[1].result",
            "the file gone.txt cannot be read",
        ),
        (
            HEAD + TURN + CALL.replace("tool", "subagent_task"),
            "turn[1].step[1].call[1].subagent_task",
            "'bash' is not a task that can be started here",
        ),
    ],
)
def test_an_error_names_the_file_the_key_and_the_problem(
    tmp_path: Path, text: str, key: str, problem: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, text)
    error = caught.value
    assert error.file == "acorns/scenario.toml"
    assert error.key == key
    assert error.problem.startswith(problem)
    assert str(error).startswith(f"acorns/scenario.toml: {key}")


def test_a_call_of_a_subagent_cannot_be_denied(tmp_path: Path) -> None:
    step = CALL.replace("turn.step", "subagent_task.look.step") + 'denied = "no"\n'
    task = '[subagent_task.look]\ndescription = "Look"\nprompt = "Look."\n'
    with pytest.raises(ScenarioError, match=r"look\.step\[1\]: a call of a subagent"):
        load(tmp_path, HEAD + TURN + STEP + task + step)


def test_a_scenario_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"gone/scenario\.toml: cannot be read"):
        load_scenario("gone", tmp_path)
