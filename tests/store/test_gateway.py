"""The lines of the README that replace DeerFlow's store by this one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
STAND_IN = {
    "deerflow/runtime/events/store/__init__.py": """
def make_run_event_store():
    from deerflow.runtime.events.store.jsonl import JsonlRunEventStore
    return JsonlRunEventStore()
""",
    "deerflow/runtime/events/store/jsonl.py": "class JsonlRunEventStore: ...",
    "app/gateway/app.py": """
from deerflow.runtime.events.store import make_run_event_store as app
""",
}


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """Return a folder with a program that makes its store as DeerFlow does."""
    for name, text in STAND_IN.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def store_module(folder: Path, code: str) -> str:
    """Return the module of the store that a program makes."""
    code += "; print(type(app()).__module__)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def code_in_readme(begin: str) -> str:
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"```python\n({begin}.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_module_that_imports_the_app_replaces_the_store(gateway: Path) -> None:
    name = "gateway_with_whitetail"
    (gateway / f"{name}.py").write_text(code_in_readme(f"# {name}"), encoding="utf-8")
    assert store_module(gateway, f"from {name} import app") == "whitetail_store.jsonl"


def test_a_sitecustomize_replaces_the_store(gateway: Path) -> None:
    code = "from app.gateway.app import app"
    assert store_module(gateway, code) == "deerflow.runtime.events.store.jsonl"
    three_lines = code_in_readme("import deerflow")
    (gateway / "sitecustomize.py").write_text(three_lines, encoding="utf-8")
    assert store_module(gateway, code) == "whitetail_store.jsonl"
