"""Lays out the hand-off card of a subagent.

The card has the task, the steps, the subagent's end, and the result that the parent
received.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from whitetail.trace.handoff.handoff import (
    Handoff,
    Match,
    ReturnedResult,
    Step,
    SubagentEnd,
)
from whitetail.trace.message import Usage, usage_of
from whitetail.view import brief
from whitetail.view.brief import approx_size, plural
from whitetail.view.detail.arguments import LONG_TEXT_LINES, line_count
from whitetail.view.detail.results import json_or_text_parts
from whitetail.view.json_tree import text_lines
from whitetail.view.lists.event import summarize
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, indented_parts
from whitetail.view.text import one_line, sanitize
from whitetail.view.units import duration, time_of_day
from whitetail_store import RunEvent

_LONG_TEXT_CHARS = 6_000
_MAX_NAME_CHARS = 60
_MAX_DESCRIPTION_CHARS = 160


def handoff_block(handoff: Handoff, here: RunEvent) -> Block:
    """Return the card of a hand-off as a block for the event `here`."""
    heading: StyledLine = (("hand-off", "heading"), *handoff_title(handoff))
    return Block("hand-off", heading, partial(handoff_parts, handoff, here))


def handoff_title(handoff: Handoff) -> StyledLine:
    """Return the subagent's name, the description of the task, and the outcome."""
    spans: list[StyledSpan] = [
        (f" to {one_line(handoff.agent, _MAX_NAME_CHARS)}", "plain")
    ]
    if not handoff.agent:
        spans.clear()
    if handoff.description:
        spans.append(
            (f" “{one_line(handoff.description, _MAX_DESCRIPTION_CHARS)}”", "plain")
        )
    if outcome := _outcome(handoff):
        failed = handoff.end is not None and handoff.end.failed
        spans.append((f" · {outcome}", "error" if failed else "muted"))
    return tuple(spans)


def handoff_parts(handoff: Handoff, here: RunEvent | None = None) -> Iterator[Part]:
    """Yield the parts of the card.

    Texts of the event `here` are not repeated, because its sections show them.
    """
    yield _task_block(handoff, folded=here is not None)
    yield from _step_parts(handoff)
    yield from _end_parts(handoff, here)
    yield from _result_parts(handoff, here)


def _task_block(handoff: Handoff, *, folded: bool) -> Block:
    facts = [time_of_day(handoff.called_at)] if handoff.called_at is not None else []
    facts.append(approx_size(handoff.prompt) if handoff.prompt else "no prompt")
    heading: StyledLine = (("asked", "key"), (" · " + " · ".join(facts), "muted"))
    return Block("asked", heading, partial(_prompt, handoff), folded)


def _prompt(handoff: Handoff) -> Iterator[StyledLine]:
    # Names and descriptions that are too long for the heading.
    for text, max_chars in (
        (handoff.agent, _MAX_NAME_CHARS),
        (handoff.description, _MAX_DESCRIPTION_CHARS),
    ):
        if one_line(text, max_chars) != text:
            yield from text_lines(text, 2, "muted")
    yield from text_lines(handoff.prompt, 2, "prompt")


def _step_parts(handoff: Handoff) -> Iterator[Part]:
    steps = handoff.steps
    if not steps:
        if handoff.final:
            yield (("did", "key"), (" · no steps were written", "muted"))
        return
    failures = sum(step.failed for step in steps)
    heading: list[StyledSpan] = [
        ("did", "key"),
        (f" · {plural(len(steps), 'step')}", "muted"),
    ]
    if repeated := handoff.repeated_rows:
        heading.append((f" · {plural(repeated, 'row')} written twice", "error"))
    if failures:
        heading.append((f" · {failures:,} failed", "error"))
    if not handoff.final:
        heading.append((" · there may be more", "muted"))
    if not all(step.exact for step in steps):
        heading.append((" · ≤ means not later than", "muted"))
    yield Block("did", tuple(heading), partial(_step_lines, steps))


def _step_lines(steps: tuple[Step, ...]) -> Iterator[StyledLine]:
    for step in steps:
        summary = summarize(step.event)
        tone = "error" if step.failed else "plain"
        sign = "✗" if step.failed else summary.sign
        spans: list[StyledSpan] = [
            (f"  {_step_time(step)} ", "muted"),
            (f"{sign} ", tone),
        ]
        spans.append((sanitize(summary.summary), tone))
        if step.usage is not None:
            spans.append((f"  {_tokens(step.usage)}", "muted"))
        yield tuple(spans)


def _step_time(step: Step) -> str:
    """Return the time of a step, behind `≤` if the step was possibly earlier."""
    return f"{' ' if step.exact else '≤'}{time_of_day(step.time)}"


def _end_parts(handoff: Handoff, here: RunEvent | None) -> Iterator[Part]:
    end = handoff.end
    if end is None:
        if handoff.final:
            yield (("ended", "key"), (" · no end was written", "error"))
        return
    facts = [one_line(end.status, 40).replace("_", " ") or "no status"]
    if time_after_call := _time_after_call(handoff, end):
        facts.append(time_after_call)
    if (usage := usage_of(end.event)) is not None:
        facts.append(_tokens(usage))
    facts.append(approx_size(end.text) if end.text else "no text")
    if end.truncated:
        facts.append("truncated")
    tone = "error" if end.failed else "muted"
    heading: StyledLine = (("ended with", "key"), (" · " + " · ".join(facts), tone))
    if end.text and not _is_same(end.event, here):
        yield Block(
            "ended", heading, partial(_end_lines, end), folded=_is_long(end.text)
        )
    else:
        yield heading


def _end_lines(end: SubagentEnd) -> Iterator[StyledLine]:
    if end.failed:
        yield from text_lines(end.text, 2, "error")
    else:
        yield from text_lines(end.text, 2, marked=True)
    if end.truncated:
        yield ((f"  [truncated after {len(end.text):,} characters]", "muted"),)


def _time_after_call(handoff: Handoff, end: SubagentEnd) -> str:
    """Return the approximate duration of the task. Empty if unknown.

    It is approximate because the end of a subagent is written after it has ended.
    """
    if handoff.called_at is None or end.event.time is None:
        return ""
    seconds = end.event.time - handoff.called_at
    return f"~{duration(seconds)} after the call" if seconds >= 0 else ""


def _result_parts(handoff: Handoff, here: RunEvent | None) -> Iterator[Part]:
    returned, match = handoff.returned, handoff.match
    name: StyledSpan = ("the parent received", "key")
    if returned is None:
        if match is Match.NO_RESULT:
            yield (name, (" · nothing: no result was written", "error"))
        return
    tone = "error" if returned.failed or match is Match.TRUNCATED else "plain"
    heading: list[StyledSpan] = [name, (f" · {_comparison(handoff, returned)}", tone)]
    facts = [f"seq {returned.event.seq}"]
    if handoff.called_at is not None and returned.event.time is not None:
        seconds = returned.event.time - handoff.called_at
        facts += [f"{duration(seconds)} after the call"] if seconds >= 0 else []
    heading.append((" · " + " · ".join(facts), "muted"))
    if match is Match.SAME or not returned.text or _is_same(returned.event, here):
        yield tuple(heading)
        return
    yield Block(
        "received",
        tuple(heading),
        partial(_result_text_parts, returned),
        folded=_is_long(returned.text),
    )


def _result_text_parts(returned: ReturnedResult) -> Iterator[Part]:
    if returned.failed:
        return text_lines(returned.text, 2, "error")
    return indented_parts(json_or_text_parts(returned.text))


def _comparison(handoff: Handoff, returned: ReturnedResult) -> str:
    """Return how the received result differs from the text of the subagent's end."""
    match, kind = handoff.match, "an error" if returned.failed else ""
    sent, received = handoff.end.text if handoff.end else "", returned.text
    common = f"the first {handoff.common_chars:,}"
    if not received:
        return kind or "nothing: the result is empty"
    if match is Match.SAME:
        return "the same error, unchanged" if returned.failed else "the same text"
    if match is Match.TRUNCATED:
        more = "more than " if handoff.end and handoff.end.truncated else ""
        return _joined(kind, f"{common} of {more}{len(sent):,} characters")
    if match is Match.LONGER:
        text = f"all {len(received):,} characters; the text above has only {common}"
        return _joined(kind, text)
    if match is not Match.DIFFERENT:
        return _joined(kind, approx_size(received))
    if not sent:
        text = f"{approx_size(received)}; the end of the subagent has no text"
        return _joined(kind, text)
    if returned.failed:
        return f"an error with a different text: {brief.text(received)}"
    if handoff.common_chars < 20:
        return f"a different text: {len(received):,} characters, not {len(sent):,}"
    return (
        f"{common} of {len(sent):,} characters, then a different text"
        f" ({len(received):,} characters in total)"
    )


def _joined(kind: str, comparison: str) -> str:
    return f"{kind}: {comparison}" if kind else comparison


def _outcome(handoff: Handoff) -> str:
    """Return the outcome of the task in a word or two. Empty if it is still running."""
    if handoff.end is not None:
        return one_line(handoff.end.status, 40).replace("_", " ") or "ended"
    if handoff.returned is not None:
        return "failed" if handoff.returned.failed else "answered"
    return "no end was written" if handoff.final else ""


def _is_same(event: RunEvent, here: RunEvent | None) -> bool:
    return here is not None and event.seq == here.seq


def _tokens(usage: Usage) -> str:
    return f"{usage.input:,} in · {usage.output:,} out"


def _is_long(text: str) -> bool:
    return line_count(text) > LONG_TEXT_LINES or len(text) > _LONG_TEXT_CHARS
