"""`ringfence compose` writes beside a bot's compose file, and nothing where the bot could not be confined."""

import os
import pwd
import socket
from pathlib import Path

import pytest
import yaml

from tests.cli.terminal import Said, ringfence
from tests.deploy.composes import FREQTRADE, HUMMINGBOT

SETTINGS = '[listeners.paper]\nexchange = "paper-binance"\nport = 8300\n\n[proxy]\nport = 8118\n'
OTHERS = 4321


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with a bot in a container, and one that systemd starts."""
    made = tmp_path / "home"
    made.mkdir()
    (made / "ringfence.toml").write_text(SETTINGS)
    (made / "deploy.toml").write_text("[bot.grid]\ncontainer = true\nui = [8080]\n\n[bot.other]\n")
    there = {"bot-grid": pwd.struct_passwd(("bot-grid", "x", 995, 994, "", "/", ""))}
    monkeypatch.setattr("ringfence.cli.compose.pwd.getpwnam", lambda name: there[name])
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with freqtrade's compose file and what the bot has."""
    made = tmp_path / "ft"
    (made / "user_data/strategies").mkdir(parents=True)
    (made / "user_data/live.json").write_text("{}")
    (made / "docker-compose.yml").write_text(FREQTRADE)
    return made


def compose(home: Path, folder: Path, *more: str, service: str = "freqtrade", bot: str = "grid") -> Said:
    file = str(folder / "docker-compose.yml")
    return ringfence(home, "compose", file, "--service", service, "--bot", bot, *more)


def test_the_overlay_is_written_beside_the_file_and_how_to_start_both_is_said(home: Path, folder: Path) -> None:
    said = compose(home, folder)
    assert said.code == 0, said.err
    text = (folder / "docker-compose.ringfence.yml").read_text()
    assert "127.0.0.1:8118=/doors/127.0.0.1:8118.sock" in text
    assert f"{folder}/user_data/live.json" in text
    assert "user: 995:994" in text
    assert f"{home}/trust" in text
    assert "docker compose -f docker-compose.yml -f docker-compose.ringfence.yml up -d" in said.out
    assert "COMPOSE_FILE=docker-compose.yml:docker-compose.ringfence.yml" in said.out
    assert "nothing is proven before" in said.out
    assert (folder / "docker-compose.yml").read_text() == FREQTRADE


def test_with_print_it_is_shown_and_nothing_is_written(home: Path, folder: Path) -> None:
    said = compose(home, folder, "--print")
    compose(home, folder)
    assert said.out == (folder / "docker-compose.ringfence.yml").read_text()
    (folder / "docker-compose.ringfence.yml").unlink()
    compose(home, folder, "--print")
    assert not (folder / "docker-compose.ringfence.yml").exists()


def test_with_another_name_two_bots_of_one_file_have_an_overlay_each(home: Path, folder: Path) -> None:
    assert compose(home, folder, "--output", "grid.yml").code == 0
    assert (folder / "grid.yml").is_file()


@pytest.mark.parametrize("name", ["../x.yml", "/x.yml", "docker-compose.yml", "a/b.yml", "..", "grid"])
def test_it_writes_nowhere_but_beside_the_file_and_not_over_it(home: Path, folder: Path, name: str) -> None:
    said = compose(home, folder, "--output", name)
    assert said.code == 2
    assert "is no other name beside" in said.err
    assert (folder / "docker-compose.yml").read_text() == FREQTRADE


def test_a_link_that_somebody_put_where_the_overlay_goes_is_replaced_and_not_followed(home: Path, folder: Path) -> None:
    precious = folder.parent / "precious"
    precious.write_text("x")
    (folder / "docker-compose.ringfence.yml").symlink_to(precious)
    (folder / "docker-compose.ringfence.new").symlink_to(precious)
    assert compose(home, folder).code == 0
    assert precious.read_text() == "x"
    assert not (folder / "docker-compose.ringfence.yml").is_symlink()


@pytest.mark.parametrize(
    ("bot", "said"),
    [("other", "is not deployed as one in a container"), ("nobody", "is not deployed as one in a container")],
)
def test_a_bot_that_has_no_doors_is_refused_with_what_makes_them(home: Path, folder: Path, bot: str, said: str) -> None:
    refused = compose(home, folder, bot=bot)
    assert refused.code == 2
    assert said in refused.err
    assert f"ringfence deploy --bot {bot} --container" in refused.err


def test_a_bot_whose_doors_user_is_not_there_yet_is_refused(home: Path, folder: Path) -> None:
    (home / "deploy.toml").write_text("[bot.fresh]\ncontainer = true\n")
    refused = compose(home, folder, bot="fresh")
    assert "there is no user bot-fresh" in refused.err


def test_a_link_to_the_systems_files_is_followed_before_it_is_judged(home: Path, folder: Path) -> None:
    (folder / "user_data").rename(folder / "old")
    (folder / "user_data").symlink_to("/etc")
    refused = compose(home, folder)
    assert refused.code == 2
    assert "is the system's" in refused.err
    assert not (folder / "docker-compose.ringfence.yml").exists()


def test_a_socket_is_refused_whatever_its_name(home: Path, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "harmless"))
        text = FREQTRADE.replace('- "./user_data', '- "./harmless:/harmless:ro"\n      - "./user_data')
        (folder / "docker-compose.yml").write_text(text)
        assert "is a socket" in compose(home, folder).err


@pytest.mark.parametrize("own", [".:/app", "./docker-compose.yml:/app/x", "./.env:/app/.env"])
def test_what_starts_the_bot_is_not_the_bots_to_write(home: Path, folder: Path, own: str) -> None:
    text = FREQTRADE.replace("./user_data:/freqtrade/user_data", own)
    (folder / "docker-compose.yml").write_text(text)
    assert "holds the compose file" in compose(home, folder).err


def test_hummingbot_runs_as_who_owns_its_folders_and_not_as_root(home: Path, folder: Path) -> None:
    (folder / "docker-compose.yml").write_text(HUMMINGBOT)
    for name in ("conf/connectors", "logs", "scripts", "controllers"):
        (folder / name).mkdir(parents=True)
    refused = compose(home, folder, service="hummingbot")
    assert "would run as root" in refused.err or os.getuid() != 0
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, OTHERS, OTHERS)
    assert compose(home, folder, service="hummingbot").code == 0
    owner = f"{OTHERS}:{OTHERS}" if os.getuid() == 0 else f"{os.getuid()}:{os.getgid()}"
    text = (folder / "docker-compose.ringfence.yml").read_text()
    assert f"user: {owner}" in text
    assert "/home/hummingbot/scripts" in text
    if os.getuid() == 0:
        (folder / "logs").chmod(0o755)
        os.chown(folder / "logs", OTHERS + 1, OTHERS)
        assert "is not known" in compose(home, folder, service="hummingbot").err


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_is_not_there_or_is_no_text_is_said(home: Path, folder: Path, content: bytes | None) -> None:
    (folder / "docker-compose.yml").unlink()
    if content is not None:
        (folder / "docker-compose.yml").write_bytes(content)
    assert compose(home, folder).code == 2


def test_deploy_toml_that_cannot_be_read_is_an_error(home: Path, folder: Path) -> None:
    (home / "deploy.toml").write_text("[bot")
    assert compose(home, folder).code == 2


def test_what_is_written_is_one_yaml_document_with_the_two_services(home: Path, folder: Path) -> None:
    class Loader(yaml.SafeLoader):
        """Takes any tag."""

    Loader.add_multi_constructor("!", lambda loader, tag, node: None)
    document = yaml.load(compose(home, folder, "--print").out, Loader=Loader)  # noqa: S506  # made from the safe one
    assert set(document) == {"services"}
    assert set(document["services"]) == {"freqtrade", "ringfence-grid"}
