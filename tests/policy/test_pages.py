"""The pages about policy say what the program does."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.model.decision import Code
from ringfence.policy.bound import radius
from ringfence.policy.charge import EXIT_FRESH_SECONDS, FRESH_SECONDS
from ringfence.policy.load import (
    ACCOUNT_LIMITS,
    COUNTS,
    KINDS,
    LIMITS,
    MAX_COLLAR,
    MAX_FEE,
    MAX_TEXT,
    REQUIRED,
    WAITS,
    load,
)
from ringfence.policy.policy import UNLIMITED, BotPolicy
from ringfence.policy.rules.pace import exit_share
from ringfence.policy.symbols import CLASS, LISTED, MOST, VENUES
from ringfence.policy.times import as_duration
from tests.policy.world import GRID, TEXT, limited

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference/policy.md").read_text("utf-8")
RADIUS = (DOCS / "explanation/blast-radius.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """Read the first table under a heading."""
    section = REFERENCE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_example_of_the_reference_is_the_policy_of_these_tests() -> None:
    assert load(REFERENCE.split("```toml\n")[1].split("```")[0]) == load(TEXT)


def test_the_reference_has_every_limit_in_order_and_no_other() -> None:
    assert [row[0] for row in rows("`[bot.NAME.limits]`")] == [f"`{name}`" for name in REQUIRED]
    assert [row[0] for row in rows("Limits that may be left out")] == [f"`{name}`" for name in LIMITS[len(REQUIRED) :]]


@pytest.mark.parametrize("row", rows("Limits that may be left out"), ids=lambda row: row[0])
def test_the_reference_says_what_their_refusals_are_called(row: list[str]) -> None:
    assert row[3].strip("`") in {"", *Code}


def test_the_reference_has_every_limit_of_an_account() -> None:
    section = REFERENCE.split("## `[account.NAME.limits]`")[1].split("\n## ", 1)[0]
    assert [name for name in ACCOUNT_LIMITS if f"`{name}`" not in section] == []


def test_the_reference_has_every_key_of_an_account_and_a_bot() -> None:
    assert [row[0] for row in rows("`[change]`")] == ["`wait`"]
    assert [row[0] for row in rows("`[account.NAME]`")] == [
        *("`exchange`", "`currency`", "`fee`"),
        *("`self_trade`", "`read_share`"),
    ]
    assert [row[0] for row in rows("`[bot.NAME]`")] == [
        *("`account`", "`role`", "`symbols`", "`orders`", "`limits`"),
        "`guards`",
        *("`hours`", "`valid_from`", "`valid_until`", "`tunnels`", "`shadow_until`"),
    ]


def test_the_reference_has_every_key_of_a_class_of_symbols_and_its_bounds() -> None:
    found = rows("Symbols by class")
    assert [row[0] for row in found] == [f"`{name}`" for name in CLASS]
    ends = [f"a whole number from {of[0]} to {of[-1]}" for of in (MOST, VENUES)]
    assert [row[1] for row in found[:2]] == ends
    assert found[3][1] == f"a time from {as_duration(LISTED[0])} to {as_duration(LISTED[1])}"


@pytest.mark.parametrize("row", rows("`[bot.NAME.limits]`"), ids=lambda row: row[0])
def test_the_reference_says_which_limits_may_be_unlimited_and_what_refusals_are_called(row: list[str]) -> None:
    name = row[0].strip("`")
    text = "".join(f'{name} = "unlimited"\n' if line.startswith(f"{name} ") else line for line in _lines())
    if row[2].startswith("may be"):
        assert getattr(load(text).bots[GRID.name].limits, name) is UNLIMITED
    else:
        with pytest.raises(Exception, match=name):
            load(text)
    assert row[4].strip("`") in set(Code)


def _lines() -> list[str]:
    return TEXT.splitlines(keepends=True)


@pytest.mark.parametrize(
    "words",
    [
        f"a percentage, at most {MAX_FEE * 100:.0f}%",
        f"a percentage above 0%, at most {MAX_COLLAR * 100:.0f}%",
        f"a bare whole number from {COUNTS[0]} to {COUNTS[-1]}",
        f"at most {MAX_TEXT} characters",
        f"a time from {as_duration(WAITS[0])} to {as_duration(WAITS[1])}",
        f"{FRESH_SECONDS:g} seconds old, {EXIT_FRESH_SECONDS:g} for an exit",
        *(f'`"{word}"`' for word in KINDS),
    ],
)
def test_the_reference_has_the_programs_own_figures(words: str) -> None:
    assert words in " ".join(REFERENCE.split())


def test_the_reference_says_what_share_exits_have() -> None:
    assert "a fifth of `orders_per_minute`, at least 10 a minute" in " ".join(REFERENCE.split())
    assert (exit_share(1), exit_share(54), exit_share(55), exit_share(100)) == (10, 10, 11, 20)


@pytest.mark.parametrize(
    ("row", "policy"),
    [
        ("as it stands", GRID),
        ('`orders = ["market"]`', replace(GRID, kinds=(KINDS["market"],))),
        ('`loss_budget = "unlimited"`', limited(loss_budget=UNLIMITED)),
    ],
)
def test_the_worked_figures_are_the_programs(row: str, policy: BotPolicy) -> None:
    stealable, gambleable = radius(policy, confined=True)
    (line,) = [line for line in RADIUS.splitlines() if line.startswith(f"| {row} |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert (Decimal(cells[1]), Decimal(cells[-1])) == (stealable.amount, gambleable.amount)
    named = {term.name: term.amount for term in stealable.terms}
    assert Decimal(cells[-2]) == named["late references"]
