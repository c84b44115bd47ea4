"""The card of a hand-off: what was asked, done, ended with, and received."""

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
from whitetail.view.brief import approx_size, plural, text
from whitetail.view.detail.arguments import LONG_TEXT_LINES, line_count
from whitetail.view.detail.results import json_or_text_parts
from whitetail.view.json_tree import text_lines
from whitetail.view.lists.event import summarize
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, indented_parts
from whitetail.view.text import one_line, sanitize
from whitetail.view.units import duration, time_of_day
from whitetail_store import RunEvent

_LONGEST = 6_000
_NAME = 60
_PURPOSE = 160


def handoff_block(handoff: Handoff, here: RunEvent) -> Block:
    """Return a hand-off as a block, to stand below what a row of it says itself."""
    heading: StyledLine = (("hand-off", "heading"), *handoff_title(handoff))
    return Block("hand-off", heading, partial(handoff_parts, handoff, here))


def handoff_title(handoff: Handoff) -> StyledLine:
    """Return to whom it went, what for, and how it ended."""
    spans: list[StyledSpan] = [(f" to {one_line(handoff.agent, _NAME)}", "plain")]
    if not handoff.agent:
        spans.clear()
    if handoff.description:
        spans.append((f" “{one_line(handoff.description, _PURPOSE)}”", "plain"))
    if how := _how(handoff):
        failed = handoff.end is not None and handoff.end.failed
        spans.append((f" · {how}", "error" if failed else "muted"))
    return tuple(spans)


def handoff_parts(handoff: Handoff, here: RunEvent | None = None) -> Iterator[Part]:
    """Yield what the card consists of; what the row `here` says is not repeated."""
    yield _asked(handoff, folded=here is not None)
    yield from _did(handoff)
    yield from _ended(handoff, here)
    yield from _received(handoff, here)


def _asked(handoff: Handoff, *, folded: bool) -> Block:
    facts = [time_of_day(handoff.called_at)] if handoff.called_at is not None else []
    facts.append(approx_size(handoff.prompt) if handoff.prompt else "no prompt")
    heading: StyledLine = (("asked", "key"), (" · " + " · ".join(facts), "muted"))
    return Block("asked", heading, partial(_prompt, handoff), folded)


def _prompt(handoff: Handoff) -> Iterator[StyledLine]:
    # What the heading has no room for.
    for told, most in ((handoff.agent, _NAME), (handoff.description, _PURPOSE)):
        if one_line(told, most) != told:
            yield from text_lines(told, 2, "muted")
    yield from text_lines(handoff.prompt, 2, "prompt")


def _did(handoff: Handoff) -> Iterator[Part]:
    steps = handoff.steps
    if not steps:
        if handoff.final:
            yield (("did", "key"), (" · nothing that was written", "muted"))
        return
    failures = sum(step.failed for step in steps)
    heading: list[StyledSpan] = [
        ("did", "key"),
        (f" · {plural(len(steps), 'step')}", "muted"),
    ]
    if failures:
        heading.append((f" · {failures:,} failed", "error"))
    if not handoff.final:
        heading.append((" · there may be more", "muted"))
    if not all(step.exact for step in steps):
        heading.append((" · ≤ is not later than", "muted"))
    yield Block("did", tuple(heading), partial(_steps, steps))


def _steps(steps: tuple[Step, ...]) -> Iterator[StyledLine]:
    for step in steps:
        told = summarize(step.event)
        tone = "error" if step.failed else "plain"
        sign = "✗" if step.failed else told.sign
        spans: list[StyledSpan] = [(f"  {_moment(step)} ", "muted"), (f"{sign} ", tone)]
        spans.append((sanitize(told.summary), tone))
        if step.usage is not None:
            spans.append((f"  {_tokens(step.usage)}", "muted"))
        yield tuple(spans)


def _moment(step: Step) -> str:
    """Return when a step was; `≤` before a time than which it was not later."""
    return f"{' ' if step.exact else '≤'}{time_of_day(step.time)}"


def _ended(handoff: Handoff, here: RunEvent | None) -> Iterator[Part]:
    ending = handoff.end
    if ending is None:
        if handoff.final:
            yield (("ended", "key"), (" · no last row was written", "error"))
        return
    facts = [one_line(ending.status, 40).replace("_", " ") or "no status"]
    if took := _took(handoff, ending):
        facts.append(took)
    if (usage := usage_of(ending.event)) is not None:
        facts.append(_tokens(usage))
    facts.append(approx_size(ending.text) if ending.text else "without a word")
    if ending.truncated:
        facts.append("cut here")
    tone = "error" if ending.failed else "muted"
    heading: StyledLine = (("ended with", "key"), (" · " + " · ".join(facts), tone))
    if ending.text and not _is(ending.event, here):
        yield Block(
            "ended", heading, partial(_ending, ending), folded=_is_long(ending.text)
        )
    else:
        yield heading


def _ending(ending: SubagentEnd) -> Iterator[StyledLine]:
    if ending.failed:
        yield from text_lines(ending.text, 2, "error")
    else:
        yield from text_lines(ending.text, 2, marked=True)
    if ending.truncated:
        yield ((f"  [{len(ending.text):,} characters; the rest isn't here]", "muted"),)


def _took(handoff: Handoff, ending: SubagentEnd) -> str:
    """Return about how long it took: its last row is written when it has ended."""
    if handoff.called_at is None or ending.event.time is None:
        return ""
    seconds = ending.event.time - handoff.called_at
    return f"~{duration(seconds)} after the call" if seconds >= 0 else ""


def _received(handoff: Handoff, here: RunEvent | None) -> Iterator[Part]:
    receipt, match = handoff.returned, handoff.match
    name: StyledSpan = ("the parent received", "key")
    if receipt is None:
        if match is Match.NO_RESULT:
            yield (name, (" · nothing: no result was written", "error"))
        return
    tone = "error" if receipt.failed or match is Match.TRUNCATED else "plain"
    heading: list[StyledSpan] = [name, (f" · {_comparison(handoff, receipt)}", tone)]
    facts = [f"seq {receipt.event.seq}"]
    if handoff.called_at is not None and receipt.event.time is not None:
        seconds = receipt.event.time - handoff.called_at
        facts += [f"{duration(seconds)} after the call"] if seconds >= 0 else []
    heading.append((" · " + " · ".join(facts), "muted"))
    if match is Match.SAME or not receipt.text or _is(receipt.event, here):
        yield tuple(heading)
        return
    yield Block(
        "received",
        tuple(heading),
        partial(_receipt, receipt),
        folded=_is_long(receipt.text),
    )


def _receipt(receipt: ReturnedResult) -> Iterator[Part]:
    if receipt.failed:
        return text_lines(receipt.text, 2, "error")
    return indented_parts(json_or_text_parts(receipt.text))


def _comparison(handoff: Handoff, receipt: ReturnedResult) -> str:
    """Return how what was received compares with what the subagent ended with."""
    ended = handoff.end.text if handoff.end else ""
    alike, match = handoff.common_chars, handoff.match
    kind = "an error" if receipt.failed else ""
    if not receipt.text:
        return kind or "nothing: the result is empty"
    if match is Match.SAME:
        return _joined(kind, "the same, word for word")
    if match is Match.TRUNCATED:
        more = "more than " if handoff.end and handoff.end.truncated else ""
        return _joined(kind, f"the first {alike:,} of {more}{len(ended):,} characters")
    if match is Match.LONGER:
        told = f"all {len(receipt.text):,} characters, of which the row above has"
        return _joined(kind, f"{told} the first {alike:,}")
    if match is not Match.DIFFERENT:
        return _joined(kind, approx_size(receipt.text))
    if not ended:
        return _joined(kind, f"{approx_size(receipt.text)}; the row above has no text")
    if receipt.failed:
        return f"an error, in other words: {text(receipt.text)}"
    if alike < 20:
        return f"other words: {len(receipt.text):,} characters for {len(ended):,}"
    return (
        f"the first {alike:,} of {len(ended):,} characters, then other words"
        f" ({len(receipt.text):,} in all)"
    )


def _joined(kind: str, what: str) -> str:
    return f"{kind}: {what}" if kind else what


def _how(handoff: Handoff) -> str:
    """Return how it ended, in a word."""
    if handoff.end is not None:
        return one_line(handoff.end.status, 40).replace("_", " ") or "ended"
    if handoff.returned is not None:
        return "failed" if handoff.returned.failed else "answered"
    return "no end was written" if handoff.final else ""


def _is(event: RunEvent, here: RunEvent | None) -> bool:
    return here is not None and event.seq == here.seq


def _tokens(usage: Usage) -> str:
    return f"{usage.input:,} in · {usage.output:,} out"


def _is_long(text: str) -> bool:
    return line_count(text) > LONG_TEXT_LINES or len(text) > _LONGEST
