"""What a deployment wants: whose what is, what runs as whom, and what a bot finds where it lives."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.deploy import names
from ringfence.deploy.bots import Bot
from ringfence.deploy.layout import places, wants, with_users
from ringfence.deploy.wants import File, Owned, ReadBy, Running, User
from ringfence.settings import PROCESSES
from tests.deploy.ground import GRID, HOME, deployment, wanted


def files(bots: dict[str, Bot] | None = None) -> dict[str, str]:
    return {want.path: want.content for want in wanted(bots) if isinstance(want, File)}


def unit(name: str, bots: dict[str, Bot] | None = None) -> list[str]:
    return files(bots)[f"{names.UNITS}/{name}"].splitlines()


def test_every_process_and_every_bot_has_a_user_of_its_own() -> None:
    users = [want.name for want in wanted() if isinstance(want, User)]
    assert len(users) == len(set(users)) == len(PROCESSES) + 2
    assert {"ringfence-signer", "ringfence-gateway", "bot-grid"} < set(users)


def test_the_bot_is_in_the_network_of_its_socket_which_the_gateway_answers() -> None:
    socket, bot, gateway = (
        unit("ringfence-bot-grid.socket"),
        unit("ringfence-bot-grid.service"),
        unit("ringfence-gateway.service"),
    )
    assert "PrivateNetwork=yes" in socket
    assert "Service=ringfence-gateway.service" in socket
    assert {"ListenStream=127.0.0.1:8300", "ListenStream=127.0.0.1:8118"} <= set(socket)
    assert {"PrivateNetwork=yes", "JoinsNamespaceOf=ringfence-bot-grid.socket"} <= set(bot)
    assert "Sockets=ringfence-bot-grid.socket" in gateway


def test_the_probe_lives_under_what_the_bot_lives_under() -> None:
    """What is proven of the probe holds for the bot only where nothing differs but the command."""
    apart: tuple[str, ...] = (
        "ExecStart=",
        "Description=",
        "Type=",
        "Standard",
        "Timeout",
        "Restart",
        "MemoryMax=",
        "TasksMax=",
        "After=",
    )
    apart += ("Requires=", "Wants=", "WorkingDirectory=", "WantedBy=", "[Install]", "EnvironmentFile=")
    probe, bot = (
        {line for line in unit(f"ringfence-{kind}-grid.service") if not line.startswith(apart)}
        for kind in ("probe", "bot")
    )
    assert probe == bot


def test_no_process_but_the_courier_and_the_rehearsal_has_a_network() -> None:
    for process in ("signer", "prices", "gateway"):
        assert "PrivateNetwork=yes" in unit(f"ringfence-{process}.service")
    assert "RestrictAddressFamilies=AF_UNIX" in unit("ringfence-signer.service")


def test_only_the_signer_gets_the_passphrase_and_writes_the_journal() -> None:
    told = {
        path: text
        for path, text in files().items()
        if "LoadCredential" in text or f"ReadWritePaths={HOME}/vault" in text
    }
    assert [path.rpartition("/")[2] for path in told] == ["ringfence-signer.service"]


def test_the_wall_lets_nobody_out_but_the_courier() -> None:
    rules = files()["/etc/ringfence/wall.nft"]
    for user in ("ringfence-signer", "ringfence-prices", "ringfence-gateway", "bot-grid"):
        assert f'meta skuid "{user}" counter reject' in rules
    assert "established" not in rules.partition("chain out")[2]


@pytest.mark.parametrize("names_too", [False, True])
def test_a_bot_finds_every_way_in_and_nothing_else(names_too: bool) -> None:
    of = deployment(names=names_too)
    ports = [("127.0.0.1", 8300), ("127.0.0.1", 8118)]
    assert list(places(of.settings)) == ports + [("127.0.0.91", port) for port in (443, 9443, 8443)] * names_too
    hosts = [want for want in wants(of) if isinstance(want, File) and want.path.endswith("hosts-grid")]
    assert len(hosts) == names_too
    assert all("127.0.0.91 api.binance.com\n" in want.content for want in hosts)


def test_a_bot_without_a_command_has_a_place_and_no_unit() -> None:
    told = files({"grid": Bot()})
    assert f"{names.UNITS}/ringfence-bot-grid.service" not in told
    assert f"{names.UNITS}/ringfence-probe-grid.service" in told
    assert not [want for want in wanted({"grid": Bot()}) if isinstance(want, ReadBy)]


def test_a_bot_that_makes_code_as_it_runs_may_and_no_other() -> None:
    assert "MemoryDenyWriteExecute=yes" in unit("ringfence-bot-grid.service")
    assert "MemoryDenyWriteExecute=yes" not in unit("ringfence-bot-grid.service", {"grid": replace(GRID, jit=True)})


def test_what_a_bot_may_write_to_it_cannot_run_from() -> None:
    (said,) = [line for line in unit("ringfence-bot-grid.service") if line.startswith("NoExecPaths=")]
    assert {"/var/lib/ringfence-bots/grid", "/opt/grid/data", "/tmp"} <= set(said.removeprefix("NoExecPaths=").split())  # noqa: S108


def test_a_bots_page_is_on_loopback_alone_and_leads_one_way() -> None:
    assert "ListenStream=127.0.0.1:8080" in unit("ringfence-ui-grid-8080.socket")
    service = unit("ringfence-ui-grid-8080.service")
    assert "JoinsNamespaceOf=ringfence-bot-grid.socket" in service
    assert any(line.endswith("systemd-socket-proxyd --exit-idle-time=10min 127.0.0.1:8080") for line in service)


def test_settings_keep_what_stands_there_and_users_are_written_once() -> None:
    once = with_users(deployment())
    assert once.startswith('[listeners.paper]\nexchange = "paper-binance"\nport = 8300\n')
    assert once.count("[users]") == 1
    assert 'signer = "ringfence-signer"' in once
    of = deployment()
    assert with_users(type(of)(of.settings, once, of.bots, of.ground, of.runtimes)) == once


def test_what_is_started_was_written_before_and_in_an_order_that_works() -> None:
    every = wanted()
    written = {want.path for want in every if isinstance(want, File)}
    started = [want.unit for want in every if isinstance(want, Running)]
    assert {f"{names.UNITS}/{unit}" for unit in started} <= written
    assert started.index("ringfence-bot-grid.socket") < started.index("ringfence-gateway.service")
    assert started.index("ringfence-gateway.service") < started.index("ringfence-bot-grid.service")


def test_the_vault_is_the_signers_and_no_bot_is_given_anything_of_ours() -> None:
    owned = {want.path: want.owner for want in wanted() if isinstance(want, Owned)}
    assert owned[f"{HOME}/vault"] == owned[f"{HOME}/journal"] == "ringfence-signer"
    assert [path for path, owner in owned.items() if owner == "bot-grid"] == ["/opt/grid/data"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize(
    ("name", "most"),
    [("signer", 10), ("gateway", 15), ("courier", 15), ("prices", 15), ("bot-grid", 10), ("probe-grid", 10)],
)
def test_the_units_are_as_strict_as_promised(tmp_path: Path, name: str, most: int) -> None:
    path = tmp_path / f"ringfence-{name}.service"
    path.write_text("\n".join(unit(path.name)))
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
