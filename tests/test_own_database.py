from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers.privileges import file_modes_apply
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.own_database import OwnDatabase, own_path

STEPS = ("CREATE TABLE numbers (number INTEGER)",)
WRITER = """
import sys
from pathlib import Path
from whitetail.own_database import OwnDatabase

# SQLite gives no process its turn: on a slow disk one can wait for all others.
wait = {"busy_timeout_s": float(sys.argv[3])}
database = OwnDatabase(Path(sys.argv[1]), "numbers", (sys.argv[2],), **wait)
sys.stdin.readline()
for number in range(8):
    insert = "INSERT INTO numbers VALUES (?)", (number,)
    done = database.write(lambda connection: connection.execute(*insert))
    assert done, database.new_problems()
print(database.new_problems())
"""


def numbers_in(path: Path) -> OwnDatabase:
    return OwnDatabase(path, "numbers", STEPS)


def add(database: OwnDatabase, number: int) -> bool:
    insert = "INSERT INTO numbers VALUES (?)", (number,)
    return database.write(lambda connection: connection.execute(*insert))


def read(database: OwnDatabase) -> list[int] | None:
    return database.read(
        lambda connection: [
            number for (number,) in connection.execute("SELECT number FROM numbers")
        ],
        None,
    )


def set_aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.set-aside-*"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "numbers.sqlite"


def test_what_was_written_is_read_by_the_next_one(path: Path) -> None:
    assert add(numbers_in(path), 7)
    database = numbers_in(path)
    assert read(database) == [7]
    assert database.new_problems() == []


def test_reading_creates_nothing(path: Path) -> None:
    database = numbers_in(path)
    assert read(database) is None
    assert not path.parent.exists()
    assert database.new_problems() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_the_file(path: Path) -> None:
    add(numbers_in(path), 7)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_without_a_path_nothing_is_kept_and_nothing_is_reported() -> None:
    database = OwnDatabase(None, "numbers", STEPS)
    assert not add(database, 7)
    assert read(database) is None
    assert database.new_problems() == []


def test_without_a_home_folder_there_is_one_sentence() -> None:
    database = numbers_in(Path("~/.local/state/numbers.sqlite"))
    assert not add(database, 7)
    assert not add(database, 8)
    assert database.new_problems() == [
        "Numbers cannot be saved: there is no home folder."
    ]


def test_an_error_of_the_function_undoes_its_changes(path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (8)")
        raise ValueError

    database = numbers_in(path)
    add(database, 7)
    with pytest.raises(ValueError):
        database.write(fail)
    assert read(database) == [7]


def test_a_mistake_in_sql_is_raised_and_the_file_stays(path: Path) -> None:
    database = numbers_in(path)
    add(database, 7)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.read(lambda connection: connection.execute("SELECT * FROM x"), None)
    assert read(database) == [7]
    assert set_aside(path) == []


def test_an_older_file_gets_the_steps_that_it_lacks(path: Path) -> None:
    add(numbers_in(path), 7)
    second = "ALTER TABLE numbers ADD name TEXT DEFAULT 'x'; CREATE TABLE more (a)"
    database = OwnDatabase(path, "numbers", (*STEPS, second))
    nothing: list[tuple[int, str]] = []
    rows = database.read(
        lambda connection: connection.execute("SELECT * FROM numbers").fetchall(),
        nothing,
    )
    assert rows == [(7, "x")]
    assert set_aside(path) == []


def not_a_database(path: Path) -> None:
    path.write_bytes(b"these are notes of mine\n" * 400)


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE numbers (number); CREATE TABLE b (c);")


def newer(path: Path) -> None:
    add(OwnDatabase(path, "numbers", (*STEPS, "CREATE TABLE more (a)")), 5)


def without_its_table(path: Path) -> None:
    add(numbers_in(path), 5)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE numbers")


def cut_off(path: Path) -> None:
    add(numbers_in(path), 5)
    with path.open("r+b") as file:
        file.truncate(4_200)


def damaged_in_the_middle(path: Path) -> None:
    add(numbers_in(path), 5)
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * 4_096)


UNUSABLE = [
    pytest.param(not_a_database, "not a database", id="no database"),
    pytest.param(of_another_program, "another program", id="another program"),
    pytest.param(newer, "a newer whitetail", id="newer"),
    pytest.param(without_its_table, "it has other tables", id="other tables"),
    pytest.param(cut_off, "malformed", id="cut off"),
    pytest.param(damaged_in_the_middle, "malformed", id="damaged"),
]


@pytest.mark.parametrize(("spoil", "reason"), UNUSABLE)
@pytest.mark.parametrize("reads_first", [True, False])
def test_a_file_that_cannot_be_used_is_set_aside_with_every_byte(
    path: Path, spoil: object, reason: str, reads_first: bool
) -> None:
    assert callable(spoil)
    path.parent.mkdir()
    spoil(path)
    content = path.read_bytes()
    database = numbers_in(path)
    if reads_first:
        assert read(database) == []
    assert add(database, 7)
    assert read(database) == [7]
    (aside,) = set_aside(path)
    assert aside.read_bytes() == content
    (problem,) = database.new_problems()
    assert reason in problem
    assert str(aside) in problem
    assert database.new_problems() == []


def test_a_text_that_is_not_utf_8_is_a_damaged_file(path: Path) -> None:
    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (CAST(X'ff80' AS TEXT))")

    database = numbers_in(path)
    database.write(insert)
    assert read(database) == []
    assert len(set_aside(path)) == 1


def test_the_log_of_another_program_goes_with_its_file(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (1);")
        assert add(numbers_in(path), 7)
        (aside,) = (x for x in set_aside(path) if not x.name.endswith(("-wal", "-shm")))
        with closing(sqlite3.connect(aside)) as again:
            assert again.execute("SELECT b FROM a").fetchall() == [(1,)]


def test_a_file_that_another_one_has_begun_anew_stays(path: Path) -> None:
    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (CAST(X'ff80' AS TEXT))")

    def read_late(connection: sqlite3.Connection) -> list[int]:
        if set_aside(path) == []:
            other = numbers_in(path)
            assert read(other) == []
            assert add(other, 7)
        return [each for (each,) in connection.execute("SELECT number FROM numbers")]

    database = numbers_in(path)
    database.write(spoil)
    nothing: list[int] = []
    assert database.read(read_late, nothing) == [7]
    assert len(set_aside(path)) == 1
    assert read(numbers_in(path)) == [7]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file")
def test_a_file_that_is_removed_during_a_call_is_begun_anew(path: Path) -> None:
    def remove_first(connection: sqlite3.Connection) -> None:
        if not (path.parent / "removed").exists():
            path.rename(path.parent / "removed")
        connection.execute("INSERT INTO numbers VALUES (7)")

    database = numbers_in(path)
    add(database, 5)
    assert database.write(remove_first)
    assert read(database) == [7]
    assert database.new_problems() == []


def test_files_that_are_set_aside_in_the_same_second_have_names_of_their_own(
    path: Path,
) -> None:
    path.parent.mkdir()
    for _ in range(3):
        not_a_database(path)
        assert add(numbers_in(path), 7)
    assert len(set_aside(path)) == 3


def test_a_folder_of_the_name_stays_and_is_reported(path: Path) -> None:
    path.mkdir(parents=True)
    database = numbers_in(path)
    assert read(database) is None
    assert not add(database, 7)
    assert path.is_dir()
    assert [each.split(":")[0] for each in database.new_problems()] == [
        "Numbers cannot be read",
        "Numbers cannot be saved",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes")
def test_a_pipe_of_the_name_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir()
    if sys.platform != "win32":
        os.mkfifo(path)
    database = numbers_in(path)
    assert not add(database, 7)
    (problem,) = database.new_problems()
    assert "it is not a file" in problem


def test_a_folder_that_cannot_be_written_is_read(path: Path) -> None:
    add(numbers_in(path), 7)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    with file_modes_apply() as applied:
        if not applied:
            pytest.skip("the modes of files do not apply to this user")
        database = numbers_in(path)
        assert read(database) == [7]
        assert not add(database, 8)
        assert read(database) == [7]
    path.parent.chmod(0o700)
    (problem,) = database.new_problems()
    assert problem.startswith("Numbers cannot be saved: attempt to write a readonly")


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = numbers_in(tmp_path / "file" / "numbers.sqlite")
    assert read(database) is None
    assert not add(database, 7)
    assert len(database.new_problems()) == 1


@pytest.mark.parametrize("begin", ["nothing", "no database"])
def test_processes_that_write_at_once_lose_nothing(path: Path, begin: str) -> None:
    path.parent.mkdir()
    if begin == "no database":
        not_a_database(path)
    wait_s = str(WAIT_TIMEOUT_S)
    arguments = [sys.executable, "-c", WRITER, str(path), *STEPS, wait_s]
    pipe = subprocess.PIPE
    writers = [
        subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True)
        for _ in range(4)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    printed = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert len([each for each in printed if each != "[]\n"]) == len(set_aside(path))
    assert len(set_aside(path)) == (begin == "no database")
    assert sorted(read(numbers_in(path)) or []) == sorted([*range(8)] * 4)


def test_threads_that_write_at_once_lose_nothing(path: Path) -> None:
    database = numbers_in(path)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda number: add(database, number), range(40)))
    assert sorted(read(database) or []) == [*range(40)]


def test_a_writer_waits_for_the_transaction_of_another_process(path: Path) -> None:
    add(numbers_in(path), 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO numbers VALUES (2)")
        with ThreadPoolExecutor(1) as pool:
            patient = OwnDatabase(path, "numbers", STEPS, busy_timeout_s=WAIT_TIMEOUT_S)
            waiting = pool.submit(add, patient, 3)
            assert read(numbers_in(path)) == [1]
            other.execute("COMMIT")
            assert waiting.result()
    assert read(numbers_in(path)) == [1, 2, 3]


def test_the_folders_are_those_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    state = own_path("state", "a.sqlite", {})
    assert state == platformdirs.user_state_path("whitetail", False) / "a.sqlite"
    cache = own_path("cache", "a.sqlite", {})
    assert cache == platformdirs.user_cache_path("whitetail", False) / "a.sqlite"


def test_the_environment_names_other_folders_or_none(tmp_path: Path) -> None:
    named = {"WHITETAIL_STATE_DIR": str(tmp_path), "WHITETAIL_CACHE_DIR": ""}
    assert own_path("state", "a.sqlite", named) == tmp_path / "a.sqlite"
    assert own_path("cache", "a.sqlite", named) is None
