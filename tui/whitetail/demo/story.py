"""The words in which a demo thread is told: turns, replies, tool calls, errands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call and what came back."""

    name: str
    args: Mapping[str, Any]
    gives: str = "OK"
    took: float = 0.1
    """Seconds."""
    ok: bool = True
    denied: str = ""
    """Why a guardrail stopped it, if one did; nothing comes back then."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A `task` call: what a subagent was sent for, and what it did."""

    description: str
    prompt: str
    steps: tuple[Ask | Say, ...]
    """The last one is what it brings back."""
    failure: str = ""
    """Why it came back with nothing, if it did."""
    timed_out: bool = False
    """Whether that was since it took too long."""

    name: ClassVar = "task"

    @property
    def args(self) -> Mapping[str, Any]:
        """What the call says."""
        return {
            "description": self.description,
            "prompt": self.prompt,
            "subagent_type": "general-purpose",
        }


@dataclass(frozen=True, slots=True)
class Ask:
    """A reply that calls tools, all of them at once."""

    calls: tuple[Call | Errand, ...]
    say: str = ""
    think: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """A reply that calls nothing."""

    say: str
    think: str = ""


@dataclass(frozen=True, slots=True)
class Stumble:
    """A model call that failed; the next step is the second try."""

    error: str
    took: float = 2.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that a run left other than it was; None is no file."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt and the run that answers it."""

    prompt: str
    steps: tuple[Ask | Say | Stumble, ...]
    changes: tuple[Change, ...] = ()
    fault: str = ""
    """What `run.error` says, where the run failed."""
    died: bool = False
    """Whether the process died before the last rows were written."""
    guarded: bool = False
    """Whether a guardrail is asked before every call, and each time writes so."""
    after: float = 0.0
    """Seconds between the end of the turn before and this one's start."""


@dataclass(frozen=True, slots=True)
class Tale:
    """A thread."""

    title: str
    turns: tuple[Turn, ...]
    ago: float = 0.0
    """Hours between its start and now."""
    model: str = "antler-large-2"
    memory: str = "The person likes short answers, dry humour and sources."
    blocks: bool = False
    """Whether the prompts are lists of blocks instead of plain text."""


def ask(*calls: Call | Errand, say: str = "", think: str = "") -> Ask:
    """Return a reply that calls several tools at once."""
    return Ask(calls, say, think)


def shell(command: str, gives: str, what: str, took: float = 1.4) -> Call:
    """Return a `bash` call."""
    return Call("bash", {"description": what, "command": command}, gives, took)


def read(path: str, gives: str, what: str) -> Call:
    """Return a `read_file` call."""
    return Call("read_file", {"description": what, "path": path}, gives, 0.05)


def write(path: str, text: str, what: str) -> Call:
    """Return a `write_file` call."""
    return Call("write_file", {"description": what, "path": path, "content": text})


def swap(path: str, old: str, new: str, what: str) -> Call:
    """Return a `str_replace` call."""
    args = {"description": what, "path": path, "old_str": old, "new_str": new}
    return Call("str_replace", args)


def present(*paths: str) -> Call:
    """Return a `present_files` call."""
    gives = "Successfully presented files"
    return Call("present_files", {"filepaths": list(paths)}, gives, 0.02)


def search(query: str, *found: tuple[str, str, str]) -> Call:
    """Return a `web_search` call; each hit is a title, an address, a snippet."""
    hits = [dict(zip(("title", "url", "snippet"), hit, strict=True)) for hit in found]
    gives = json.dumps(hits, ensure_ascii=False, indent=2)
    return Call("web_search", {"query": query}, gives, 1.9)


def fetch(url: str, gives: str) -> Call:
    """Return a `web_fetch` call."""
    return Call("web_fetch", {"url": url}, gives, 2.6)


def todos(done: int, *items: str) -> Call:
    """Return a `write_todos` call with the first items done and the next begun."""
    states = ["completed"] * done + ["in_progress"] + ["pending"] * len(items)
    plan = [
        {"content": item, "status": state}
        for item, state in zip(items, states, strict=False)
    ]
    gives = f"Updated todo list to {plan}"
    return Call("write_todos", {"todos": plan}, gives, 0.02)
