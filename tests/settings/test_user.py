from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from tests.helpers.privileges import file_modes_apply
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.settings.definitions import DEFAULTS
from whitetail.settings.file import NoHomeError, locate
from whitetail.settings.user import Loaded, UserSettings
from whitetail.settings.watch import SettingsWatcher


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "config.toml"


def settings_of(
    path: Path, text: str | None = None, environ: Mapping[str, str] | None = None
) -> UserSettings:
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return UserSettings(environ or {}, path=path)


def test_settings_that_are_read_only_are_never_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    settings = UserSettings({}, path=path, read_only=True)
    assert settings.save_theme("dracula") == ""
    assert not path.exists()


def test_the_file_is_that_of_the_argument_else_of_the_environment(
    tmp_path: Path,
) -> None:
    named = {"WHITETAIL_CONFIG": str(tmp_path / "a")}
    assert locate(named, tmp_path / "b") == tmp_path / "b"
    assert locate(named) == tmp_path / "a"
    assert locate({}).name == "config.toml"
    assert locate({}).parent.name == "whitetail"


def test_without_a_home_folder_the_defaults_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has the folder from the system")
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", dict[int, str]().__getitem__)
    with pytest.raises(NoHomeError):
        locate({})
    settings = UserSettings({})
    assert settings.load() == Loaded()
    assert settings.path is None
    assert settings.save_theme("nord") == (
        "The theme was not saved: there is no home folder for settings; --config or "
        "WHITETAIL_CONFIG names a file."
    )


def test_a_file_that_does_not_exist_is_no_mistake(path: Path) -> None:
    assert settings_of(path).load() == Loaded()


def test_arguments_win_over_the_environment_and_that_over_the_file(path: Path) -> None:
    text = '[ui]\ntheme = "nord"\n[trash]\nsize = "1 GB"\ndays = 1'
    environ = {"WHITETAIL_THEME": "dracula", "WHITETAIL_TRASH_DAYS": "2"}
    loaded = settings_of(path, text, environ).load()
    assert loaded.settings.ui_theme == "dracula"
    assert (loaded.settings.trash_days, loaded.settings.trash_size) == (2.0, 1e9)
    assert loaded.overridden["ui.theme"] == "WHITETAIL_THEME"
    theme = {"ui.theme": "monokai"}
    with_argument = UserSettings(environ, path=path, arguments=theme).load()
    assert with_argument.settings.ui_theme == "monokai"


def test_the_sizes_of_the_environment_are_gigabytes(path: Path) -> None:
    loaded = settings_of(path, environ={"WHITETAIL_TRASH_GB": "0.5"}).load()
    assert loaded.settings.trash_size == 5e8


def test_a_mistake_in_the_environment_leaves_the_value_of_the_file(path: Path) -> None:
    environ = {"WHITETAIL_THEME": "nordd"}
    loaded = settings_of(path, '[ui]\ntheme = "flexoki"', environ).load()
    assert loaded.settings.ui_theme == "flexoki"
    assert loaded.message == (
        'WHITETAIL_THEME has to be the name of a theme; it is "nordd"; the nearest is '
        "nord."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[ui", ", line 1: it is not TOML: expected ']' at the end of a table decla"),
        (b"a = 1\nx = [\n", ", line 2: it is not TOML: invalid value."),
        (b"\xff", ": it is not UTF-8."),
        (b"a = " + b"[" * 100_000, ": it is nested too deeply."),
        (b"#" * (1 << 20) + b"#", ": it is larger than 1 MiB."),
        (b"[ui]\nwrap = 3\nascii = 3", "; 1 more: whitetail config check lists them."),
    ],
)
def test_what_is_wrong_is_one_sentence_and_the_last_values_stay(
    path: Path, content: bytes, sentence: str
) -> None:
    settings = settings_of(path, '[ui]\ntheme = "nord"')
    settings.load()
    path.write_bytes(content)
    loaded = settings.load()
    assert str(path) in loaded.message and sentence in loaded.message
    assert loaded.message.count("\n") == 0
    if loaded.unreadable:
        assert loaded.settings.ui_theme == "nord"


def test_a_folder_in_the_file_s_name_is_one_sentence(tmp_path: Path) -> None:
    loaded = settings_of(tmp_path).load()
    assert loaded.settings == DEFAULTS
    assert loaded.message.endswith((": it is not a file.", ": is a directory."))


def test_a_byte_order_mark_is_no_mistake(path: Path) -> None:
    assert settings_of(path, "\ufeff[ui]\nwrap = false").load().message == ""


COMMENTED = """\
# mine
[ui]   # how it looks
  theme   = 'nord'   # cold
wrap = false

[keys]
undo = "x" # not u
"""


def test_a_theme_is_written_and_all_else_stays(path: Path) -> None:
    settings = settings_of(path, COMMENTED)
    assert settings.save_theme("dracula") == ""
    saved = path.read_text(encoding="utf-8")
    assert saved == COMMENTED.replace("'nord'", '"dracula"')
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "# nothing",
        "[keys]\nundo = 'x'",
        "ui.wrap = false",
        "ui = { wrap = false }",
        "[ui.x]\n[keys]\n[ui]\n",
        "[ui]\r\nwrap = true\r\n# end\r\n",
    ],
)
def test_a_theme_is_written_to_any_file(path: Path, text: str | None) -> None:
    settings = settings_of(path, text)
    assert settings.save_theme("dracula") == ""
    assert settings.load().settings.ui_theme == "dracula"
    assert path.read_bytes().count(b"\r") == (text or "").count("\r")
    assert (text or "").partition("#")[2].strip() in path.read_text(encoding="utf-8")


def test_a_theme_is_not_written_to_a_file_with_mistakes(path: Path) -> None:
    settings = settings_of(path, "[ui")
    reason = f"The theme was not saved: {path}: it is not TOML."
    assert settings.save_theme("nord") == reason
    assert path.read_text(encoding="utf-8") == "[ui"


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and modes")
def test_a_link_stays_a_link_and_a_mode_stays(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text(COMMENTED)
    target.chmod(0o640)
    path.parent.mkdir()
    path.symlink_to(target)
    assert settings_of(path).save_theme("dracula") == ""
    assert path.is_symlink()
    assert "dracula" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_is_one_sentence(path: Path) -> None:
    settings = settings_of(path, COMMENTED)
    path.parent.chmod(0o500)
    try:
        with file_modes_apply() as apply:
            if not apply:
                pytest.skip("the modes of files do not apply")
            message = settings.save_theme("dracula")
    finally:
        path.parent.chmod(0o700)
    assert message == f"The theme was not saved: {path}: permission denied."
    assert path.read_text() == COMMENTED


def test_a_file_instead_of_the_folder_is_one_sentence(path: Path) -> None:
    path.parent.write_text("")
    settings = settings_of(path)
    assert settings.load().message == ""
    assert settings.save_theme("nord").startswith(f"The theme was not saved: {path}: ")


class Watched:
    """A watcher whose reads are waited for."""

    def __init__(self, path: Path) -> None:
        self.settings = UserSettings({}, path=path)
        self.settings.load()
        self._read = Event()
        self.watcher = SettingsWatcher(self.settings, lambda _: self._read.set())

    def __enter__(self) -> Watched:
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        self.watcher.join(WAIT_TIMEOUT_S)
        assert not self.watcher.is_alive()

    def until(self, theme: str) -> Loaded:
        """Wait until a theme was read; return what was read with it."""
        while self.settings.loaded.settings.ui_theme != theme:
            assert self._read.wait(WAIT_TIMEOUT_S), "no change was noticed"
            self._read.clear()
        return self.settings.loaded

    def until_message(self) -> Loaded:
        """Wait until something is wrong."""
        while not self.settings.loaded.message:
            assert self._read.wait(WAIT_TIMEOUT_S), "no change was noticed"
            self._read.clear()
        return self.settings.loaded


def theme(name: str) -> str:
    return f'[ui]\ntheme = "{name}"\n'


def renamed_over(path: Path, text: str) -> None:
    """Save a file as many editors do."""
    written = path.with_name("written")
    written.write_text(text)
    written.replace(path)


def test_each_change_of_the_file_is_noticed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(theme("nord"))
    with Watched(path) as watched:
        path.write_text(theme("dracula"))
        watched.until("dracula")
        renamed_over(path, theme("monokai"))
        watched.until("monokai")
        renamed_over(path, theme("flexoki"))
        watched.until("flexoki")
        path.unlink()
        watched.until("textual-dark")


def test_a_file_that_did_not_exist_is_noticed_with_its_folder(path: Path) -> None:
    deep = path.parent / "a" / path.name
    with Watched(deep) as watched:
        deep.parent.mkdir(parents=True)
        deep.write_text(theme("nord"))
        watched.until("nord")
        renamed_over(deep, theme("dracula"))
        watched.until("dracula")


def test_a_broken_save_leaves_the_values_until_the_next_one(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(theme("nord"))
    with Watched(path) as watched:
        path.write_text("[ui")
        assert watched.until_message().settings.ui_theme == "nord"
        path.write_text(theme("dracula"))
        assert watched.until("dracula").message == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_change_of_a_link_s_target_is_noticed(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "whitetail.toml"
    target.parent.mkdir()
    target.write_text(theme("nord"))
    path.parent.mkdir()
    path.symlink_to(target)
    with Watched(path) as watched:
        renamed_over(target, theme("dracula"))
        watched.until("dracula")


def test_a_change_before_the_watch_begins_is_not_missed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(theme("nord"))
    watched = Watched(path)
    path.write_text(theme("dracula"))
    with watched:
        watched.until("dracula")
