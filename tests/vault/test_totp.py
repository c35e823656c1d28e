"""The codes are those of RFC 6238, and typing them is forgiving where that costs nothing."""

import pytest

from ringfence.vault.totp import Code, code, matching_step, read, recovery_hash

SEED = memoryview(b"12345678901234567890")

# RFC 6238, appendix B (SHA-1), the last six of the eight digits
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]


@pytest.mark.parametrize(("seconds", "digits"), VECTORS)
def test_the_codes_are_those_of_the_standard(seconds: int, digits: str) -> None:
    assert code(SEED, seconds // 30) == digits.encode()
    assert matching_step(SEED, digits.encode(), seconds) == seconds // 30


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [
        (1_111_111_049, False),
        (1_111_111_050, True),
        (1_111_111_080, True),
        (1_111_111_139, True),
        (1_111_111_140, False),
    ],
)
def test_a_code_is_good_from_the_step_before_its_own_to_the_one_behind(seconds: int, fits: bool) -> None:
    assert (matching_step(SEED, b"081804", seconds) is not None) is fits  # its own is 1_111_111_080 to ...109


@pytest.mark.parametrize("typed", ["081804", "081 804", " 081804 ", "081-804"])
def test_six_digits_are_read_however_they_are_spaced(typed: str) -> None:
    assert read(typed) == Code(digits=b"081804")


@pytest.mark.parametrize("typed", ["ABCD-EFGH-IJKL-MNOP-QRST-UVWX", "abcd efgh ijkl mnop qrst uvwx"])
def test_a_recovery_code_is_read_however_it_is_grouped(typed: str) -> None:
    assert read(typed) == Code(recovery=recovery_hash("ABCDEFGHIJKLMNOPQRSTUVWX"))


@pytest.mark.parametrize(
    "typed",
    ["", "08180", "0818044", "08180x", "\u0660\u0661\u0662\u0663\u0664\u0665", "A" * 23, "A" * 25, "A" * 23 + "1"],
)
def test_nothing_else_is_a_code(typed: str) -> None:
    assert read(typed) is None
