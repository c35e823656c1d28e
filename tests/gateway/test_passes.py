from pathlib import Path

import pytest

from ringfence import passes
from ringfence.errors import Misconfigured
from ringfence.model.names import BotName, ExchangeId

GRID = passes.Pass(BotName("grid"), ExchangeId("paper-binance"), "abcdefghijklmnopqrstuvwxyz234567")
EYES = passes.Pass(BotName("eyes"), ExchangeId("binance"), "765432zyxwvutsrqponmlkjihgfedcba")
BOTS = (("grid", "paper-binance"), ("eyes", "binance"))


def test_what_is_written_is_read_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "passes.toml"
    passes.write(path, (GRID, EYES))
    assert passes.read(path) == (GRID, EYES)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_file_is_no_pass(tmp_path: Path) -> None:
    assert passes.read(tmp_path / "passes.toml") == ()


BROKEN = [
    "[grid",
    '[grid]\nexchange = "binance"\n',
    f'[grid]\nexchange = "binance"\ntoken = "{GRID.token[:-1]}"\n',
    f'[grid]\nexchange = "binance"\ntoken = "{GRID.token}a"\n',
    f'[grid]\nexchange = "binance"\ntoken = "{GRID.token[:-1]}1"\n',
    '[grid]\nexchange = "binance"\ntoken = ""\n',
    f'[grid]\nexchange = "binance"\ntoken = "{GRID.token}"\nrole = "trade"\n',
    f'[grid]\nexchange = 1\ntoken = "{GRID.token}"\n',
    "grid = 1\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_opens_nothing_and_its_tokens_are_not_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "passes.toml"
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        passes.read(path)
    assert GRID.token[:8] not in f"{refused.value} {refused.value.hint}"


def test_bytes_that_are_no_text_open_nothing(tmp_path: Path) -> None:
    path = tmp_path / "passes.toml"
    path.touch(0o600)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured):
        passes.read(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_that_others_may_read_or_write_opens_nothing(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "passes.toml"
    passes.write(path, (GRID,))
    path.chmod(mode)
    with pytest.raises(Misconfigured, match="others may read"):
        passes.read(path)


WRONG = [
    ("grid", EYES.token),
    ("eyes", GRID.token),
    ("grid", ""),
    ("grid", GRID.token[:-1]),
    ("grid", f"{GRID.token}a"),
    ("grid", GRID.token.upper()),
    ("", GRID.token),
    ("grid:", GRID.token),
    ("nobody", GRID.token),
    ("grid", "ä" * 32),
]


@pytest.mark.parametrize(("bot", "token"), WRONG)
def test_only_a_bots_own_token_fits_it(bot: str, token: str) -> None:
    assert passes.find((GRID, EYES), bot, token) is None


def test_each_pass_is_found_by_what_it_is() -> None:
    assert passes.find((GRID, EYES), "grid", GRID.token) == GRID
    assert passes.find((GRID, EYES), "eyes", EYES.token) == EYES
    assert passes.find((), "grid", GRID.token) is None


def test_a_pass_does_not_show_its_token() -> None:
    assert GRID.token not in repr(GRID)


def test_bots_keep_their_passes_new_ones_get_one_and_those_that_have_gone_lose_theirs(tmp_path: Path) -> None:
    path = tmp_path / "passes.toml"
    assert passes.keep(path, BOTS[:1])
    [first] = passes.read(path)
    assert not passes.keep(path, BOTS[:1])
    assert passes.keep(path, BOTS)
    assert passes.read(path)[0] == first
    assert passes.keep(path, BOTS[1:])
    assert [one.bot for one in passes.read(path)] == ["eyes"]
    assert passes.keep(path, ())
    assert passes.read(path) == ()


def test_a_bot_that_has_moved_to_another_exchange_gets_a_new_token(tmp_path: Path) -> None:
    path = tmp_path / "passes.toml"
    passes.keep(path, [("grid", "paper-binance")])
    [before] = passes.read(path)
    passes.keep(path, [("grid", "binance")])
    [after] = passes.read(path)
    assert (after.exchange, after.token == before.token) == ("binance", False)


def test_a_broken_file_is_left_alone_unless_it_is_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "passes.toml"
    passes.write(path, (GRID,))
    path.chmod(0o644)
    with pytest.raises(Misconfigured):
        passes.keep(path, BOTS)
    assert passes.keep(path, BOTS, mend=True)
    assert passes.find(passes.read(path), "grid", GRID.token) is None  # whoever read it holds nothing any more


def test_tokens_are_not_repeated() -> None:
    assert len({passes.draw("grid", "binance").token for _ in range(200)}) == 200
