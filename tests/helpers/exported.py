"""Runs with hostile texts in every field, and what an export makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.helpers.demo import NOW, records, run_files
from whitetail.demo import demo_tree
from whitetail.export.document import Export, ExportOptions, RunToExport
from whitetail.export.formats import FORMATS
from whitetail.source.file_rows import FileRows
from whitetail.trace.query.parse import parse_query

MARK = "HOSTILE"
HOSTILE = (
    f'{MARK} <script>alert(1)</script><img src=x onerror="alert(1)">'
    "</pre></summary></details></article></section></style></title></svg>"
    "<!-- ]]> --> &lt;b&gt; \" ' {{ 7 * 7 }} {% raw %} ${7*7}\n"
    "</details>\n# heading\n- [x](javascript:alert(1)) "
    "[y](data:text/html,z) [z](//evil.example) ![i](http://evil.example/i.png) "
    "<http://good.example/> [g](https://good.example/?a=1&b=\"2\" 'title')\n"
    "\n| a | b |\n| :-: | - |\n| @user | #1 |\n\n<div onclick=x>block</div>\n\n"
    "```\n````\n~~~\n</details>\n"
    "\x00\x1b[31m\x9b31m\u202egnp.exe\u2066 \ud800 \ufeff"
)
_STRUCTURE = frozenset({"type", "id", "kind", "role", "tool_call_id", "task_id"})
_ATTRIBUTES = {
    "html": "lang",
    "meta": "charset http-equiv content name",
    "a": "href rel",
    "svg": "class viewbox role aria-label",
    "line": "class x1 x2 y1 y2",
    "text": "class x y",
    "rect": "class x y width height rx",
    "details": "open class id",
    "section": "class id",
    **dict.fromkeys(("article", "div", "dl", "h1", "li", "p", "span"), "class"),
    **dict.fromkeys(("strong", "summary", "ul"), "class"),
    **dict.fromkeys(("b", "blockquote", "body", "br", "code", "dd", "dt", "em"), ""),
    **dict.fromkeys(("footer", "g", "h2", "h3", "h4", "h5", "h6", "head", "hr"), ""),
    **dict.fromkeys(("ol", "pre", "s", "style", "table", "tbody", "td", "th"), ""),
    **dict.fromkeys(("thead", "time", "title", "tr"), ""),
}
"""Our elements with their attributes."""
_EMPTY = frozenset({"br", "hr", "line", "meta", "rect"})


def exported(
    files: list[Path],
    name: str,
    *,
    query: str = "",
    max_bytes: int | None = None,
    redaction: str = "",
) -> bytes:
    """Return the bytes of an export of some run files."""
    runs = [
        RunToExport.of(FileRows(("thread", each.stem), each), NOW) for each in files
    ]
    options = ExportOptions(
        now=NOW,
        query=parse_query(query) if query else None,
        query_text=query,
        max_bytes=max_bytes,
        redaction=redaction,
    )
    return b"".join(FORMATS[name].chunks(Export("thread", runs, options)))


def hostile_files(folder: Path) -> list[Path]:
    """Write the runs of the demo with a hostile text in every field."""
    files = []
    with demo_tree(live=False, now=NOW) as tree:
        for number, run in enumerate(run_files(tree)):
            lines = [_hostile_line(each) for each in records(run)]
            last = records(run)[-1]
            lines.append({**last, "seq": 9_000, "event_type": HOSTILE[:32]})
            lines.append({**last, "seq": 9_001, "content": {HOSTILE: {HOSTILE: 1}}})
            lines.append({**last, "seq": 9_002, "metadata": {"caller": HOSTILE}})
            path = folder / f"run{number}.jsonl"
            bad_line = b"\xff" + HOSTILE.replace("\n", " ").encode("utf-8", "replace")
            path.write_bytes(
                b"".join(json.dumps(each).encode() + b"\n" for each in lines)
                + bad_line
                + b"\n"
            )
            files.append(path)
    return files


def _hostile_line(fields: dict[str, Any]) -> dict[str, Any]:
    poisoned = {key: _poisoned(fields[key], key) for key in ("content", "metadata")}
    return {**fields, **poisoned}


def _poisoned(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_poisoned(inner, key) for inner in value]
    if not isinstance(value, str) or key in _STRUCTURE:
        return value
    # Who wrote an event, and that a call starts a subagent, decides how it is shown.
    is_known = value == "task" or (key == "caller" and value.startswith("lead"))
    return value if is_known else f"{HOSTILE} {value}"


class Page(HTMLParser):
    """A page that was parsed; raises an error for markup that is not ours."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.classes: set[str] = set()
        self.text: list[str] = []
        self.style = self.policy = ""
        self.counts: dict[str, int] = {}
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ATTRIBUTES, tag
        found = dict(attrs)
        assert found.keys() <= {*_ATTRIBUTES[tag].split()}, (tag, found)
        assert len(found) == len(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.classes.update((found.get("class") or "").split())
        if found.get("id"):
            assert found["id"] not in self.ids
            self.ids.add(found["id"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")
            outside = not self.links[-1].startswith("#")
            assert found.get("rel") == (
                "noreferrer noopener nofollow" if outside else None
            )
        if found.get("http-equiv"):
            assert self.policy == ""
            self.policy = found["content"] or ""
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _EMPTY, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def markup_lines(markdown: str) -> Iterator[str]:
    """Yield the lines of Markdown that are HTML, as a parser of Markdown sees them."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for token in parser.parse(markdown):
        if token.type == "html_block":
            yield from token.content.splitlines()
        for child in token.children or ():
            assert child.type != "html_inline", child.content
            assert child.type not in ("image", "link_open"), child.attrs
