from __future__ import annotations

from tests.helpers.events import BAD, AnyEvent, event
from tests.helpers.list_rows import ListRows
from whitetail.run.conversation import Conversation
from whitetail_store import RunEvent, RunKey


def message(seq: int, text: str, *, at: float = 0.0) -> RunEvent:
    return event(seq, "llm.human.input", at=at - seq, content=text)


class Thread:
    """The runs of a thread, and the conversation over them."""

    def __init__(self, **runs: list[AnyEvent]) -> None:
        self.runs = {name: ListRows(rows, ("t", name)) for name, rows in runs.items()}
        self.conversation = Conversation(
            lambda: [("t", name) for name in self.runs], self.open
        )

    def open(self, key: RunKey) -> ListRows:
        return self.runs[key[1]]

    def read_all(self, page: int = 60) -> list[str]:
        self.conversation.load_newer()
        while self.conversation.load_older(page):
            pass
        return self.texts

    @property
    def texts(self) -> list[str]:
        return [str(each.event.content) for each in self.conversation.messages]


def test_messages_with_the_same_seq_in_two_runs_are_all_shown_in_their_time() -> None:
    thread = Thread(
        before=[
            message(2, "FIRST", at=10),
            message(3, "ANSWER-ONE", at=11),
            message(4, "ANSWER-TWO", at=12),
        ],
        after=[message(3, "SECOND", at=20), message(4, "ANSWER-B", at=21)],
    )
    for page in (1, 2, 3, 60):
        thread.conversation = Conversation(
            lambda: [("t", name) for name in thread.runs], thread.open
        )
        texts = thread.read_all(page)
        assert texts == ["FIRST", "ANSWER-ONE", "SECOND", "ANSWER-TWO", "ANSWER-B"]


def test_a_page_never_splits_messages_of_the_same_seq() -> None:
    rows: list[AnyEvent] = [message(7, f"text {at}", at=at) for at in range(5)]
    thread = Thread(a=[message(1, "old"), *rows])
    thread.conversation.load_newer()
    assert thread.conversation.load_older(2) == 5
    assert not thread.conversation.complete
    assert thread.conversation.load_older(2) == 1
    assert thread.conversation.complete


def test_new_messages_with_lower_numbers_appear_at_their_position() -> None:
    thread = Thread(a=[message(5, "five"), message(9, "nine")])
    thread.read_all()
    thread.runs["b"] = ListRows([message(7, "seven"), message(2, "two")], ("t", "b"))
    assert thread.conversation.load_newer() == 1
    assert thread.texts == ["five", "seven", "nine"]
    assert not thread.conversation.complete
    thread.conversation.load_older(60)
    assert thread.texts == ["two", "five", "seven", "nine"]


def test_growth_is_read_without_reading_anything_again() -> None:
    rows: list[AnyEvent] = [message(seq, f"text {seq}") for seq in range(1, 31)]
    thread = Thread(a=rows)
    thread.read_all()
    thread.runs["a"].reads.clear()
    rows.append(message(31, "text 31"))
    assert thread.conversation.load_newer() == 1
    assert thread.runs["a"].reads == [30]


def test_a_run_that_is_replaced_or_removed_leaves_no_old_messages() -> None:
    thread = Thread(a=[message(1, "a")], b=[message(2, "b")])
    thread.read_all()
    thread.runs["a"].replace([message(1, "another a")])
    thread.conversation.load_newer()
    thread.conversation.load_older(60)
    assert thread.texts == ["another a", "b"]
    del thread.runs["b"]
    thread.conversation.load_newer()
    assert thread.texts == ["another a"]


def test_a_run_that_can_t_be_read_costs_only_its_own_messages() -> None:
    thread = Thread(a=[message(1, "a")], b=[message(2, "b"), BAD])
    thread.runs["b"].error = PermissionError("not yours")
    assert thread.read_all() == ["a"]
    assert thread.conversation.problems == {("t", "b"): "not yours"}


def test_rows_of_other_categories_are_no_messages() -> None:
    thread = Thread(a=[event(1, category="trace"), message(2, "a"), BAD])
    assert thread.read_all() == ["a"]


def test_messages_of_a_replaced_run_have_other_keys() -> None:
    thread = Thread(a=[message(1, "a")])
    thread.read_all()
    [before] = thread.conversation.messages
    thread.runs["a"].replace([message(1, "another a")])
    thread.conversation.load_newer()
    thread.conversation.load_older(60)
    [after] = thread.conversation.messages
    assert after.key != before.key
