from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli import show
from ringfence.errors import Misconfigured


@given(st.text())
def test_what_is_plain_has_nothing_that_steers_a_terminal(text: str) -> None:
    assert show.plain(text).isprintable()
    assert len(show.plain(text)) == len(text)


@given(st.text())
def test_what_is_plain_stays_so(text: str) -> None:
    assert show.plain(show.plain(text)) == show.plain(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s ago"),
        (-5, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 minute ago"),
        (119, "1 minute ago"),
        (120, "2 minutes ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (172_800, "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit(seconds: int, said: str) -> None:
    assert show.ago(1_700_000_000_000, 1_700_000_000_000 + seconds * 1000) == said


@pytest.mark.parametrize(
    ("pair", "text", "style"),
    [
        (("0", "60"), "0 / 60", ""),
        (("47.99", "60"), "47.99 / 60", ""),
        (("48", "60"), "48 / 60", "yellow"),
        (("59.99", "60"), "59.99 / 60", "yellow"),
        (("60", "60"), "60 / 60", "bold red"),
        (("0.001", "60"), "0.01 / 60", ""),
        ((3, 20), "3 / 20", ""),
        (("5", "unlimited"), "5 / unlimited", ""),
        ((None, "60"), "? / 60", ""),
        (("5", None), "5 / ?", ""),
        (("5", "0"), "5 / 0", ""),
        (("nonsense", "60"), "nonsense / 60", ""),
    ],
)
def test_a_limit_is_coloured_where_little_is_left(
    pair: tuple[str | int | None, str | int | None], text: str, style: str
) -> None:
    shown = show.used(pair)
    assert (shown.plain, str(shown.style)) == (text, style)


@given(st.decimals(min_value=0, max_value=10**9, places=8))
def test_what_is_used_never_looks_like_less(spent: Decimal) -> None:
    shown = Decimal(show.used((str(spent), "60")).plain.split(" / ")[0])
    assert spent <= shown < spent + Decimal("0.01")


@pytest.mark.parametrize(("text", "said"), [("0E-8", "0"), ("0.00100000", "0.001"), ("1E+3", "1000"), ("x", "x")])
def test_amounts_have_no_exponent_and_no_idle_zeros(text: str, said: str) -> None:
    assert show.amount(text) == said


def test_an_error_without_a_hint_has_no_hint_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert show.fail(Misconfigured("not so"), as_json=False) == 2
    assert capsys.readouterr().err == "error: not so\n"


def test_a_long_error_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show.fail(Misconfigured("word " * 100), as_json=False)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_yes_in_advance_asks_nothing() -> None:
    confirm: Callable[..., None] = show.confirm
    confirm("sure?", yes=True)
