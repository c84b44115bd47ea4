"""Which modules a start of the program loads.

Most of the time until the first screen is spent on imports. Slow ones are therefore in
the function that needs them, or after the first screen.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

LATER = (
    # Libraries: their users run in a thread, or after a key.
    "anyio",
    "email",
    "html",
    "jinja2",
    "http.client",
    "importlib.metadata",
    "lark",
    "markdown_it",
    "msgspec",
    "multiprocessing",
    "pygments",
    "pyperclip",
    "regex",
    "rich.markdown",
    "rich.syntax",
    "rich.traceback",
    "sqlite3",
    "textual_autocomplete",
    "textual.widgets._data_table",
    "textual.widgets._markdown",
    "tomlkit",
    "tomllib",
    "watchfiles",
    # Ours: what a key opens, and the layout of an event in full.
    "whitetail.demo",
    "whitetail.export",
    "whitetail.panes.completion",
    "whitetail.panes.conversation",
    "whitetail.panes.findings",
    "whitetail.panes.overview",
    "whitetail.panes.query_prompt",
    "whitetail.panes.query_language",
    "whitetail.run.conversation",
    "whitetail.run.filtered_order",
    "whitetail.run.found_values",
    "whitetail.run.line_filter",
    "whitetail.run.nested_lines",
    "whitetail.run.row_filter",
    "whitetail.run.go_to",
    "whitetail.screens.conversation",
    "whitetail.screens.export_prompt",
    "whitetail.screens.filter_prompt",
    "whitetail.screens.find",
    "whitetail.screens.findings",
    "whitetail.screens.go_to_bar",
    "whitetail.screens.help",
    "whitetail.screens.menu",
    "whitetail.screens.overview",
    "whitetail.settings.decode",
    "whitetail.settings.filters",
    "whitetail.settings.watch",
    "whitetail.store",
    "whitetail.trace.handoff.handoff",
    "whitetail.trace.query.event_match",
    "whitetail.trace.query.nodes",
    "whitetail.view.conversation",
    "whitetail.view.detail.document",
    "whitetail.view.detail.sections",
    "whitetail.view.json_tree",
    "whitetail.view.markdown.render",
    "whitetail.view.overview.overview",
)

# The steps of `whitetail.cli` for a folder without runs and a user without prices.
# Otherwise a thread could import modules while this program lists them: prices are read
# and folders are watched soon after the first screen.
FIRST_SCREEN = """
import sys
from pathlib import Path

import whitetail.cli.browse
from whitetail.source.locate import resolve
from whitetail.source.source import FileSource

source = FileSource(resolve(Path(sys.argv[1])))
source.start()

from whitetail.app import WhitetailApp
import whitetail.source.prices

class Probe(WhitetailApp):
    CSS_PATH = Path(sys.modules["whitetail.app"].__file__).with_name("app.tcss")

    def on_ready(self):
        self.loaded = sorted(sys.modules)
        self.exit()

app = Probe(source)
app.run(headless=True)
print("\\n".join(app.loaded))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a new process, which has not loaded our modules yet."""
    return subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that are loaded when the first screen is ready."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / ".deer-flow").mkdir()
    return set(run("-c", FIRST_SCREEN, str(folder)).stdout.split())


def test_the_first_screen_loads_the_app(loaded: set[str]) -> None:
    assert {"textual", "whitetail.screens.browse", "whitetail_store"} <= loaded


def test_modules_that_can_wait_are_loaded_after_the_first_screen(
    loaded: set[str],
) -> None:
    assert loaded & set(LATER) == set()


def test_the_modules_that_can_wait_exist() -> None:
    # The test above would pass for a module that was renamed.
    assert [module for module in LATER if find_spec(module) is None] == []


def test_the_version_needs_neither_a_screen_nor_the_store() -> None:
    timed = run("-X", "importtime", "-m", "whitetail", "--version")
    names = {line.rpartition("|")[2].strip() for line in timed.stderr.splitlines()}
    packages = {name.partition(".")[0] for name in names}
    assert "whitetail.cli" in names
    assert packages.isdisjoint({"rich", "textual", "watchfiles", "whitetail_store"})


def test_the_store_needs_no_terminal() -> None:
    program = "import sys, whitetail_store; print(*sys.modules)"
    packages = {name.partition(".")[0] for name in run("-c", program).stdout.split()}
    assert "whitetail_store" in packages
    assert packages.isdisjoint({"rich", "textual", "watchfiles", "whitetail"})


def test_the_parser_of_queries_is_loaded_with_the_first_query() -> None:
    program = """
import sys
from whitetail.trace.query import complete, event_match, fields, nodes, parse
from whitetail.trace.query import prefilter, run_match

print(*{"lark", "regex"} & set(sys.modules), "-")
parse.parse_query("a tool:b")
print(*sorted({"lark", "regex"} & set(sys.modules)))
"""
    # lark imports regex, if that is installed.
    assert run("-c", program).stdout.splitlines() == ["-", "lark regex"]


def test_a_list_of_runs_loads_no_part_of_the_store_that_writes() -> None:
    program = "import sys, whitetail.cli.ls; print(*sys.modules)"
    modules = set(run("-c", program).stdout.split())
    assert {"whitetail_store.log", "whitetail.source.listing"} <= modules
    unwanted = {"asyncio", "lark", "logging", "regex", "rich.console", "textual"}
    unwanted |= {f"whitetail_store.{each}" for each in ("jsonl", "lock", "trash")}
    unwanted |= {f"whitetail.trace.stats.{each}" for each in ("spans", "stats")}
    assert modules.isdisjoint(unwanted)


def test_the_store_imports_its_other_public_names_when_they_are_used() -> None:
    program = """
import sys, whitetail_store
assert "whitetail_store.jsonl" not in sys.modules
names = sorted(whitetail_store.__all__)
print(*(name for name in names if hasattr(whitetail_store, name)))
print(*names)
print(hasattr(whitetail_store, "no_such_name"))
"""
    found, wanted, other = run("-c", program).stdout.splitlines()
    assert found == wanted
    assert other == "False"
