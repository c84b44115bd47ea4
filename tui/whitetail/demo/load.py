"""Reads scenarios from their data files; `scenarios/README.md` describes the format."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from whitetail.demo.scenario import (
    Ask,
    Call,
    Change,
    ModelError,
    Say,
    Scenario,
    SubagentTask,
    Turn,
)

FINISHED = ("headlights", "burrow", "moss", "waking", "luyuan", "feeders")
"""Names of the scenarios whose runs are over, oldest first."""
LIVE = "night"
"""Name of the scenario that goes on while the demo runs."""
SCENARIOS = files("whitetail.demo") / "scenarios"
"""The folder with one folder per scenario."""

_FILE = "scenario.toml"
_SECONDS = {
    "bash": 1.4,
    "present_files": 0.02,
    "read_file": 0.05,
    "web_fetch": 2.6,
    "web_search": 1.9,
    "write_todos": 0.02,
}
"""Typical duration of a call of each tool."""
_OTHER_SECONDS = 0.1


class ScenarioError(ValueError):
    """A scenario's file is missing, is not valid TOML, or has a wrong key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(": ".join(part for part in (file, key, problem) if part))
        self.file = file
        """Path of the TOML file, relative to the folder of all scenarios."""
        self.key = key
        """Dotted key, list entries counted from 1. Empty for the file as a whole."""
        self.problem = problem


def load_scenario(name: str, scenarios: Traversable = SCENARIOS) -> Scenario:
    """Return the scenario that the subfolder `name` of `scenarios` describes.

    Raises:
        ScenarioError: A file is missing, or a key is missing, unknown or of the
            wrong type.

    """
    folder = scenarios / name
    file = f"{name}/{_FILE}"
    try:
        values = tomllib.loads((folder / _FILE).read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(file, "", "cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(file, "", f"is not valid TOML: {error}") from error
    return _scenario(_Table(folder, file, "", values))


class _Table:
    """A TOML table whose keys are read once each; `end` rejects all others."""

    def __init__(
        self, folder: Traversable, file: str, key: str, values: Mapping[str, Any]
    ) -> None:
        self._folder = folder
        self._file = file
        self._key = key
        self._values = dict(values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text: a string, or the content of a file beside the TOML file."""
        value = self._pop(key, (str, dict), "a text", default)
        return value if isinstance(value, str) else self._content(key, value)

    def optional_text(self, key: str) -> str | None:
        """Return a text, None if there is no such key."""
        return self.text(key) if key in self else None

    def number(self, key: str, default: float) -> float:
        return float(self._pop(key, (float, int), "a number", default))

    def flag(self, key: str) -> bool:
        """Return a boolean, False if there is no such key."""
        return bool(self._pop(key, (bool,), "true or false", False))

    def table(self, key: str) -> _Table:
        """Return a table, an empty one if there is no such key."""
        return self._table(key, self._pop(key, (dict,), "a table", {}))

    def tables(self, key: str, *, at_least: int = 0) -> list[_Table]:
        """Return the entries of a list of tables, `[[key]]`."""
        expected = f"a list of tables, [[{self._path(key)}]]"
        values = self._pop(key, (list,), expected, None if at_least else [])
        if len(values) < at_least or not all(type(each) is dict for each in values):
            raise self.error(key, f"expected {expected}")
        return [self._table(f"{key}[{n}]", each) for n, each in enumerate(values, 1)]

    def every_table(self) -> dict[str, _Table]:
        """Return all tables by key, in the order of the file."""
        return {key: self.table(key) for key in list(self._values)}

    def every_value(self) -> dict[str, Any]:
        """Return all values by key, in the order of the file."""
        return {
            key: self.text(key) if type(value) is dict else value
            for key, value in self._values.copy().items()
        }

    def end(self) -> None:
        """Check that no key is left."""
        for key in self._values:
            raise self.error(key, "unknown key")

    def error(self, key: str, problem: str) -> ScenarioError:
        return ScenarioError(self._file, self._path(key), problem)

    def _content(self, key: str, value: dict[str, Any]) -> str:
        source = self._table(key, value)
        printed = "output" in source
        name = source.text("output" if printed else "file")
        source.end()
        try:
            text = self._folder.joinpath(name).read_text("utf-8")
        except OSError as error:
            raise self.error(key, f"the file {name} cannot be read") from error
        return text.removesuffix("\n") if printed else text

    def _pop(
        self, key: str, kinds: tuple[type, ...], expected: str, default: Any
    ) -> Any:
        value = self._values.pop(key, default)
        if value is None:
            raise self.error(key, f"missing; expected {expected}")
        # Not isinstance: a bool is an int, but true is not a number of seconds.
        if type(value) not in kinds:
            raise self.error(key, f"expected {expected}, not {value!r}")
        return value

    def _table(self, key: str, values: Mapping[str, Any]) -> _Table:
        return _Table(self._folder, self._file, self._path(key), values)

    def _path(self, key: str) -> str:
        return f"{self._key}.{key}" if self._key else key


def _scenario(table: _Table) -> Scenario:
    tasks = {
        name: _subagent_task(task)
        for name, task in table.table("subagent_task").every_table().items()
    }
    scenario = Scenario(
        title=table.text("title"),
        turns=tuple(_turn(turn, tasks) for turn in table.tables("turn", at_least=1)),
        hours_ago=table.number("hours_ago", 0.0),
        model=table.text("model"),
        memory=table.text("memory"),
        prompt_as_blocks=table.flag("prompt_as_blocks"),
    )
    table.end()
    return scenario


def _turn(table: _Table, tasks: Mapping[str, SubagentTask]) -> Turn:
    turn = Turn(
        prompt=table.text("prompt"),
        steps=tuple(_step(step, tasks) for step in table.tables("step", at_least=1)),
        changes=tuple(_change(change) for change in table.tables("change")),
        run_error=table.text("run_error", ""),
        process_died=table.flag("process_died"),
        guarded=table.flag("guarded"),
        seconds_after=table.number("seconds_after", 0.0),
    )
    table.end()
    return turn


def _step(table: _Table, tasks: Mapping[str, SubagentTask]) -> Ask | Say | ModelError:
    if "model_error" not in table:
        return _reply(table, tasks)
    error = ModelError(table.text("model_error"), table.number("seconds", 2.0))
    table.end()
    return error


def _reply(table: _Table, tasks: Mapping[str, SubagentTask]) -> Ask | Say:
    calls = tuple(_call(call, tasks) for call in table.tables("call"))
    say = table.text("say", "" if calls else None)
    think = table.text("think", "")
    table.end()
    return Ask(calls, say, think) if calls else Say(say, think)


def _call(table: _Table, tasks: Mapping[str, SubagentTask]) -> Call | SubagentTask:
    if "subagent_task" in table:
        name = table.text("subagent_task")
        if name not in tasks:
            problem = f"{name!r} is not a task that can be started here"
            raise table.error("subagent_task", problem)
        table.end()
        return tasks[name]
    tool = table.text("tool")
    args = table.table("args").every_value()
    call = Call(
        tool=tool,
        args=args,
        result=_result(table, tool, args),
        seconds=table.number("seconds", _SECONDS.get(tool, _OTHER_SECONDS)),
        denied=table.text("denied", ""),
    )
    table.end()
    return call


def _result(call: _Table, tool: str, args: Mapping[str, Any]) -> str:
    """Return `result` or the text that DeerFlow's tool gives if it is left out."""
    if tool == "web_search":
        return json.dumps(_hits(call), ensure_ascii=False, indent=2)
    if tool == "write_todos":
        return call.text("result", f"Updated todo list to {args.get('todos')}")
    if tool == "present_files":
        return call.text("result", "Successfully presented files")
    return call.text("result", "OK")


def _hits(call: _Table) -> list[dict[str, str]]:
    hits = []
    for hit in call.tables("hit"):
        hits.append({key: hit.text(key) for key in ("title", "url", "snippet")})
        hit.end()
    return hits


def _subagent_task(table: _Table) -> SubagentTask:
    steps = tuple(_reply(step, {}) for step in table.tables("step", at_least=1))
    for number, step in enumerate(steps, 1):
        for call in step.calls if isinstance(step, Ask) else ():
            if isinstance(call, Call) and call.denied:
                problem = "a call of a subagent cannot be denied"
                raise table.error(f"step[{number}]", problem)
    task = SubagentTask(
        description=table.text("description"),
        prompt=table.text("prompt"),
        steps=steps,
        failure=table.text("failure", ""),
        timed_out=table.flag("timed_out"),
    )
    table.end()
    return task


def _change(table: _Table) -> Change:
    change = Change(
        table.text("path"),
        before=table.optional_text("before"),
        after=table.optional_text("after"),
    )
    table.end()
    return change
