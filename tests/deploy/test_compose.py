"""The overlay: a bot without a network, beside a relay that has the doors and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ringfence.deploy.compose import Around, Wishes, kind_of, notes, overlay, relay_of, started
from ringfence.deploy.composed import REFUSED, RESET, read
from ringfence.errors import Misconfigured
from tests.deploy.composes import FREQTRADE, HUMMINGBOT

HERE = "/srv/bots/grid"
PLACES = (("127.0.0.1", 8300), ("127.0.0.1", 8118))
AROUND = Around("grid", (995, 994), PLACES, (8080,), "2G", "/var/lib/ringfence/trust")
ROOTLESS = Wishes(user="1001:1001")
GONE = "gone"
SCRATCH = "/tmp:size=256m,mode=1777"  # noqa: S108


class Loader(yaml.SafeLoader):
    """Reads Compose's two tags as Compose takes them."""


Loader.add_constructor("!reset", lambda loader, node: GONE)


def _override(loader: Loader, node: yaml.Node) -> object:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.ScalarNode)
    return yaml.safe_load(loader.construct_scalar(node))


Loader.add_constructor("!override", _override)


def written(
    text: str = FREQTRADE,
    name: str = "freqtrade",
    around: Around = AROUND,
    wishes: Wishes = Wishes(),  # noqa: B008  # a frozen value
    there: tuple[str, ...] = (),
) -> dict[str, Any]:
    made = overlay(read(text, name, HERE), around, wishes, lambda path: path if not there or path in there else "")
    found: dict[str, Any] = yaml.load(made, Loader=Loader)["services"]  # noqa: S506  # made from the safe one
    return found


def mounted(service: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    return {one["target"]: (one["source"], one["read_only"]) for one in service["volumes"]}


@pytest.mark.parametrize(
    ("text", "name", "wishes"), [(FREQTRADE, "freqtrade", Wishes()), (HUMMINGBOT, "hummingbot", ROOTLESS)]
)
def test_the_bot_has_the_relays_loopback_and_no_other_network_whatever_the_file_gave_it(
    text: str, name: str, wishes: Wishes
) -> None:
    found = written(text, name, wishes=wishes)
    bot, relay = found[name], found[relay_of("grid")]
    assert bot["network_mode"] == "service:ringfence-grid"
    assert relay["network_mode"] == "none"
    assert {bot[key] for key in (*RESET, *REFUSED)} == {GONE}
    assert {"networks", "ports", "dns", "extra_hosts", "links", "expose"} <= set(RESET)
    assert not {"ports", "networks", "privileged", "environment"} & set(relay)


@pytest.mark.parametrize("who", ["freqtrade", "ringfence-grid"])
def test_neither_can_raise_its_rights_or_change_its_program_or_take_all_there_is(who: str) -> None:
    service = written()[who]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["mem_limit"] == service["memswap_limit"]
    assert service["pids_limit"] <= 512
    assert service["user"] == {"freqtrade": "1000:1000", "ringfence-grid": "995:994"}[who]


def test_the_relay_sees_its_program_the_doors_and_the_pages_and_serves_no_other() -> None:
    relay = written()["ringfence-grid"]
    assert mounted(relay) == {
        "/relay.py": ("/etc/ringfence/relay.py", True),
        "/doors": ("/run/ringfence/doors/grid", True),
        "/pages": ("/run/ringfence-pages/grid", False),
    }
    assert relay["command"] == [
        "127.0.0.1:8300=/doors/127.0.0.1:8300.sock",
        "127.0.0.1:8118=/doors/127.0.0.1:8118.sock",
        "/pages/8080.sock=127.0.0.1:8080",
    ]
    assert relay["entrypoint"] == ["python3", "-I", "-S", "/relay.py"]
    assert relay["healthcheck"] == {"disable": True}  # the bot's own, where it is of the bot's image
    assert "sysctls" not in relay


def test_the_bot_sees_no_door() -> None:
    sources = [source for source, _ in mounted(written()["freqtrade"]).values()]
    assert not any("/run/" in source for source in sources)


def test_nothing_is_made_on_the_server_that_was_not_there() -> None:
    for service in written().values():
        assert all(one["type"] == "bind" and not one["bind"]["create_host_path"] for one in service["volumes"])


def test_without_pages_the_relay_may_write_nowhere() -> None:
    relay = written(around=Around("grid", (995, 994), PLACES, (), "2G", "/t"))["ringfence-grid"]
    assert all(read_only for _, read_only in mounted(relay).values())


def test_exchanges_names_come_with_their_hosts_file_and_the_low_port() -> None:
    around = Around("grid", (995, 994), (("127.0.0.91", 443),), (), "2G", "/t", "/etc/ringfence/hosts-grid")
    found = written(around=around)
    assert mounted(found["freqtrade"])["/etc/hosts"] == ("/etc/ringfence/hosts-grid", True)
    assert found["ringfence-grid"]["sysctls"] == {"net.ipv4.ip_unprivileged_port_start": 0}
    assert found["ringfence-grid"]["command"] == ["127.0.0.91:443=/doors/127.0.0.91:443.sock"]


def test_freqtrades_strategies_and_settings_that_are_there_are_only_to_be_read() -> None:
    data, inside = f"{HERE}/user_data", "/freqtrade/user_data"
    found = mounted(written(there=(f"{data}/strategies", f"{data}/live.json"))["freqtrade"])
    assert found == {
        f"{inside}/strategies": (f"{data}/strategies", True),
        f"{inside}/live.json": (f"{data}/live.json", True),  # its command says so
        "/var/lib/ringfence/trust": ("/var/lib/ringfence/trust", True),
    }


def test_hummingbots_scripts_are_mounted_anew_to_be_read_and_its_settings_stay_its_own() -> None:
    found = mounted(written(HUMMINGBOT, "hummingbot", wishes=ROOTLESS)["hummingbot"])
    assert found["/home/hummingbot/scripts"] == (f"{HERE}/scripts", True)
    assert found["/home/hummingbot/controllers"] == (f"{HERE}/controllers", True)
    assert "/home/hummingbot/conf" not in found


def test_a_strategy_folder_that_is_a_link_to_the_systems_files_is_refused() -> None:
    service = read(FREQTRADE, "freqtrade", HERE)
    with pytest.raises(Misconfigured, match="is the system's"):
        overlay(service, AROUND, Wishes(), lambda path: "/etc" if path.endswith("strategies") else "")


@pytest.mark.parametrize(
    ("row", "wish", "user"),
    [
        ("", "", "1000:1000"),
        ("user: '1002:1003'", "", "1002:1003"),
        ("user: '1002:1003'", "1004:1004", "1004:1004"),
        ("user: root", "", None),
        ("user: '0'", "", None),
        ("user: '0:1000'", "", None),
        ("user: '1000:0'", "", None),
        ("user: '00:1000'", "", None),
        ("user: '1000'", "", None),  # its image says the group, and that is root where it says none
        ("user: ftuser", "", None),
        ("user: '${UID}:${GID}'", "", None),
        ("user: '995:1000'", "", None),  # the relay's: the doors are for it
        ("user: '1000:994'", "", None),
        ("", "٩:٩", None),
    ],
)
def test_the_bot_is_somebody_who_is_neither_root_nor_the_relay(row: str, wish: str, user: str | None) -> None:
    text = FREQTRADE.replace("restart: unless-stopped", row or "restart: always")
    if user is None:
        with pytest.raises(Misconfigured):
            written(text, wishes=Wishes(user=wish))
        return
    assert written(text, wishes=Wishes(user=wish))["freqtrade"]["user"] == user


def test_who_an_unknown_bot_runs_as_has_to_be_said() -> None:
    with pytest.raises(Misconfigured, match="is not known") as refused:
        written(HUMMINGBOT, "hummingbot")
    assert "--user UID:GID" in str(refused.value.hint)


def test_the_relay_takes_the_bots_image_or_the_one_that_is_given_and_never_none() -> None:
    assert written()["ringfence-grid"]["image"] == "freqtradeorg/freqtrade:stable"
    pinned = "python:3.13-slim@sha256:" + "a" * 64
    assert written(wishes=Wishes(image=pinned))["ringfence-grid"]["image"] == pinned
    with pytest.raises(Misconfigured, match="needs an image"):
        written("services:\n  bot:\n    build: .\n", "bot", wishes=ROOTLESS)


def test_a_file_that_has_the_relay_already_is_refused() -> None:
    with pytest.raises(Misconfigured, match="has a service ringfence-grid already"):
        written(FREQTRADE + "  ringfence-grid:\n    image: x\n")


@pytest.mark.parametrize(
    ("rows", "memory"),
    [
        ("", [SCRATCH]),
        ("tmpfs: /cache", ["/cache", SCRATCH]),
        ("tmpfs: ['/tmp:size=1g', /cache]", ["/tmp:size=1g", "/cache"]),  # noqa: S108
    ],
)
def test_what_the_file_keeps_in_memory_stays_and_there_is_one_place_for_scratch(rows: str, memory: list[str]) -> None:
    """An engine starts nothing where a place is taken twice."""
    text = FREQTRADE.replace("restart: unless-stopped", rows or "restart: always")
    assert written(text)["freqtrade"]["tmpfs"] == memory


def test_a_volume_at_the_place_for_scratch_is_enough() -> None:
    text = FREQTRADE.replace('- "./user_data', '- data:/tmp\n      - "./user_data')
    assert written(text)["freqtrade"]["tmpfs"] == []


def test_a_bot_that_must_write_among_its_programs_files_may_and_its_owner_is_told() -> None:
    wishes = Wishes(writable=True)
    assert written(wishes=wishes)["freqtrade"]["read_only"] is False
    assert any("stay writable" in note for note in notes(read(FREQTRADE, "freqtrade", HERE), AROUND, wishes))


@pytest.mark.parametrize(
    ("image", "known"),
    [
        ("freqtradeorg/freqtrade:stable", True),
        ("ghcr.io/freqtrade/freqtrade:2026.9@sha256:00", True),
        ("example/bot:1", False),
        ("example/bot@sha256:freqtrade", False),
        ("", False),
    ],
)
def test_a_bot_is_known_by_the_name_of_its_image(image: str, known: bool) -> None:
    found = kind_of(read(f"services:\n  bot:\n    image: '{image}'\n", "bot", HERE))
    assert (found is not None) is known


@pytest.mark.parametrize(
    ("pages", "text", "image", "said"),
    [
        ((8080,), FREQTRADE, "x@sha256:00", []),
        ((), FREQTRADE, "x@sha256:00", ["no longer published: 127.0.0.1:8080:8080"]),
        ((8081,), FREQTRADE, "x@sha256:00", ["no longer published"]),
        ((8080,), FREQTRADE.replace("8080:8080", "8080:8080/tcp"), "x@sha256:00", []),
        ((8080,), FREQTRADE, "", ["is not pinned"]),
        ((8080,), FREQTRADE.replace("restart: unless-stopped", "depends_on: [db]"), "x@sha256:0", ["cannot reach db"]),
        ((8080,), FREQTRADE.replace("freqtradeorg/freqtrade", "bot"), "x@sha256:0", ["nobody has looked at this bot"]),
    ],
)
def test_what_no_longer_works_and_what_could_be_tighter_is_said(
    pages: tuple[int, ...], text: str, image: str, said: list[str]
) -> None:
    around = Around("grid", (995, 994), PLACES, pages, "2G", "/t")
    found = notes(read(text, "freqtrade", HERE), around, Wishes(image=image))
    assert len(found) == len(said)
    assert all(part in note for part, note in zip(said, found, strict=True))


def test_the_two_files_are_started_by_their_names_in_their_folder() -> None:
    line = "docker compose -f docker-compose.yml -f docker-compose.ringfence.yml up -d"
    assert started(f"{HERE}/docker-compose.yml", f"{HERE}/docker-compose.ringfence.yml") == line


def test_no_part_is_left_to_be_filled_in_by_the_environment_but_the_image() -> None:
    text = FREQTRADE.replace("freqtrade:stable", "freqtrade:${TAG}")
    found = written(text)
    assert found["ringfence-grid"].pop("image") == "freqtradeorg/freqtrade:${TAG}"
    assert "$" not in json.dumps(found)


def test_it_says_who_wrote_it_and_what_it_takes() -> None:
    made = overlay(read(FREQTRADE, "freqtrade", HERE), AROUND, Wishes(), lambda path: "")
    assert "Docker Compose 2.24.4 or later" in made.splitlines()[0]
    page = made.splitlines()[1].removeprefix("# ")
    assert (Path(__file__).parents[2] / page).is_file()
    assert "ports: !reset null" in made
    assert "network_mode: !override 'service:ringfence-grid'" in made
