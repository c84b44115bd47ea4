"""The head of a run in an export: its facts, its evidence, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.export.document import Export, ExportOptions, RunDocument
from whitetail.view.brief import first_of, plural
from whitetail.view.text import one_line
from whitetail.view.units import duration, moment, money

_MAX_CHARS = 400


def title_of(export: Export) -> str:
    """Return the title of a file as one sanitized line."""
    return one_line(export.title(), 200) or f"Thread {one_line(export.thread, 80)}"


def facts(document: RunDocument) -> Iterator[tuple[str, str]]:
    """Yield the facts of a run, each with its name, sanitized."""
    stats, usage = document.stats, document.stats.usage
    start, end = document.time
    yield "Run", "/".join(one_line(each, _MAX_CHARS) for each in document.key)
    if start is not None:
        yield "Started", moment(start)
    if end is not None:
        yield "Last event", moment(end)
    if document.duration is not None:
        yield "Duration", duration(document.duration)
    yield "Events", f"{stats.row_count:,}"
    models = [one_line(name, 80) or "unknown" for name in usage.by_model()]
    if models:
        yield "Models", first_of(models, ", ")
    yield "Replies", f"{usage.total.replies:,}"
    yield "Tool calls", f"{sum(tool.calls for tool in usage.tools.values()):,}"
    yield "Errors", f"{usage.errors:,}"
    if usage.total.total or not usage.total.uncounted_replies:
        tokens = usage.total
        cached = f" ({tokens.cached:,} cached)" if tokens.cached else ""
        reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
        yield "Tokens", f"{tokens.input:,} in{cached}, {tokens.output:,} out{reasoning}"
    prices = document.options.prices
    cost = usage.cost(prices)
    if prices and cost.amount is not None:
        at_least = "" if cost.complete else "at least "
        yield "Cost", at_least + money(cost.amount, prices.currency)


def evidence(document: RunDocument) -> Iterator[tuple[int | None, str, str]]:
    """Yield each piece of evidence: its seq or None, its severity, its text."""
    for each in document.verdict.evidence:
        seq = each.seq if each.seq >= 0 else None
        yield seq, each.severity.value, one_line(each.text, _MAX_CHARS)


def notes(options: ExportOptions) -> Iterator[str]:
    """Yield sentences about what the file does not have of the run."""
    if options.redaction:
        yield one_line(options.redaction, _MAX_CHARS)
    if options.query is not None:
        query = one_line(options.query_text, _MAX_CHARS)
        yield f"Only events that match this filter are listed: {query}"
    if options.max_bytes is not None:
        limit = plural(options.max_bytes, "byte")
        yield f"Values of more than {limit} are cut; each says how much is left out."
