"""Promise 7: several processes write one thread at the same time."""

import subprocess
from pathlib import Path
from typing import Any

from tests.helpers.lines import run_file, scan
from tests.helpers.programs import Program, answer, end
from tests.helpers.store import seqs
from whitetail_store.lock import LOCK_NAME, thread_lock

WRITER = """
    store = JsonlRunEventStore(sys.argv[1])
    name, puts = sys.argv[2], int(sys.argv[3])
    async def main():
        for turn in range(puts):
            sys.stdin.readline()
            answer("begun")
            run_id = f"{name}{turn % 3}"
            if turn % 5:
                await store.put(**new_event(run_id=run_id, content=f"{name}-{turn}"))
            else:
                await store.put_batch(
                    [new_event(run_id=f"{name}{part}", content=f"{name}-{turn}-{part}")
                     for part in range(3)])
            answer(sorted(store.shared))
    asyncio.run(main())
    """


PLAIN = """
    # As DeerFlow writes: open, write, close for each event, with its own seqs.
    path = Path(sys.argv[1], "threads", "t", "runs", "plain.jsonl")
    for turn in range(int(sys.argv[2])):
        sys.stdin.readline()
        for part in range(5):
            record = new_event(run_id="plain", content=f"plain-{turn}-{part}",
                           seq=100_000 + 5 * turn + part)
            with open(path, "a") as file:
                file.write(json.dumps(record) + "\\n")
            if part == 0:
                answer("begun")
        answer([])
    """


def together(
    base: Path, writers: list[subprocess.Popen[str]], rounds: int = 1
) -> list[list[Any]]:
    """Let programs make one step each at the same time; return their answers by round.

    The lock is held until all have begun their steps.
    """
    answers: list[list[Any]] = []
    for _ in range(rounds):
        with thread_lock(run_file(base).with_name(LOCK_NAME)):
            for writer in writers:
                assert writer.stdin is not None
                writer.stdin.write("\n")
                writer.stdin.flush()
            assert [answer(writer) for writer in writers] == ["begun"] * len(writers)
        answers.append([answer(writer) for writer in writers])
    for writer in writers:
        end(writer)
    return answers


def expected_contents(names: str, puts: int) -> set[str]:
    return {
        f"{name}-{turn}{part}"
        for name in names
        for turn in range(puts)
        for part in ([""] if turn % 5 else ["-0", "-1", "-2"])
    }


def test_7_several_processes_give_no_seq_twice(
    tmp_path: Path, program: Program
) -> None:
    puts = 60
    writers = [program(WRITER, tmp_path, name, puts) for name in "abcd"]
    *_, found = together(tmp_path, writers, puts)
    events = scan(*run_file(tmp_path).parent.glob("*.jsonl"))
    assert {each["content"] for each in events} == expected_contents("abcd", puts)
    assert seqs(events) == list(range(1, len(events) + 1))
    assert found == [[], [], [], []]


def test_7_a_writer_without_the_lock_is_noticed_and_loses_nothing(
    tmp_path: Path, program: Program
) -> None:
    puts = 60
    writers = [program(WRITER, tmp_path, name, puts) for name in "ab"]
    writers.append(program(PLAIN, tmp_path, puts))
    *_, found = together(tmp_path, writers, puts)
    events = scan(*run_file(tmp_path).parent.glob("*.jsonl"))
    plain = {f"plain-{turn}-{part}" for turn in range(puts) for part in range(5)}
    assert {each["content"] for each in events} == expected_contents("ab", puts) | plain
    ours = [each["seq"] for each in events if each["content"] not in plain]
    assert len(set(ours)) == len(ours)
    # The first store in a round notices it; its note then fits for the second.
    assert ["t"] in found


async def test_7_put_if_absent_is_atomic_between_processes(
    tmp_path: Path, program: Program
) -> None:
    text = """
        store = JsonlRunEventStore(sys.argv[1])
        for turn in range(int(sys.argv[2])):
            sys.stdin.readline()
            answer("begun")
            put = store.put_if_absent(**new_event(event_type=f"type {turn}"))
            answer(asyncio.run(put)[1])
        """
    puts = 30
    writers = [program(text, tmp_path, puts) for _ in range(4)]
    for found in together(tmp_path, writers, puts):
        assert sorted(found) == [False, False, False, True]
    assert seqs(scan(run_file(tmp_path))) == list(range(1, puts + 1))
