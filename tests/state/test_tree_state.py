from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.any_json import any_json
from whitetail.state.identity import EventIdentity
from whitetail.state.tree_state import MAX_QUERIES, TreeState
from whitetail.trace.order.outline import Folds
from whitetail.view.lists.order import SortColumn, SortOrder

FIELDS = json.loads(TreeState().to_json())
rows = st.integers(0, 2**63 - 1)
orders = st.builds(SortOrder, st.sampled_from(SortColumn), st.booleans())
states = st.builds(
    TreeState,
    thread=st.text(),
    run=st.text(),
    event=st.none() | st.builds(EventIdentity, rows, st.text()),
    pane=st.sampled_from(["threads", "runs", "events", "detail"]),
    list_cells=st.integers(0, 1_000),
    threads_order=orders,
    runs_order=orders,
    filter_text=st.text(),
    folds=st.dictionaries(
        st.tuples(st.text(), st.text()),
        st.builds(
            Folds,
            closed=st.sets(rows),
            opened=st.sets(rows),
            subagents=st.dictionaries(rows, st.booleans()),
        ),
        max_size=3,
    ),
    queries=st.dictionaries(
        st.sampled_from(["filter", "search"]), st.lists(st.text()).map(tuple)
    ),
)


@given(states)
def test_what_was_saved_is_loaded(state: TreeState) -> None:
    assert TreeState.from_json(state.to_json()) == state


@given(any_json(st.sampled_from([*FIELDS, "run", "closed", "subagents"])))
def test_any_json_is_a_state(value: Any) -> None:
    assert isinstance(TreeState.from_json(json.dumps(value)), TreeState)


@given(st.data())
def test_a_field_that_is_not_as_expected_leaves_the_others(data: st.DataObject) -> None:
    state = data.draw(states)
    fields = json.loads(state.to_json())
    broken = data.draw(st.sampled_from(sorted(set(fields) - {"thread"})))
    fields[broken] = data.draw(any_json(st.sampled_from(["run", "closed"])))
    assert TreeState.from_json(json.dumps(fields)).thread == state.thread


def test_a_text_that_is_no_json_is_no_state() -> None:
    assert TreeState.from_json("{") == TreeState()
    assert TreeState.from_json("[" * 100_000) == TreeState()


def test_the_folds_of_the_runs_opened_last_are_kept() -> None:
    folds = {("t", str(number)): Folds({number}) for number in range(80)}
    kept = TreeState.from_json(TreeState(folds=folds).to_json()).folds
    assert [*kept.items()] == [*folds.items()][-50:]


def test_queries_of_another_whitetail_come_first_and_each_is_there_once() -> None:
    before = TreeState(queries={"filter": ("a", "b"), "search": ("s",)})
    after = TreeState(queries={"filter": ("b", "c")})
    assert after.merged_queries(before) == {"filter": ("a", "b", "c"), "search": ("s",)}
    many = TreeState(queries={"filter": tuple(map(str, range(300)))})
    assert many.merged_queries(before)["filter"][0] == str(300 - MAX_QUERIES)
