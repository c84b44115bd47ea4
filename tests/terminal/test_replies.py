"""What a terminal sends that is no key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.terminal.replies import ReplyFilter

REPLIES = [
    "\x1b]11;rgb:dddd/eeee/ffff\x1b\\",
    "\x1b]11;rgb:dddd/eeee/ffff\x07",
    "\x1b]lbody dyed\x1b\\",
    "\x1b]Lquit\x07",
    "\x1b[?62;22;52c",
    "\x1b[>1;4402;0c",
    "\x1b[?1u",
    "\x1b[?996;1n",
    "\x1b[0n",
    "\x1b[8;24;80t",
    "\x1b[?12;2$y",
    "\x1b[?1;0;256S",
    "\x1b[2;1;1;120;120;1;0x",
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1bP!|00000000\x07",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b^dddy\x1b\\",
    "\x1bXdddy\x1b\\",
    "\udc9ddddy\udc9c",
    "\x1b[M dy",
]
KEYS = [
    *("d", "y", "\r", "\x03", "é", "\x1b[A", "\x1b[1;5B", "\x1b[3~", "\x1bOP", "\x1bf"),
    *("\x1b[27u", "\x1b[100;;100u", "\x1b[[A", "\x1b[3$", "\x1b[I", "\x1b[O"),
    *("\x1b[<0;3;4M", "\x1b[<35;3;4m", "\x1b[?2026;2$y"),
    *("\x1b[48;36;120;0;0t", "\x1b[200~dy\x1b]0;\x1b[201~"),
]


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_no_key_however_it_is_split(reply: str) -> None:
    for at in range(len(reply)):
        replies = ReplyFilter()
        assert replies.feed(reply[:at]) + replies.feed(f"{reply[at:]}j") == "j"
        replies = ReplyFilter()
        assert "".join(map(replies.feed, f"{reply}j")) == "j"


@pytest.mark.parametrize("key", KEYS)
def test_a_key_an_event_and_a_paste_are_used_however_they_are_split(key: str) -> None:
    for at in range(len(key)):
        replies = ReplyFilter()
        assert replies.feed(key[:at]) + replies.feed(f"{key[at:]}j") == f"{key}j"


def test_an_escape_is_a_key_once_nothing_follows() -> None:
    replies = ReplyFilter()
    assert replies.feed("\x1b") == ""
    assert replies.delay_s == 0.1
    assert replies.give_up() == "\x1b"
    assert replies.delay_s is None
    assert replies.feed("\x1b\x1b") + replies.give_up() == "\x1b\x1b"


@pytest.mark.parametrize("start", ["\x1b]11;rgb:dd", "\x1b[?62;2", "\x1bPdy", "\x1b["])
def test_a_reply_that_never_ends_is_dropped_and_the_next_key_is_used(
    start: str,
) -> None:
    replies = ReplyFilter()
    assert replies.feed(start) == ""
    assert replies.delay_s == 1.0
    assert replies.give_up() == ""
    assert replies.feed("j") == "j"


@given(st.lists(st.sampled_from(REPLIES + KEYS)), st.integers(1, 7))
def test_of_any_mixture_all_keys_are_used_and_no_reply(
    parts: list[str], size: int
) -> None:
    text = "".join(parts)
    replies = ReplyFilter()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    used = "".join(map(replies.feed, pieces)) + replies.give_up()
    assert used == "".join(part for part in parts if part in KEYS)


@given(st.text(st.sampled_from("\x1b[]OP?>;0129$<Mcuy~\\\x07d \x9b"), max_size=40))
def test_nothing_that_was_typed_is_invented(text: str) -> None:
    replies = ReplyFilter()
    used = replies.feed(text) + replies.give_up()
    rest = iter(text.replace("\x9b", "\x1b["))
    assert all(char in rest for char in used)
