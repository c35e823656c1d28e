"""Names made to be taken for others are told; the names that bots really use are left in peace."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.names import judge, one_slip, protected
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.finding import Severity

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
HONEST = json.loads(Path(__file__).with_name("honest_names.json").read_text("utf-8"))

IMITATIONS = [
    "cxct", "ccxtt", "python-binanace", "pyhton-binance", "pybitt", "web33", "reqeusts", "aiohtp", "py-clob-cllent",
    "hyperliquid-sdk", "ccxt-mexc-futures", "ccxt-binance", "freqtarde", "freqtrade-strategies", "bitcoinlib-dev",
    "bitcoinlibdbfix",
]  # fmt: skip


@pytest.mark.parametrize("name", IMITATIONS)
def test_an_imitation_is_told(name: str) -> None:
    assert judge(name, PYPI) is not None


@pytest.mark.parametrize(
    ("name", "rule", "like"),
    [
        ("pythonbinance", "deps/look-alike", "python-binance"),
        ("python_binance", "deps/look-alike", "python-binance"),
        ("binance-python-sdk", "deps/look-alike", "python-binance"),
        ("ccxtt", "deps/look-alike", "ccxt"),
        ("freqtrad3", "deps/look-alike", "freqtrade"),
        ("freqtrade-", "deps/look-alike", "freqtrade"),
        ("cryptograpny", "deps/look-alike", "cryptography"),
        ("hurnmingbot", "deps/look-alike", "hummingbot"),
        ("my-ccxt", "deps/combination-name", "ccxt"),
        ("pyfreqtradeapi", "deps/combination-name", "freqtrade"),
        ("сcxt", "deps/foreign-letters", "ccxt"),  # noqa: RUF001 - the first letter is the point
        ("ｃｃｘｔ", "deps/foreign-letters", "ccxt"),  # noqa: RUF001 - they are full-width
        ("ccxt\n", "deps/foreign-letters", "ccxt"),
        ("ccx\u200bt", "deps/foreign-letters", "ccxt"),
    ],
)
def test_each_trick_is_seen_through(name: str, rule: str, like: str) -> None:
    likeness = judge(name, PYPI)
    assert likeness is not None
    assert (likeness.rule.id, likeness.name) == (rule, like)


@pytest.mark.parametrize(
    "name", ["solana-web3.js", "@so1ana/web3.js", "@solana-/web3.js", "web3.js-solana", "ethres", "bs58x", "@evil/ccxt"]
)
def test_npm_has_its_own_names_to_be_imitated(name: str) -> None:
    assert judge(name, NPM) is not None


@pytest.mark.parametrize(
    "name", ["@solana/web3.js", "@solana/spl-token", "ethers", "bs58", "@types/bs58", "react", "ws"]
)
def test_names_of_npm_that_are_what_they_say_are_left_in_peace(name: str) -> None:
    assert judge(name, NPM) is None


@pytest.mark.parametrize("name", HONEST)
def test_a_name_that_bots_use_is_left_in_peace(name: str) -> None:
    assert judge(name, PYPI) is None


@pytest.mark.parametrize("ecosystem", list(Ecosystem))
def test_no_protected_name_is_taken_for_another(ecosystem: Ecosystem) -> None:
    assert [name for name in protected(ecosystem) if judge(name, ecosystem)] == []


@given(st.sampled_from(sorted(name for name in protected(PYPI) if len(name) > 5)), st.data())
def test_two_letters_that_changed_places_are_always_told(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 2))
    turned = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if turned.strip("-") == turned and "--" not in turned and turned != name:
        assert judge(turned, PYPI) is not None


@given(st.text(max_size=40))
def test_a_name_of_ordinary_letters_is_never_called_more_than_suspicious(name: str) -> None:
    likeness = judge(name, PYPI)
    if likeness and name.isascii() and name.isprintable() and " " not in name:
        assert likeness.rule.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("ccxt", "ccxt", False),
        ("cxct", "ccxt", True),
        ("cct", "ccxt", True),
        ("ccxtt", "ccxt", True),
        ("ccat", "ccxt", True),
        ("ccat1", "ccxt", False),
        ("xtcc", "ccxt", False),
        ("", "ccxt", False),
    ],
)
def test_one_slip_is_one_and_no_more(name: str, known: str, near: bool) -> None:
    assert one_slip(name, known) is near


def test_a_name_of_a_million_letters_is_judged_at_once() -> None:
    assert judge("a" * 1_000_000, PYPI) is None
    assert judge("py" * 500_000, PYPI) is None
