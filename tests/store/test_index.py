"""The rows of a file, as `LineIndex` finds them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import line
from tests.helpers.lines import files
from whitetail_store import CorruptLineError
from whitetail_store.event import decode
from whitetail_store.index import LineIndex


def rows(index: LineIndex, whole: bytes) -> list[bytes]:
    return [whole[slice(*index.span(row))] for row in range(len(index))]


def indexed(*chunks: bytes) -> list[bytes]:
    index = LineIndex()
    for chunk in chunks:
        index.feed(chunk)
    index.settle()
    index.assert_sound()
    return rows(index, b"".join(chunks))


def is_event(data: bytes) -> bool:
    try:
        decode(data)
    except CorruptLineError:
        return False
    return True


def test_an_empty_file_has_no_rows() -> None:
    assert indexed() == indexed(b"") == []


def test_a_line_is_a_row() -> None:
    assert indexed(line(1) + line(2)) == [line(1), line(2)]


def test_feed_returns_how_many_rows_it_completed() -> None:
    index = LineIndex()
    assert index.feed(line(1)[:20]) == 0
    assert index.feed(line(1)[20:] + line(2) + line(3)[:1]) == 2


def test_a_line_in_pieces_is_a_row() -> None:
    pieces = [bytes([byte]) for byte in line(1) + line(2)]
    assert indexed(*pieces) == [line(1), line(2)]


def test_a_line_ends_at_no_other_character() -> None:
    odd = line(1, content="a\u2028b\u2029c\x85d\x0b\x0c\x1c\x1d\x1ee")
    assert indexed(odd + b"a\rb\x0b\x0c\x1c\x1d\x1e\x85\n") == [
        odd,
        b"a\rb\x0b\x0c\x1c\x1d\x1e\x85\n",
    ]


def test_blank_lines_belong_to_the_row_that_follows() -> None:
    assert indexed(b"\n \n" + line(1) + b"\r\n" + line(2)) == [
        b"\n \n" + line(1),
        b"\r\n" + line(2),
    ]


def test_a_line_without_its_newline_is_a_row_once_it_parses() -> None:
    assert indexed(line(1) + line(2)[:-1]) == [line(1), line(2)[:-1]]
    assert indexed(line(1) + line(2)[:-2]) == [line(1)]


def test_a_newline_that_is_fed_later_joins_its_row() -> None:
    index = LineIndex()
    index.feed(line(1)[:-1])
    assert index.settle() == 1
    assert index.feed(b"\n" + line(2)) == 1
    assert rows(index, line(1) + line(2)) == [line(1), line(2)]


def test_an_event_glued_to_a_settled_row_is_a_row_of_its_own() -> None:
    index = LineIndex()
    index.feed(line(1)[:-1])
    index.settle()
    index.feed(line(2))
    assert rows(index, line(1)[:-1] + line(2)) == [line(1)[:-1], line(2)]


def test_only_the_torn_event_of_a_glued_line_is_lost() -> None:
    torn = line(1)[:50]
    assert indexed(torn + line(2) + line(3)) == [torn, line(2), line(3)]


def test_a_torn_event_hides_no_other_run_s_event() -> None:
    torn = line(1)[:34]
    assert torn == b'{"thread_id": "t", "run_id": "r", '
    foreign = line(3, run_id="other")
    assert indexed(line(1) + torn + foreign) == [line(1), torn, foreign]


def test_two_events_glued_are_two_rows() -> None:
    whole = line(1)[:-1]
    assert indexed(whole + line(2)) == [whole, line(2)]


def test_a_torn_event_between_two_is_a_row() -> None:
    first, torn = line(1)[:-1], line(2)[:60]
    assert indexed(first + torn + line(3)) == [first, torn, line(3)]


def test_an_event_between_two_torn_ones_is_a_row() -> None:
    first, whole, last = line(1)[:20], line(2)[:-1], line(3)[:60]
    assert indexed(first + whole + last + b"\n") == [first, whole, last + b"\n"]
    assert indexed(first + whole + last) == []


def test_garbage_behind_an_event_is_a_row() -> None:
    whole = line(1)[:-1]
    assert indexed(whole + b"oops\n" + line(2)) == [whole, b"oops\n", line(2)]


def test_a_zero_filled_tail_is_a_row_of_its_own() -> None:
    assert indexed(b"\0" * 512 + line(2)) == [b"\0" * 512, line(2)]


def test_an_event_that_quotes_another_is_one_row() -> None:
    quoting = line(1, content=line(2).decode())
    other = line(3, content={"thread_id": "t", "run_id": "r"})
    assert indexed(quoting + other) == [quoting, other]


def test_a_line_of_many_beginnings_is_bounded_work() -> None:
    torn = b'{"thread_id": ' * 50_000 + b"\n"
    assert b"".join(indexed(torn + line(1))) == torn + line(1)


def test_bytes_after_the_last_row_are_torn() -> None:
    index = LineIndex()
    index.feed(line(1) + line(2)[:30])
    assert index.torn_bytes == 30
    index.feed(line(2)[30:])
    assert index.torn_bytes == 0


@given(files, st.lists(st.integers(0, 400), max_size=8))
def test_the_rows_do_not_depend_on_the_pieces_that_are_fed(
    whole: bytes, cuts: list[int]
) -> None:
    at = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(at)]
    assert indexed(*pieces) == indexed(whole)


@given(files | st.binary())
def test_every_byte_is_in_one_row_or_after_the_last(whole: bytes) -> None:
    index = LineIndex()
    index.feed(whole)
    index.settle()
    index.assert_sound()
    together = b"".join(rows(index, whole))
    rest = whole[len(together) :]
    assert whole.startswith(together)
    assert index.fed == len(whole)
    assert index.torn_bytes == (len(rest) if rest.strip(b" \t\r\n") else 0)


@given(files)
def test_no_good_line_is_ever_hidden(whole: bytes) -> None:
    good = [each for each in whole.split(b"\n") if is_event(each)]
    found = iter([row.strip() for row in indexed(whole)])
    assert all(each.strip() in found for each in good)


def test_the_rows_behind_4_gib_have_their_offsets() -> None:
    index = LineIndex()
    index.feed(line(1) + line(2))
    piece = b"x" * (64 << 20)
    for _ in range(64):
        index.feed(piece)
    index.feed(b"\n" + line(3)[:-1])
    assert index.settle() == 1
    index.feed(b"\n" + line(4))
    index.assert_sound()
    ends = [len(line(1)), len(line(1) + line(2))]
    ends.append(ends[-1] + (4 << 30) + 1)
    ends += [ends[-1] + len(line(3)), ends[-1] + len(line(3) + line(4))]
    assert [index.span(row) for row in range(len(index))] == list(pairwise([0, *ends]))


def test_a_newline_that_joins_a_row_may_be_the_first_byte_behind_4_gib() -> None:
    index = LineIndex()
    piece = b"x" * (64 << 20)
    for _ in range(63):
        index.feed(piece)
    index.feed(piece[len(line(1)) + 1 :] + b"\n" + line(1)[:-1])
    assert index.settle() == 1
    assert index.span(1)[1] == 2**32 - 1
    index.feed(b"\n")
    assert index.span(1) == (2**32 - len(line(1)), 2**32)
