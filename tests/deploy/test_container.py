"""A bot in a container: doors for its relay alone, a probe in its network, and nothing of it that systemd starts."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.deploy import names
from ringfence.deploy.bots import Bot, check, load, text_of
from ringfence.deploy.layout import places
from ringfence.deploy.wants import File, Folder, Running, User
from ringfence.errors import Misconfigured
from ringfence.gateway.ports import _DOOR
from tests.deploy.ground import GRID, deployment, wanted

BOXED = {"grid": Bot(container=True, ui=(8080,))}
MIXED = BOXED | {"other": replace(GRID, ui=())}


def files(bots: dict[str, Bot]) -> dict[str, str]:
    return {want.path: want.content for want in wanted(bots) if isinstance(want, File)}


def unit(name: str, bots: dict[str, Bot]) -> list[str]:
    return files(bots)[f"{names.UNITS}/{name}"].splitlines()


def test_a_container_is_written_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "deploy.toml").write_text(text_of(BOXED))
    assert load(tmp_path) == BOXED


@pytest.mark.parametrize(
    "bot",
    [
        Bot(container=True, command=("x",)),
        Bot(container=True, directory="/opt/grid"),
        Bot(container=True, write=("data",)),
        Bot(container=True, environment="/opt/grid/.env"),
        Bot(container=True, jit=True),
    ],
)
def test_how_it_is_started_is_said_in_one_place_alone(bot: Bot) -> None:
    with pytest.raises(Misconfigured, match="the compose file says how it is started"):
        check("grid", bot)


def test_its_doors_are_unix_sockets_that_the_gateway_reads_the_name_of_and_nobody_but_its_relay_enters() -> None:
    socket = unit("ringfence-bot-grid.socket", BOXED)
    rows = [row.partition("=")[2] for row in socket if row.startswith("ListenStream=")]
    assert rows == ["/run/ringfence/doors/grid/127.0.0.1:8300.sock", "/run/ringfence/doors/grid/127.0.0.1:8118.sock"]
    read = [found for row in rows if (found := _DOOR.fullmatch(row))]
    assert [(one["address"], int(one["port"])) for one in read] == list(places(deployment(BOXED).settings))
    assert {"SocketUser=root", "SocketGroup=bot-grid", "SocketMode=0660", "RemoveOnStop=yes"} <= set(socket)
    assert any(row.endswith("-g bot-grid -m 0750 /run/ringfence/doors/grid") for row in socket)
    assert "Service=ringfence-gateway.service" in socket


def test_the_doors_are_there_before_an_engine_could_mount_an_empty_folder() -> None:
    (before,) = (row for row in unit("ringfence-bot-grid.socket", BOXED) if row.startswith("Before="))
    assert {"docker.service", "podman.service"} <= set(before.partition("=")[2].split())


def test_the_longest_door_is_short_enough_for_the_kernel() -> None:
    assert len(f"{names.doors('b' * 28)}/127.255.255.255:65535.sock") < 108  # unix(7), sun_path


def test_the_gateway_is_handed_the_doors_beside_the_ports_of_other_bots() -> None:
    (row,) = (row for row in unit("ringfence-gateway.service", MIXED) if row.startswith("Sockets="))
    assert row.partition("=")[2].split() == ["ringfence-bot-grid.socket", "ringfence-bot-other.socket"]
    assert "ListenStream=127.0.0.1:8300" in unit("ringfence-bot-other.socket", MIXED)


def test_systemd_starts_nothing_of_it_but_what_leads_to_it_and_what_tries_it() -> None:
    running = {want.unit for want in wanted(BOXED) if isinstance(want, Running)}
    assert {"ringfence-bot-grid.socket", "ringfence-canary-grid.timer", "ringfence-ui-grid-8080.socket"} <= running
    assert f"{names.UNITS}/ringfence-bot-grid.service" not in files(BOXED)
    assert "bot-grid" in {want.name for want in wanted(BOXED) if isinstance(want, User)}


def test_the_probe_is_in_the_network_that_the_canary_names_and_has_the_limits_of_any_other() -> None:
    boxed, other = (set(unit(f"ringfence-probe-{bot}.service", MIXED)) for bot in ("grid", "other"))
    assert "NetworkNamespacePath=/run/ringfence/canary/grid.net" in boxed
    assert "PrivateNetwork=yes" not in boxed
    assert not any(row.startswith("JoinsNamespaceOf=") for row in boxed)
    assert "PrivateNetwork=yes" in other
    assert {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "User=bot-grid"} <= boxed


def test_its_owner_comes_to_its_page_through_the_relay() -> None:
    page = unit("ringfence-ui-grid-8080.service", BOXED)
    assert any(row.endswith("/run/ringfence-pages/grid/8080.sock") for row in page)
    assert "SupplementaryGroups=bot-grid" in page
    assert "ListenStream=127.0.0.1:8080" in unit("ringfence-ui-grid-8080.socket", BOXED)


def test_the_relays_program_is_roots_and_is_there_where_a_bot_needs_it() -> None:
    (program,) = (want for want in wanted(BOXED) if isinstance(want, File) and want.path == names.RELAY)
    assert (program.owner, program.mode) == ("root", 0o644)
    other = {"other": GRID}
    assert names.RELAY not in files(other)
    assert names.PAGES not in {want.path for want in wanted(other) if isinstance(want, Folder)}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    written = {Path(path).name: text for path, text in files(BOXED).items() if path.startswith(names.UNITS)}
    for name, text in written.items():
        (tmp_path / name).write_text(text)
    ours = [str(tmp_path / name) for name in written if "grid" in name]
    command = ["systemd-analyze", "verify", "--man=no", *ours]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert len(ours) == 6
    assert not [row for row in said.splitlines() if "Unknown" in row or "Failed to parse" in row]
