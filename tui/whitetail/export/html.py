"""An export as one HTML page, without scripts and without anything from elsewhere.

Templates escape every text (autoescape of Jinja2). What is already markup comes from
`rich_text` and `markup`, which escape what they get. A Content-Security-Policy allows
the page's own style sheet and nothing else.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain, pairwise

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whitetail import __version__
from whitetail.export.cut import cut_text
from whitetail.export.document import Export, ExportedEvent, RunDocument
from whitetail.export.facts import evidence, facts, notes, title_of
from whitetail.export.markup import line_html, parts_html
from whitetail.export.rich_text import markdown_html
from whitetail.export.waterfall import Waterfall, waterfall
from whitetail.trace.handoff.handoff import handoffs
from whitetail.trace.message import prompt_of, text_of, tool_calls_of
from whitetail.trace.relatives import UNKNOWN_RELATIVES
from whitetail.trace.verdict.status import RunStatus
from whitetail.view import tools
from whitetail.view.conversation import Role, role_of
from whitetail.view.detail.document import event_parts
from whitetail.view.detail.handoff import handoff_parts, handoff_title
from whitetail.view.lists.event import EventSummary, summarize
from whitetail.view.text import sanitize
from whitetail.view.units import duration, moment, time_of_day
from whitetail_store import RunEvent

_CHUNK_CHARS = 1 << 16
_GROUP_EVENTS = 100
"""A browser lays out the events of a group at once, when one of them is shown."""
_STATUS_CLASSES = {
    RunStatus.ANSWERED: "good",
    RunStatus.DEGRADED: "doubtful",
    RunStatus.FAILED: "bad",
    RunStatus.CUT_OFF: "bad",
}


def chunks(export: Export) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    environment = _environment()
    style = (
        files("whitetail.export").joinpath("templates", "page.css").read_text("utf-8")
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    several = len(export.runs) > 1
    pieces = environment.get_template("page.html").generate(
        title=title_of(export),
        version=__version__,
        notes=list(notes(export.options)),
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'",
        runs=(
            RunPage(document, number, several=several)
            for number, document in enumerate(export.documents(), 1)
        ),
    )
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK_CHARS:
            yield "".join(waiting).encode("utf-8", "replace")
            waiting, size = [], 0
    yield "".join(waiting).encode("utf-8", "replace")


def _sanitized(value: object) -> object:
    """Sanitize each text that a template writes; markup has been when it was made."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return sanitize(str(value)) if is_text else value


@lru_cache(1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("whitetail.export"),
        autoescape=True,
        finalize=_sanitized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the conversation."""

    row: int
    role: str
    """`prompt`, `reply`, `failure`, or `calls` for a reply without text."""
    time: str
    body: Markup
    calls: list[str]


@dataclass(frozen=True, slots=True)
class Card:
    """A hand-off to a subagent."""

    row: int
    title: Markup
    body: Markup


@dataclass(frozen=True, slots=True)
class Node:
    """An event in the tree."""

    row: int
    summary: EventSummary
    time: str
    took: str
    note: str
    """The user's note on it."""
    body: Markup
    has_children: bool
    before: Markup
    """The tags in front of it: the beginning of a group."""
    behind: Markup
    """The tags behind it: the ends of groups, and of the events around it."""


class _Groups:
    """Groups neighbours of the tree, so that a browser lays out only those it shows."""

    def __init__(self) -> None:
        self._count = 0
        self._levels: list[tuple[int, bool]] = []
        """Of each level: the first event of its last group, and whether that has a tag.

        The first group of a level has none: most levels have few events.
        """

    def before(self, depth: int) -> Markup:
        """Return the tags in front of the next event."""
        tags = ""
        if depth == len(self._levels):
            self._levels.append((self._count, False))
        elif self._count - self._levels[depth][0] >= _GROUP_EVENTS:
            tags = "</div>" * self._levels[depth][1] + '<div class="group">'
            self._levels[depth] = (self._count, True)
        self._count += 1
        return Markup(tags)

    def behind(self, next_depth: int) -> Markup:
        """Return the tags behind an event; at the end, the next depth is -1."""
        tags = ""
        while len(self._levels) > next_depth + 1:
            tags += "</div>" * self._levels.pop()[1]
            tags += "</details>" * bool(self._levels)
        return Markup(tags)


class RunPage:
    """A run as the template needs it. What is long is made while it is written."""

    def __init__(self, document: RunDocument, number: int, *, several: bool) -> None:
        self._document = document
        self._max_bytes = document.options.max_bytes
        self._exported = set(document.rows)
        self.number = number
        """The run's number in the file, from 1."""
        self.several = several
        """Whether there are other runs in the file."""
        verdict = document.verdict
        self.status = str(verdict.status)
        self.status_class = _STATUS_CLASSES.get(verdict.status, "open")
        self.reason = " ".join(verdict.reason.split())
        self.facts = list(facts(document))
        self.evidence = [
            (self.anchor(found.row), *shown)
            for found, shown in zip(verdict.evidence, evidence(document), strict=True)
        ]

    def anchor(self, row: int) -> str | None:
        """Return the id of an event's element; None if it is not exported."""
        return f"r{self.number}e{row}" if row in self._exported else None

    @property
    def waterfall(self) -> Waterfall | None:
        """The drawing of the spans; None if the run has no times."""
        document = self._document
        return waterfall(document.spans, document.stats.spans.time_range)

    def conversation(self) -> Iterator[Message]:
        """Yield the messages that a conversation shows."""
        for row, event in self._document.conversation():
            if not isinstance(event, RunEvent):
                continue
            role, calls = role_of(event), list[str]()
            if role is None:
                continue
            shown = role.value
            if role is Role.PROMPT:
                body = self._text(prompt_of(event.content))
            elif role is Role.REPLY:
                text = text_of(event.content)
                body = self._text(text)
                calls = [tools.call(each) for each in tool_calls_of(event.content)]
                if calls and not text.strip():
                    shown = "calls"
            else:
                body = Markup("<p>{}</p>").format(summarize(event).summary)
            yield Message(row, shown, moment(event.time), body, calls)

    def cards(self) -> Iterator[Card]:
        """Yield the hand-offs to subagents."""
        document = self._document
        for row in document.task_rows():
            event = document.whole.event(row)
            if not isinstance(event, RunEvent):
                continue
            for task in handoffs(event, document.relatives(row)):
                body = parts_html(handoff_parts(task), self._max_bytes)
                yield Card(row, line_html(handoff_title(task)), body)

    def nodes(self) -> Iterator[Node]:
        """Yield the events of the tree, each before those below it."""
        groups = _Groups()
        events = chain(self._document.events(), [None])
        for each, following in pairwise(events):
            if each is not None:
                depth = -1 if following is None else following.depth
                yield self._node(each, depth, groups)

    def _node(self, each: ExportedEvent, next_depth: int, groups: _Groups) -> Node:
        event = each.event
        took = self._document.whole.outline.times.duration(each.row)
        return Node(
            each.row,
            summarize(event),
            time_of_day(event.time) if isinstance(event, RunEvent) else "",
            duration(took) if took == took else "",
            self._document.notes.get(each.row, ""),
            self._body(each),
            next_depth > each.depth,
            groups.before(each.depth),
            groups.behind(next_depth),
        )

    def _body(self, each: ExportedEvent) -> Markup:
        # Results are listed below their calls, and hand-offs have cards.
        return parts_html(event_parts(each.event, UNKNOWN_RELATIVES), self._max_bytes)

    def _text(self, text: str) -> Markup:
        return Markup("").join(markdown_html(cut_text(text, self._max_bytes)))
