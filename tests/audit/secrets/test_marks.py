"""What has a form of its own: that no look before the expression passes over what it would have found."""

import re
from re import _parser  # type: ignore[attr-defined]  # how narrow an expression is, nobody else tells

import pytest

from ringfence.audit.secrets import marks
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn


@pytest.mark.parametrize(
    ("letters", "pattern"), [pytest.param(row[1], row[2], id=f"{row[3]} {row[1].decode()}") for row in marks._SIMPLE]
)
def test_what_is_looked_for_in_rows_without_a_blank_stands_in_such_a_row(
    letters: bytes, pattern: re.Pattern[str]
) -> None:
    assert letters.decode() in pattern.pattern.replace("\\", "")
    if letters not in marks._APART:
        assert _parser.parse(pattern.pattern).getwidth()[0] >= marks._TOGETHER
        assert r"\s" not in pattern.pattern


def test_half_a_character_hides_nothing() -> None:
    drawn = Drawn()
    pair = drawn.pair("binance")
    source = f'A = "\\ud800" + "x"\nB = "\\udfff {drawn.phrase()}" + ""\nKEY, SECRET = "{pair[0]}", "{pair[1]}"\n'
    found = [one.rule for one in scan("a.py", source.encode()) if hasattr(one, "rule")]
    assert "secrets/exchange-key" in found
    assert "secrets/seed-phrase" in found


def test_words_of_two_paragraphs_are_no_phrase() -> None:
    words = Drawn().phrase().split()
    assert not list(marks.marks(f"{' '.join(words[:6])}\n{' '.join(words[6:11])}\n\n{words[11]} of the test"))
    assert list(marks.marks(f"{' '.join(words[:6])}\n{' '.join(words[6:])}\n\nSeed of the test"))
    assert list(marks.marks("\n\n".join(words)))
    assert list(marks.marks("\n\n".join(f"{number}. {word}" for number, word in enumerate(words, 1))))


@pytest.mark.parametrize("before", [0, 1 << 20, (1 << 20) - 40, (1 << 20) - 300])
def test_a_phrase_is_found_once_wherever_it_stands_in_a_large_text(before: int) -> None:
    phrase = Drawn().phrase(24)
    text = "-" * before + f"\n{phrase}\n" + "-" * (1 << 20)
    assert [(one.text, one.start) for one in marks.marks(text)] == [(phrase, before + 1)]
