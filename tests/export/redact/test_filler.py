from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.redacted import KEY, words
from whitetail.export.redact.filler import Filler, alphabet

any_text = st.text(st.characters(codec=None))

SENTENCES = [
    "The deer crosses the river before sunrise, and disappears among the trees.",
    "Das Reh überquert den Fluß; ÜBERALL liegt dichter Nebel über den Wiesen.",
    "Олень переходит реку на рассвете, и никто не видит, куда он уходит.",
    "鹿在黎明时分渡过河流没有人看见它去了哪里。冬天的森林非常安静。",
    "しかはよあけにかわをわたり、だれもそのゆくえをみていない。",
    "シカハヨアケニカワヲワタリ、ダレモソノユクエヲミテイナイ。",
    "사슴은새벽에강을건너고아무도어디로가는지보지못한다.",
    "Ελάφι διασχίζει ποτάμι πριν από την ανατολή ηλίου.",
    "האייל חוצה את הנהר לפני הזריחה ואיש אינו רואה לאן הוא הולך",
    "الغزال يعبر النهر قبل شروق الشمس ولا يرى أحد إلى أين يذهب",
]


def fill(text: str) -> str:
    return Filler(KEY).fill(text)


def size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@given(any_text)
def test_a_filler_has_as_many_characters_and_bytes(text: str) -> None:
    filled = fill(text)
    assert len(filled) == len(text)
    assert size(filled) == size(text)


@given(any_text)
def test_each_character_keeps_its_category(text: str) -> None:
    kinds = [list(map(unicodedata.category, each)) for each in (text, fill(text))]
    assert kinds[0] == kinds[1]


@given(any_text, st.binary())
def test_the_same_text_has_the_same_filler(text: str, key: bytes) -> None:
    assert Filler(key).fill(text) == Filler(key).fill(text)


def test_another_key_makes_another_filler() -> None:
    assert Filler(b"one").fill(SENTENCES[0]) != Filler(b"two").fill(SENTENCES[0])


def test_each_character_depends_on_the_whole_text() -> None:
    one, other = fill("a deer in the snow"), fill("a deer in the snot")
    assert one[:17] != other[:17]


@pytest.mark.parametrize("text", SENTENCES)
def test_no_word_survives(text: str) -> None:
    original = words([text])
    assert original
    for number in range(200):
        assert not original & words([Filler(b"%d" % number).fill(text)])


def test_a_filler_is_no_word_of_another_text() -> None:
    # Each word is a text of its own, so that many fillers of few letters are made.
    vocabulary = [f"{a}{b}{c}er" for a in "bdfmst" for b in "aeiou" for c in "dlnrt"]
    vocabulary += ["https", "xhtml", "grrrr", "psst", "rhythms", "crypt"]
    original = words(vocabulary)
    assert not original & words(map(fill, vocabulary))


@pytest.mark.parametrize(
    "text", ["- [x] **:** `#` | --- |", " \t\r\n", "\\n \\t \\\\", "🏽\u200d\ufe0f"[1:]]
)
def test_what_carries_no_word_stays(text: str) -> None:
    assert fill(text) == text


def test_a_character_of_a_large_script_can_become_any_other() -> None:
    assert len(alphabet("鹿")) > 20_000
    assert len(alphabet("슴")) > 11_000


@pytest.mark.parametrize(
    "digits", ["0", "-0", "7", "10", "2026", "0.5", "-12.50", "1e10", "6.02E+23", "007"]
)
def test_a_number_keeps_its_form(digits: str) -> None:
    changed = Filler(KEY).number(digits)
    form = str.maketrans("123456789", "999999999")
    begin = digits.lstrip("-")[0] == "0"
    assert len(changed) == len(digits)
    assert (changed.lstrip("-")[0] == "0") == begin
    assert [c for c in changed if not c.isdigit()] == [
        c for c in digits if not c.isdigit()
    ]
    mantissa, _, exponent = digits.lower().partition("e")
    assert changed.lower().partition("e")[2] == exponent
    assert len(mantissa.translate(form)) == len(changed.lower().partition("e")[0])


def test_a_number_has_another_value() -> None:
    numbers = [str(number) for number in range(1_000, 1_100)]
    changed = [Filler(KEY).number(each) for each in numbers]
    assert sum(a != b for a, b in zip(numbers, changed, strict=True)) > 95
    assert len(set(changed)) > 80
