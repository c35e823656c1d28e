"""`deploy.toml`: what cannot be meant, or could be read otherwise by systemd, is refused."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.deploy import names
from ringfence.deploy.bots import Bot, check, load, text_of
from ringfence.deploy.units import line
from ringfence.errors import Misconfigured

GOOD = Bot(
    ("/opt/grid/.venv/bin/freqtrade", "trade", "-c", "user_data/config.json"), "/opt/grid", ("user_data/logs",), (8080,)
)


@pytest.mark.parametrize("bot", [GOOD, Bot(), replace(GOOD, jit=True, memory="512M", environment="/opt/grid/.env")])
def test_what_is_written_is_read_back(tmp_path: Path, bot: Bot) -> None:
    (tmp_path / "deploy.toml").write_text(text_of({"grid": bot, "other-1": Bot()}))
    assert load(tmp_path) == {"grid": bot, "other-1": Bot()}


def test_without_a_file_there_is_no_bot(tmp_path: Path) -> None:
    assert load(tmp_path) == {}


@pytest.mark.parametrize(
    "text", ["[bot.grid", "[bot.grid]\ncolour = 1\n", "[bot.grid]\nui = 'all'\n", "[bots.grid]\n", "\xff"]
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "deploy.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(Misconfigured, match=r"deploy\.toml"):
        load(tmp_path)


@pytest.mark.parametrize(
    "name", ["", "Grid", "a" * 29, "-grid", "gr id", "grid\n", "gríd", "../x", "a@b", "a.b", "a%n"]
)
def test_a_name_that_is_no_users_name_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match="its name has at most 28"):
        check(name, GOOD)


def test_the_longest_name_fits_a_users() -> None:
    check("a" * 28, GOOD)


@pytest.mark.parametrize(
    "directory",
    [
        "",
        "grid",
        "/",
        "/etc",
        "/home",
        "/var/lib",
        "/opt",
        "/usr/local",
        names.SUPERUSER_HOME,
        "/opt/../etc",
        "/opt/grid/../..",
        "//",
        "/./",
    ],
)
def test_a_directory_that_is_not_the_bots_own_is_refused(directory: str) -> None:
    with pytest.raises(Misconfigured, match="directory is not the absolute path"):
        check("grid", replace(GOOD, directory=directory))


@pytest.mark.parametrize("write", [".", "/etc", "../x", "logs/../../etc", ""])
def test_a_folder_to_write_to_is_below_the_directory(write: str) -> None:
    with pytest.raises(Misconfigured, match="below its directory"):
        check("grid", replace(GOOD, write=(write,)))


@pytest.mark.parametrize("word", ["a\nExecStartPre=/bin/sh", "a\x00", "a\tb", "é", "a\r"])
def test_what_could_begin_another_line_of_a_unit_is_refused(word: str) -> None:
    for bot in (replace(GOOD, command=(word,)), replace(GOOD, environment=word), replace(GOOD, write=(word,))):
        with pytest.raises(Misconfigured, match="only printable ASCII"):
            check("grid", bot)


@pytest.mark.parametrize("memory", ["", "2", "2T", "-2G", "0G", "2G\n", "2G TasksMax=1", "infinity"])
def test_memory_is_a_plain_size(memory: str) -> None:
    with pytest.raises(Misconfigured, match="memory is a number"):
        check("grid", replace(GOOD, memory=memory))


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_page_has_a_port(port: int) -> None:
    with pytest.raises(Misconfigured, match="ui is a list of ports"):
        check("grid", replace(GOOD, ui=(port,)))


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("plain", '"plain"'),
        ("$HOME", '"$$HOME"'),
        ("100%n", '"100%%n"'),
        ('say "no"', '"say \\"no\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("; rm -rf /", '"; rm -rf /"'),
        ("", '""'),
    ],
)
def test_nothing_in_a_command_is_expanded(word: str, written: str) -> None:
    assert line([word]) == written
