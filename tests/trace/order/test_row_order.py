"""The rows of a run on lines, in the order that the user chose."""

from tests.helpers.events import RunBuilder
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.order.row_order import RowOrder


def outline_of(run: RunBuilder) -> Outline:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(run.rows))
    return outline


def test_rows_are_in_file_order_until_there_is_an_outline() -> None:
    run = RunBuilder()
    run.step("t")
    launch = run.launch("t")
    order = RowOrder(len(run.rows))
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()()] == [0, 1]
    order.outline = outline_of(run)
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()()] == [launch, 0]
    assert (order.line_of(0), order.position_of(0)) == (1, 1)
    assert order.row_on_line(0) == launch


def test_file_order_can_be_chosen_although_there_is_an_outline() -> None:
    run = RunBuilder()
    run.step("t")
    run.launch("t")
    order = RowOrder(len(run.rows), outline_of(run), causal=False)
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()()] == [0, 1]
