"""Leave no parameter unread: what has two readings has none."""

import contextlib
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.fields import MOST_FIELDS, Fields, number, plain, whole
from ringfence.errors import Misread
from ringfence.model.request import Request


class Colour(StrEnum):
    RED = "RED"


def fields(query: bytes = b"", body: bytes = b"", method: str = "POST", kind: str | None = None) -> Fields:
    headers = (("Content-Type", kind),) if kind is not None else ()
    return Fields(Request(method, "h", "/p", query, headers, body))


@pytest.mark.parametrize(
    ("why", "query", "body"),
    [
        ("sent twice in the query", b"a=1&a=2", b""),
        ("sent twice with the same value", b"a=1&a=1", b""),
        ("sent in query and body", b"a=1", b"a=1"),
        ("sent twice, once in disguise", b"quantity=1&%71uantity=1000", b""),
        ("sent in query and body, once in disguise", b"quantity=1", b"%71uantit%79=1000"),
        ("a value that is empty", b"a=", b""),
        ("a name that is empty", b"=1", b""),
        ("no equals sign", b"a", b""),
        ("a pair that is empty", b"a=1&&b=2", b""),
        ("an ampersand at the end", b"a=1&", b""),
        ("a lone ampersand", b"&", b""),
        ("an escape cut short", b"a=%4", b""),
        ("an escape of other letters", b"a=%zz", b""),
        ("an escape that hides a null", b"a=%00", b""),
        ("an escape that hides a line end", b"a=1%0d%0aX-Evil:%201", b""),
        ("a raw control byte", b"a=1\x01", b""),
        ("a tab", b"a=1\t", b""),
        ("a byte that is not ASCII", b"a=\xff", b""),
        ("full-width letters", "symbol=\uff22\uff34\uff23USDT".encode(), b""),
        ("Cyrillic letters in escapes", b"symbol=BTCUSD%D0%A2", b""),
        ("a name that is not a name", b"a[0]=1", b""),
        ("a name with a space", b"a%20=1", b""),
        ("a name that starts with a digit", b"0=1", b""),
        ("a JSON body", b"", b'{"quantity": 1}'),
        ("a JSON body with an equals sign", b"", b'{"a":"b=c"}'),
        ("a JSON list", b"", b'[{"symbol":"BTCUSDT"}]'),
        ("the rest of a value that began in the query", b"quantity=1", b"0&price=5"),
    ],
)
def test_nonsense_is_refused(why: str, query: bytes, body: bytes) -> None:
    with pytest.raises(Misread):
        fields(query, body)


def test_sixty_four_parameters_are_read_and_one_more_is_not() -> None:
    pairs = [f"a{index}=1".encode() for index in range(MOST_FIELDS + 1)]
    fields(b"&".join(pairs[:-1]))
    for query, body in ((b"&".join(pairs), b""), (b"&".join(pairs[:40]), b"&".join(pairs[40:]))):
        with pytest.raises(Misread):
            fields(query, body)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "application/json", "text/plain", "?"])
def test_query_and_body_are_read_whatever_method_and_content_type_say(method: str, kind: str | None) -> None:
    read = fields(b"a=1", b"b=2", method, kind)
    assert (read.text("a"), read.text("b")) == ("1", "2")
    read.done()


def test_a_parameter_that_nobody_read_is_refused() -> None:
    read = fields(b"a=1&b=2")
    read.text("a")
    with pytest.raises(Misread, match="b: not described"):
        read.done()


def test_a_parameter_is_there_until_it_is_read() -> None:
    read = fields(b"a=1")
    assert read.has("a")
    read.text("a")
    assert not read.has("a")
    with pytest.raises(Misread, match="missing"):
        read.text("a")


def test_names_are_told_apart_by_case() -> None:
    read = fields(b"symbol=A&Symbol=B")
    assert read.text("symbol") == "A"
    with pytest.raises(Misread):
        read.done()


AMOUNTS_REFUSED = [
    *("", "-1", "+1", " 1", "1 ", "01", "00", ".5", "1.", "1,5", "1_000", "1e3", "1E3", "0x10", "NaN", "nan"),
    *("Infinity", "inf", "1\n", "\u0661", "\uff11", "1.0.0", "1" * 19, "1." + "0" * 19, "--1", "½"),
]


@pytest.mark.parametrize("text", AMOUNTS_REFUSED)
def test_a_number_that_is_not_plain_digits_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        number("quantity", text)


@pytest.mark.parametrize("text", ["0", "1", "0.1", "10.50", "9" * 18, "0." + "0" * 17 + "1", "9" * 18 + "." + "9" * 18])
def test_a_plain_number_is_taken_as_it_stands(text: str) -> None:
    assert number("quantity", text) == Decimal(text)


@pytest.mark.parametrize("text", ["0", "0.0", "0.000000000000000000"])
def test_an_amount_of_zero_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        fields(f"quantity={text}".encode()).amount("quantity")


@pytest.mark.parametrize(("text", "fits"), [("1", True), ("10", True), ("0", False), ("11", False), ("010", False)])
def test_a_whole_number_keeps_its_bounds(text: str, fits: bool) -> None:
    if fits:
        assert whole("limit", text, 10, 1) == int(text)
    else:
        with pytest.raises(Misread):
            whole("limit", text, 10, 1)


@pytest.mark.parametrize("text", ["red", "RED ", "BLUE", "RED%20", "R%45D%00"])
def test_a_word_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        fields(f"c={text}".encode()).choice("c", Colour)


def test_a_known_word_is_taken_even_in_escapes() -> None:
    assert fields(b"c=%52ED").choice("c", Colour) is Colour.RED


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal(100), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("0.00100000"), "0.001"),
        (Decimal("10.0"), "10"),
        (Decimal("123456789012345678.123456789012345678"), "123456789012345678.123456789012345678"),
    ],
)
def test_an_amount_is_written_with_plain_digits_and_never_rounded(amount: Decimal, text: str) -> None:
    assert plain("quantity", amount) == text


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "Infinity", "1E+18", "1E-19"])
def test_an_amount_that_could_not_be_read_back_is_not_written(text: str) -> None:
    with pytest.raises(Misread):
        plain("quantity", Decimal(text))


@given(st.decimals(min_value="0.00000001", max_value="999999999", places=8))
def test_what_is_written_reads_back_as_the_same_amount(amount: Decimal) -> None:
    assert number("quantity", plain("quantity", amount)) == amount


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_read_or_misread_and_nothing_else_happens(query: bytes, body: bytes) -> None:
    with contextlib.suppress(Misread):
        fields(query, body)
