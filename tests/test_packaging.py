"""What is published: the sdist and the wheel, installed into fresh environments."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from whitetail import __version__

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "tui" / "whitetail", ROOT / "store" / "whitetail_store")


class Dist(NamedTuple):
    """What a release consists of."""

    sdist: Path
    wheel: Path


class Environment(NamedTuple):
    """A virtual environment with whitetail in it."""

    folder: Path
    python: Path
    program: Path


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program; return what it prints. What it prints when it fails is shown."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def install(folder: Path, *arguments: str | Path) -> Environment:
    """Make an environment and install whitetail into it.

    Its dependencies are those of the environment that runs the tests, so that
    nothing is downloaded. whitetail itself is not visible there: the `.pth` file of
    an editable install only counts in its own environment.
    """
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    base = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", base))
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site_packages / "zz_dependencies.pth").write_text("\n".join(dependencies))
    programs = sysconfig.get_path("scripts", "venv", base)
    python = shutil.which("python", path=programs)
    assert python is not None
    pip = (sys.executable, "-m", "pip", "--quiet", "--python", python)
    run(*pip, "install", "--no-deps", "--no-build-isolation", *arguments)
    program = shutil.which("whitetail", path=programs)
    assert program is not None
    return Environment(folder, Path(python), Path(program))


def files_below(*folders: str) -> set[str]:
    """Return the files that some folders of the repository have, as paths from it."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Dist:
    """An sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Dist(sdist, wheel)


@pytest.fixture(scope="session")
def metadata(dist: Dist) -> Message:
    """The metadata of the wheel, which a package page shows."""
    with ZipFile(dist.wheel) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith("/METADATA"))
        return message_from_bytes(wheel.read(name))


@pytest.fixture(scope="session")
def from_wheel(dist: Dist, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A fresh environment with the wheel installed."""
    return install(tmp_path_factory.mktemp("wheel") / "env", dist.wheel)


@pytest.fixture(scope="session")
def unpacked(dist: Dist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the sdist unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    shutil.unpack_archive(dist.sdist, folder, filter="data")
    (top,) = folder.iterdir()
    return top


def test_the_repository_holds_no_symbolic_link() -> None:
    # Clones on Windows make text files of them.
    if not (ROOT / ".git").exists():
        pytest.skip("these files are not a clone")
    entries = run("git", "ls-files", "--stage", cwd=ROOT).splitlines()
    assert entries
    assert [entry for entry in entries if entry.startswith("120000")] == []


def test_the_top_level_holds_only_what_is_known() -> None:
    # Programs write into the folder in which they are started.
    if not (ROOT / ".git").exists():
        pytest.skip("these files are not a clone")
    names = {
        name.partition("/")[0] for name in run("git", "ls-files", cwd=ROOT).split()
    }
    folders = {"docs", "screenshots", "store", "tests", "tui"}
    files = {"LICENSE", "Makefile", "pyproject.toml", "uv.lock"}
    documents = {"CHANGELOG.md", "CONTRIBUTING.md", "README.md"}
    assert {name for name in names if not name.startswith(".")} == (
        folders | files | documents
    )


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(
    dist: Dist,
) -> None:
    with ZipFile(dist.wheel) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = files_below("tui/whitetail", "store/whitetail_store")
    assert packed == {name.partition("/")[2] for name in files}
    assert {
        "whitetail/app.tcss",
        "whitetail/py.typed",
        "whitetail_store/py.typed",
    } <= packed


def test_the_sdist_holds_what_is_needed_to_build_test_and_read(dist: Dist) -> None:
    with tarfile.open(dist.sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    folders = files_below("tui", "store", "tests", "screenshots", "docs", ".ci")
    assert folders <= packed
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile"} <= packed
    assert {"README.md", "pyproject.toml", "uv.lock"} <= packed


def test_a_package_page_finds_the_pictures_and_files_of_the_readme(
    metadata: Message,
) -> None:
    page = metadata.get_payload()
    assert isinstance(page, str)
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    pictures = [target for target in targets if target.endswith(".svg")]
    assert len(pictures) == len(list((ROOT / "screenshots").glob("*.svg")))
    for target in targets:
        assert target.startswith(("https://", "#"))
    for picture in pictures:
        assert f"/v{__version__}/screenshots/" in picture


def test_every_package_that_is_imported_is_a_declared_dependency(
    metadata: Message,
) -> None:
    required = metadata.get_all("Requires-Dist", [])
    declared, optional = (
        {
            re.split(r"[^\w-]", requirement)[0]
            for requirement in required
            if ("extra ==" in requirement) is in_extra
            and "extra == 'dev'" not in requirement
        }
        for in_extra in (False, True)
    )
    imported = {name.partition(".")[0].replace("_", "-") for name in _imports()}
    not_declared = {"whitetail", "whitetail_store"} | sys.stdlib_module_names
    others = imported - {name.replace("_", "-") for name in not_declared}
    if "opentelemetry-proto" in optional:
        # It brings the package of Protocol Buffers, which is imported as `google`.
        optional |= {"opentelemetry", "google"}
    # Dependencies of Rich and Jinja2, which choose the versions of them.
    assert others - {"markdown-it", "markupsafe"} - optional == declared


def test_the_program_runs_from_the_wheel(from_wheel: Environment) -> None:
    assert run(from_wheel.program, "--version") == f"{__version__}\n"
    module = run(from_wheel.python, "-m", "whitetail", "--version")
    assert module == f"{__version__}\n"


def test_the_demo_runs_from_the_wheel(from_wheel: Environment) -> None:
    program = (
        "import whitetail\n"
        "from whitetail.demo import demo_tree\n"
        "with demo_tree(live=False) as tree:\n"
        "    print(whitetail.__file__, len(list(tree.rglob('*.jsonl'))))"
    )
    file, runs = run(from_wheel.python, "-c", program).split()
    assert from_wheel.folder in Path(file).parents
    assert int(runs) > 5


def test_the_old_name_of_the_store_works_and_warns(from_wheel: Environment) -> None:
    program = (
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    from whitetail.store import JsonlRunEventStore as old\n"
        "from whitetail_store import JsonlRunEventStore as new\n"
        "print(old is new, *(each.category.__name__ for each in caught))"
    )
    assert run(from_wheel.python, "-c", program).split() == [
        "True",
        "DeprecationWarning",
    ]


def test_the_program_runs_from_the_sdist_as_an_editable_install(
    unpacked: Path, tmp_path: Path
) -> None:
    environment = install(tmp_path / "env", "--editable", unpacked)
    assert run(environment.program, "--version") == f"{__version__}\n"
    program = "import whitetail, whitetail_store as store; "
    program += "print(whitetail.__file__, store.__file__)"
    for file in run(environment.python, "-c", program).split():
        assert unpacked in Path(file).parents


@pytest.mark.skipif(sys.platform == "win32", reason="the check is a shell script")
@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v0.0.0", 1)])
def test_a_release_tag_must_name_the_version(tag: str, code: int) -> None:
    checked = subprocess.run(
        [ROOT / ".ci" / "check-tag", tag], capture_output=True, text=True
    )
    assert checked.returncode == code
    assert ("but __version__" in checked.stderr) == bool(code)


def _imports() -> Iterator[str]:
    """Yield the names of all modules that the packages import."""
    for path in (path for source in SOURCES for path in source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
