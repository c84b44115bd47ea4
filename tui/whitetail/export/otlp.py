"""An export as OTLP JSON: a trace of OpenTelemetry for each run.

The attributes are those of the semantic conventions for generative AI. The encoding is
that of OTLP: ids in hexadecimal, numbers of 64 bits as strings, enums as numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from whitetail import __version__
from whitetail.export.cut import cut_text
from whitetail.export.document import Export, RunDocument
from whitetail.export.formats import MissingExtraError
from whitetail.export.otlp_values import OPERATIONS, SpanValues, subject
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.trace.verdict.status import RunStatus

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

MISSING = (
    "the format otlp needs opentelemetry-proto; install it with: "
    "pip install 'whitetail[otel]'"
)
_ID_FIELDS = ("traceId", "spanId", "parentSpanId")


def chunks(export: Export) -> Iterator[bytes]:
    """Yield the bytes of a file: one object, with each span on a line of its own."""
    try:
        from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(MISSING) from error
    resource = {
        "service.name": "deer-flow",
        "whitetail.redaction": export.options.redaction or None,
    }
    head = {"attributes": list(map(_as_json, _attributes(resource)))}
    scope = {"name": "whitetail", "version": __version__}
    yield (
        f'{{"resourceSpans": [{{"resource": {json.dumps(head)}, '
        f'"scopeSpans": [{{"scope": {json.dumps(scope)}, "spans": ['
    ).encode()
    comma = "\n"
    for document in export.documents():
        for span in _Trace(document).spans():
            yield f"{comma}{json.dumps(_with_hex_ids(span))}".encode()
            comma = ",\n"
    yield b"\n]}]}]}\n"


class _Trace:
    """The spans of one run."""

    def __init__(self, document: RunDocument) -> None:
        self._document = document
        self._max_bytes = document.options.max_bytes
        self._run_name = "/".join(document.key)
        spans = document.stats.spans
        times = [t for each in spans for t in (each.start, each.end) if t is not None]
        self._times = min(times, default=0.0), max(times, default=0.0)
        self._values = SpanValues(document)

    def spans(self) -> Iterator[OtlpSpan]:
        """Yield the exported spans, each behind the one that it is in."""
        chosen = set(self._document.rows)
        whole = len(chosen) == self._document.stats.row_count
        above: dict[int, int | None] = {}
        """The nearest exported span around a span that is left out."""
        for number, parent, span in self._document.spans:
            parent = above.get(parent, parent) if parent is not None else None
            if whole or parent is None or {span.row, span.result_row} & chosen:
                yield self._span(number, parent, span)
            else:
                above[number] = parent

    def _span(self, number: int, parent: int | None, span: Span) -> OtlpSpan:
        from opentelemetry.proto.trace.v1 import trace_pb2

        start, end = self._times_of(span)
        failed, message = span.failed, ""
        if span.kind is SpanKind.RUN:
            verdict = self._document.verdict
            failed, message = verdict.status is RunStatus.FAILED, verdict.reason
        values = self._values.of(number, span)
        name = _text(" ".join(filter(None, (OPERATIONS[span.kind], subject(values)))))
        of_model = span.kind is SpanKind.MODEL
        made = trace_pb2.Span(
            trace_id=_hash(self._run_name, 16),
            span_id=self._span_id(number),
            parent_span_id=b"" if parent is None else self._span_id(parent),
            name=name,
            kind=trace_pb2.Span.SPAN_KIND_CLIENT
            if of_model
            else trace_pb2.Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=start,
            end_time_unix_nano=end,
            attributes=_attributes(values),
        )
        if failed:
            made.status.code = trace_pb2.Status.STATUS_CODE_ERROR
            made.status.message = _text(cut_text(message, self._max_bytes))
        return made

    def _times_of(self, span: Span) -> tuple[int, int]:
        """Return start and end in nanoseconds since the epoch.

        The run's own span is around all others. A call without a result lasts until
        the latest event of the run.
        """
        first, last = self._times
        if span.kind is SpanKind.RUN:
            return _nanoseconds(first), _nanoseconds(last)
        start, end = span.start, span.end
        if start is None:
            start = first if end is None else end
        end = last if end is None else end
        return _nanoseconds(start), _nanoseconds(max(start, end))

    def _span_id(self, number: int) -> bytes:
        return _hash(f"{self._run_name}/{number}", 8)


def _attributes(values: dict[str, Any]) -> list[KeyValue]:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

    def any_value(value: Any) -> AnyValue:
        if isinstance(value, bool):
            return AnyValue(bool_value=value)
        if isinstance(value, int):
            return AnyValue(int_value=value)
        if isinstance(value, list):
            return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
        return AnyValue(string_value=_text(str(value)))

    return [
        KeyValue(key=key, value=any_value(value))
        for key, value in values.items()
        if value is not None
    ]


def _as_json(message: Any) -> Any:
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, use_integers_for_enums=True)


def _with_hex_ids(span: OtlpSpan) -> dict[str, Any]:
    """Return a span as OTLP JSON. JSON of Protocol Buffers has the ids in base64."""
    fields: dict[str, Any] = _as_json(span)
    ids = (span.trace_id, span.span_id, span.parent_span_id)
    for key, value in zip(_ID_FIELDS, ids, strict=True):
        if value:
            fields[key] = value.hex()
    return fields


def _text(text: str) -> str:
    """Return a text without lone surrogates, which Protocol Buffers refuse."""
    return text.encode("utf-8", "replace").decode()


def _nanoseconds(seconds: float) -> int:
    return max(0, round(seconds * 1_000_000_000))


def _hash(text: str, size: int) -> bytes:
    """Return an id, which is the same each time that a run is exported."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
