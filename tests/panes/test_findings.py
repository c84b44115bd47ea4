"""The pane of a file's faults."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.events import line
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.findings import FindingsPane
from whitetail_store import check_run


async def test_the_same_fault_of_adjacent_rows_has_one_line(tmp_path: Path) -> None:
    path = tmp_path / "threads" / "t" / "runs" / "r.jsonl"
    path.parent.mkdir(parents=True)
    foreign = [line(number, thread_id="u", run_id="x") for number in range(1, 11)]
    path.write_bytes(b"{oops\n" * 2 + b"".join(foreign) + b"{oops\n")
    pane = FindingsPane("findings", list(check_run(path)))
    async with Stage(pane).run_test(size=(100, 12)) as pilot:
        await until(pilot, lambda: any(drawn(pane)))
        assert pane.count == 4
        assert "row 1 and 1 more" in drawn(pane)[0]
        assert "row 3 and 9 more" in drawn(pane)[1]
        assert "row 3 and 9 more" in drawn(pane)[2]
        assert "row 13" in drawn(pane)[3]
        rows = []
        for line_number in range(4):
            pane.cursor = line_number
            rows.append(pane.row)
        assert rows == [0, 2, 2, 12]
