"""Whether the documents name what exists."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("docs/**/*.md")),
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
]
FOLDERS = (".ci", ".github", "docs", "screenshots", "store", "tests", "tui")
FILES = {
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.iterdir(), *(p for f in FOLDERS for p in (ROOT / f).rglob("*"))]
}
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("store", "tests", "tui")
    for path in sorted((ROOT / folder).rglob("*.py"))
)
DEFINED = {
    *re.findall(r"\b(?:class|def) (\w+)", SOURCE),
    *re.findall(r"^(\w+)(?:: TypeAlias)? = ", SOURCE, flags=re.M),
    *dir(builtins),
}
# Classes of Textual, and keys.
FOREIGN = {"DataTable", "OptionList", "ScrollView", "PgDn", "PgUp"}

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
)


def in_code(document: Path) -> Iterator[str]:
    """Yield what a document sets in backticks, without its blocks of code."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    return (match[1] for match in re.finditer(r"`([^`\n]+)`", text))


def exists(path: str) -> bool:
    """Return whether a path is one of the repository's, or the end of one."""
    path = path.removesuffix("/")
    return any(file == path or file.endswith(f"/{path}") for file in FILES)


@each_document
def test_every_link_between_documents_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    assert [each for each in targets if not (document.parent / each).exists()] == []


@each_document
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    paths = [
        each
        for each in in_code(document)
        if re.fullmatch(r"[\w./-]+\.(md|py|tcss|toml)|(\w+/)+", each)
    ]
    # Folders and files of the user's.
    users = {"runs/", "src/", "config.toml", "prices.toml", "sitecustomize.py"}
    assert [each for each in paths if each not in users and not exists(each)] == []


@each_document
def test_every_class_and_test_that_a_document_names_is_defined(document: Path) -> None:
    names = [
        each
        for each in in_code(document)
        if re.fullmatch(r"[A-Z][a-z]+[A-Z]\w*|test_\w+", each)
    ]
    assert [each for each in names if each not in DEFINED | FOREIGN] == []


def test_the_architecture_names_every_module() -> None:
    in_architecture = in_code(ROOT / "docs" / "architecture.md")
    named = {each.rpartition("/")[2] for each in in_architecture}
    modules = {
        path.name
        for folder in ("store", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if not path.name.startswith("__")
    }
    assert "index.py" in modules
    assert modules - named == set()


def test_every_new_name_of_the_glossary_is_in_its_file() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    table = text.partition("| old | new | where |")[2]
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \|$", table, flags=re.M)
    assert len(rows) > 40
    missing = []
    for new, where in rows:
        source = "".join(
            path.read_text(encoding="utf-8")
            for each in re.findall(r"`([^`]+)`", where)
            for path in (ROOT / each, ROOT / "tui" / "whitetail" / each)
            if path.is_file()
        )
        names = re.findall(r"`(\w+)`", new)
        missing += [name for name in names if not re.search(rf"\b{name}\b", source)]
    assert missing == []


def test_the_example_of_the_store_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from pathlib.*?)```", readme, flags=re.S)
    append(run_file(tmp_path / ".deer-flow"), line(1) + b"not an event\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    rows, finding = capsys.readouterr().out.splitlines()
    assert rows.startswith("2 BadLine(")
    assert "r.jsonl" in finding


def test_every_document_is_read() -> None:
    assert any("LineIndex" in in_code(document) for document in DOCUMENTS)
    assert "RunReader" in DEFINED and exists("tui/whitetail/trace")
