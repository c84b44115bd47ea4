from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.any_json import EVENT_TYPES, any_json
from tests.helpers.events import encoded, line, record
from tests.helpers.exported import MARK, hostile_files
from tests.helpers.redacted import KEY, redacted, redacted_event, words
from whitetail.export.redact.redactor import Redactor, redact_lines
from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode

SECRET = "Quarterly forecast of Blackwood Industries"


def reply(**content: Any) -> bytes:
    return line(1, content={"type": "ai", **content})


def call(**args: Any) -> dict[str, Any]:
    return {"name": "write_file", "id": "call_1", "args": args}


def result(text: str) -> str:
    content = {"content": text, "tool_call_id": "call_1", "status": "success"}
    event = redacted_event(line(1, event_type="llm.tool.result", content=content))
    found: str = event["content"]["content"]
    return found


def test_the_fields_of_an_event_stay() -> None:
    usage = {"input_tokens": 1200, "input_token_details": {"cache_read": 1100}}
    content = {
        "type": "ai",
        "id": "lc_run--019bf559",
        "response_metadata": {"model_name": "sre/gpt-5", "finish_reason": "stop"},
        "tool_calls": [{"name": "web_search", "id": "call_1", "type": "tool_call"}],
        "usage_metadata": usage,
    }
    metadata = {"caller": "subagent:general-purpose", "latency_ms": 12, "usage": usage}
    fields = record(7, content=content, metadata=metadata)
    assert redacted_event(encoded(fields)) == fields


def test_the_texts_are_replaced() -> None:
    content = {
        "type": "ai",
        "content": [{"type": "text", "text": SECRET}],
        "additional_kwargs": {"reasoning_content": SECRET},
        "tool_calls": [call(prompt=SECRET, **{SECRET: SECRET})],
    }
    [copy] = redacted(line(1, content=content, more={SECRET: SECRET}))
    assert not words([SECRET]) & words([copy.decode()])
    assert len(copy) == len(line(1, content=content, more={SECRET: SECRET}))


def test_the_same_text_has_the_same_filler() -> None:
    content = redacted_event(
        reply(content=SECRET, tool_calls=[call(prompt=SECRET), call(query=SECRET)])
    )["content"]
    first, second = (each["args"] for each in content["tool_calls"])
    assert content["content"] == first["prompt"] == second["query"] != SECRET


def test_each_export_has_another_key() -> None:
    lines = [reply(content=SECRET)]
    assert list(redact_lines(lines)) != list(redact_lines(lines))


def test_keys_of_arguments_are_replaced_but_those_of_tools() -> None:
    args = {"path": "/a", "customer": {"path": "x", "surname": "y"}, "todos": []}
    [copy] = redacted_event(reply(tool_calls=[call(**args)]))["content"]["tool_calls"]
    known, replaced = copy["args"], list(copy["args"])[1]
    assert list(known) == ["path", replaced, "todos"]
    assert replaced != "customer" and len(replaced) == 8
    assert [len(key) for key in known[replaced]] == [4, 7]
    assert "path" not in known[replaced]


def test_two_keys_stay_two_keys() -> None:
    args = {chr(code): code for code in range(ord("a"), ord("z") + 1)}
    [copy] = redacted_event(reply(tool_calls=[call(**args)]))["content"]["tool_calls"]
    assert len(copy["args"]) == 26


def test_values_of_arguments_keep_their_kinds() -> None:
    args: dict[str, Any] = {
        "a": 12,
        "b": True,
        "c": None,
        "d": 0.25,
        "e": [1, "x"],
        "f": {},
        "g": "",
    }
    [copy] = redacted_event(reply(tool_calls=[call(**args)]))["content"]["tool_calls"]
    assert list(map(type, copy["args"].values())) == list(map(type, args.values()))
    assert 10 <= next(iter(copy["args"].values())) < 100


def test_a_to_do_list_keeps_its_status() -> None:
    todos = [{"content": SECRET, "status": "in_progress"}, {"status": SECRET}]
    [copy] = redacted_event(reply(tool_calls=[call(todos=todos)]))["content"][
        "tool_calls"
    ]
    assert [each["status"] == "in_progress" for each in copy["args"]["todos"]] == [
        True,
        False,
    ]
    filled = result(f"Updated todo list to {todos[:1]}")
    content = copy["args"]["todos"][0]["content"]
    assert filled == (
        f"Updated todo list to [{{'content': '{content}', 'status': 'in_progress'}}]"
    )


def test_json_in_a_text_keeps_its_shape() -> None:
    inner = {"surname": "Blackwood", "ages": [17, 42], "ok": True, "x": [{}, None]}
    copy = json.loads(result(json.dumps(inner, indent=2)))
    assert list(map(type, copy.values())) == list(map(type, inner.values()))
    assert copy["ages" if "ages" in copy else list(copy)[1]] != [17, 42]
    assert "surname" not in copy and copy[list(copy)[2]] is True


def test_json_in_json_keeps_its_shape() -> None:
    inner = json.dumps({"surname": json.dumps(["Blackwood", 'a "quote"'])})
    [key] = copy = json.loads(result(inner))
    assert list(map(len, json.loads(copy[key]))) == [9, 9]


def test_the_hits_of_a_search_keep_their_keys() -> None:
    hits = [{"title": "Blackwood", "url": "https://blackwood.example", "rank": 1}]
    [copy] = json.loads(result(json.dumps(hits)))
    assert list(copy)[:2] == ["title", "url"]
    assert "rank" not in copy
    assert "://" in copy["url"] and "blackwood" not in copy["url"]


def test_the_beginning_of_a_text_has_the_beginning_of_its_filler() -> None:
    text = f"{SECRET} " * 400
    whole, beginning = result(text), result(text[:8192])
    assert len(beginning) == 8192
    assert whole.startswith(beginning)
    assert (
        result(f"Task Succeeded. Result: {text}") == f"Task Succeeded. Result: {whole}"
    )


def test_the_beginning_of_json_has_the_beginning_of_its_filler() -> None:
    for shift in range(8):
        values = ["x" * shift, 'a "word"\n' * 2000]
        text = json.dumps(values)
        assert result(text).startswith(result(text[:8192]))
        assert json.loads(result(text))[1].count('"') == 4000


def test_the_same_lines_have_the_same_filler() -> None:
    one = result("def deer():\n    return 1\n").split("\n")
    other = result("import os\ndef deer():\n    return 2\n").split("\n")
    assert one[0] == other[1]
    assert one[1] != other[2]


@pytest.mark.parametrize(
    "words_before",
    [
        *("Error:", "Guardrail denied:", "Task failed. Error: ", "Task timed out. "),
        *(
            "Task cancelled by user. Error: ",
            "Task Succeeded. Result: ",
            "Task failed.",
        ),
    ],
)
def test_the_words_that_decide_about_a_failure_stay(words_before: str) -> None:
    filled = result(f"{words_before}{SECRET}")
    assert filled.startswith(words_before)
    assert not words([SECRET]) & words([filled])


def test_the_reason_of_a_capped_task_is_replaced() -> None:
    filled = result("Task Succeeded (capped: Blackwood). Result: Blackwood")
    assert filled.startswith("Task Succeeded (capped: ")
    assert "). Result: " in filled and "Blackwood" not in filled


def test_a_path_keeps_its_depth_and_extension() -> None:
    path = "/mnt/user-data/outputs/Blackwood/forecast.html"
    args = {"path": path, "command": f"cat {path} | sort", "filepaths": [path]}
    copy = redacted_event(reply(tool_calls=[call(**args)]))["content"]["tool_calls"][0]
    filled = copy["args"]["path"]
    assert filled.startswith("/mnt/user-data/outputs/")
    assert filled.endswith(".html") and filled.count("/") == 5
    assert not words(["Blackwood forecast"]) & words([filled])
    assert copy["args"]["filepaths"] == [filled]
    assert filled in copy["args"]["command"]


def test_files_of_one_folder_stay_in_one_folder() -> None:
    one, other = (result(f"/srv/blackwood/{name}.txt") for name in ("one", "two"))
    assert one.rpartition("/")[0] == other.rpartition("/")[0] != "/srv/blackwood"
    assert one != other


def test_two_files_with_short_names_stay_two() -> None:
    names = [*map(chr, range(ord("a"), ord("z") + 1))]
    paths = [f"/mnt/user-data/outputs/{name}.py" for name in names] + names
    content = {"produced_paths": paths}
    event = redacted_event(line(1, event_type="run.delivery", content=content))
    found = event["content"]["produced_paths"]
    assert len(set(found)) == len(paths)
    assert found[0] == result(paths[0])
    assert found[0] == f"/mnt/user-data/outputs/{found[26]}.py"


def test_a_file_in_base64_keeps_its_type() -> None:
    data = "iVBORw0KGgoAAAANSUhEUgAA" * 10
    blocks = [
        {"type": "image", "mime_type": "image/png", "base64": data},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]
    first, second = redacted_event(reply(content=blocks))["content"]["content"]
    assert first["mime_type"] == "image/png"
    assert first["base64"].startswith("iVBORw0KGg") and first["base64"] != data
    assert second["image_url"]["url"] == f"data:image/png;base64,{first['base64']}"


@pytest.mark.parametrize(
    "name",
    [
        *("call the customer Blackwood", "anna@blackwood.example", "x" * 121),
        *("https://blackwood.example/mcp", "sk-proj-abcdefghijklmnop1234", "Änne"),
        *(
            "<script>",
            "[link]",
            "my_password_blackwood",
            "ghp_abcdefghijklmnopqrstuvwxyz",
            "a" * 70,
        ),
    ],
)
def test_a_name_that_is_none_is_replaced_the_same_everywhere(name: str) -> None:
    calls = redacted_event(reply(tool_calls=[{"id": name, "name": name, "args": {}}]))
    answer = redacted_event(
        line(2, event_type="llm.tool.result", content={"tool_call_id": name})
    )
    [made] = calls["content"]["tool_calls"]
    assert made["id"] == made["name"] == answer["content"]["tool_call_id"] != name


@pytest.mark.parametrize(
    "name",
    [
        *("call_v17do87t868d134", "acme__query_orders", "claude-sonnet@20250514", ""),
        *("accounts/fireworks/llama-v3:free", "local:438a9251-c570:c7345366"),
    ],
)
def test_a_name_is_kept(name: str) -> None:
    [made] = redacted_event(reply(tool_calls=[{"id": name, "name": name}]))["content"][
        "tool_calls"
    ]
    assert (made["id"], made["name"]) == (name, name)


def test_a_time_that_is_none_is_replaced() -> None:
    assert redacted_event(line(1, created_at=SECRET))["created_at"] != SECRET


def test_the_content_of_an_unknown_event_is_replaced() -> None:
    content = {"name": "Blackwood", "status": "Blackwood", "count": 4711}
    event = redacted_event(line(1, event_type="mystery", content=content))
    assert "Blackwood" not in str(event) and "4711" not in str(event)
    assert list(event["content"])[:2] == ["name", "status"]
    assert "count" not in event["content"]


def test_the_type_may_follow_the_content() -> None:
    fields = record(1, content={"type": "ai", "content": SECRET})
    late = dict(sorted(fields.items(), key=lambda each: each[0] == "event_type"))
    event = redacted_event(encoded(late))
    assert list(event["content"]) == ["type", "content"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"seq": 1, "event_type": "run.end", "content": "Blackwood forecast\n',
        b'{"seq": 1, "content": {"content": "Blackwood \\u00',
        b'{"seq": 1, "content": {"Blackwood": "forecast\\\n',
        b"Traceback: Blackwood forecast failed 4711 times\n",
        b'{"seq": 1, "event_type": "run.end", "content": Blackwood}\n',
        b'{"seq": 1, "event_type": "x", "content": "\\qBlackwood forecast"}\n',
        b'{"seq": 1, "event_type": "x", "content": "Blackwood \xe9\xff forecast"}\n',
        b'{"seq": 1, "event_type": "x", "content": "\\u00e9 \xff Blackwood"}\n',
        b'[{"seq": 1}, "Blackwood forecast"]\n',
        b'"Blackwood"\n',
        b"}}]],,:: Blackwood\n",
        b"\0\0\0Blackwood\n",
        b'{"seq": 0, "event_type": "x"}\n',
        b'{"event_type": "x"}\n',
    ],
)
def test_a_line_that_is_no_event_stays_one(raw: bytes) -> None:
    [copy] = redacted(raw)
    assert len(copy) == len(raw)
    assert b"Blackwood" not in copy and b"forecast" not in copy
    for line_of_file in (raw, copy):
        with pytest.raises(CorruptLineError):
            decode(line_of_file)


def test_two_events_in_one_line_are_both_read_as_such() -> None:
    one, other = line(1).removesuffix(b"\n"), line(2)
    assert redacted(one + other) == [redacted(one)[0] + redacted(other)[0]]


def test_spaces_and_repeated_keys_stay() -> None:
    raw = b' { "seq":1,"seq" : 2 ,"event_type":"run.end"}\r\n'
    assert redacted(raw) == [raw]


def test_characters_stay_escaped_if_they_were() -> None:
    raw = rb'{"seq": 1, "content": "\u9e7f\ud83e\udd8c \u00e9 \/ \u2028 \ud800"}'
    [copy] = redacted(raw)
    assert len(copy) == len(raw) and copy.isascii() and copy != raw
    text = json.loads(raw)["content"]
    assert len(json.loads(copy)["content"]) == len(text)


def test_a_text_in_any_field_is_replaced(tmp_path: Path) -> None:
    lines = [
        each
        for path in hostile_files(tmp_path)
        for each in path.read_bytes().splitlines(keepends=True)
    ]
    assert any(MARK.encode() in each for each in lines)
    assert not any(MARK.encode() in each for each in redacted(*lines))


_any_event = st.builds(
    lambda kind, content, metadata: record(
        1, event_type=kind, content=content, metadata=metadata
    ),
    st.sampled_from(EVENT_TYPES),
    any_json(
        st.text(max_size=6) | st.sampled_from(["content", "args", "name", "text"])
    ),
    st.dictionaries(st.text(max_size=6), any_json(st.text(max_size=3)), max_size=3),
)


def shape(value: Any) -> Any:
    """Return a JSON value with lengths instead of texts."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return [(len(key), shape(each)) for key, each in value.items()]
    if isinstance(value, list):
        return list(map(shape, value))
    return type(value) if isinstance(value, int | float) else value


@given(_any_event)
def test_any_event_keeps_its_shape(fields: dict[str, Any]) -> None:
    copy = json.loads(Redactor(KEY).line(encoded(fields)))
    assert shape(copy) == shape(fields)


@given(st.binary(max_size=60))
def test_any_bytes_keep_their_length(raw: bytes) -> None:
    assert len(Redactor(KEY).line(raw)) == len(raw)
