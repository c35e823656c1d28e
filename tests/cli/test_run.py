import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.cli.run import programs
from ringfence.cli.unlock import credential
from ringfence.errors import Misconfigured
from ringfence.settings import load
from tests.cli.terminal import PASSPHRASE, Running, program, ringfence, signer
from tests.ports import free_ports


@pytest.fixture
def free(home: Path) -> Path:
    """The deployment on ports that nobody has; its paper key is sealed anew to the paper port."""
    listener, *paper = free_ports(5)
    names = ("port", "plain_port", "east_port", "west_port")
    table = "".join(f"{name} = {port}\n" for name, port in zip(names, paper, strict=True))
    (home / "ringfence.toml").write_text(
        f'[listeners.paper]\nexchange = "paper-binance"\nport = {listener}\n[paper]\n{table}'
    )
    secrets = {"passphrase": PASSPHRASE}
    for arguments in (
        ("bot", "remove", "grid", "--yes"),
        ("key", "remove", "main", "--yes"),
        ("key", "add", "main", "--paper-account", "main"),
        ("bot", "add", "grid", "--account", "main"),
    ):
        assert ringfence(home, *arguments, secrets=secrets).code == 0
    return home


@pytest.fixture
def running(free: Path) -> Iterator[Running]:
    with Running.start(free) as started:
        yield started


def test_everything_comes_up_survives_a_kill_and_stops_in_order(running: Running) -> None:
    port = load(running.home).listeners[0].port
    running.wait_for(f"ready: paper-binance at http://127.0.0.1:{port}")
    assert "one user is no wall" in running.said
    status = ringfence(running.home, "status", "--json").json()
    assert status["processes"]["gateway"]
    os.kill(running.pid_of("signer"), signal.SIGKILL)
    running.wait_for("signer was killed (SIGKILL); starting it again")
    running.wait_until(lambda: ringfence(running.home, "status").code == 0)
    pids = [running.pid_of(name) for name in ("signer", "gateway", "courier", "prices", "paper")]
    assert running.stop() == 0
    assert running.said.endswith("stopped\n")
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_second_run_of_one_deployment_is_refused(free: Path) -> None:
    with signer(free):
        done = program(free, "run", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this deployment is running already")


def test_a_wrong_passphrase_starts_nothing(free: Path) -> None:
    done = program(free, "run", secrets={"passphrase": b"wrong horse battery"})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: wrong passphrase")
    assert not (free / "logs").exists()


def test_without_a_terminal_and_a_descriptor_it_takes_no_passphrase_from_anywhere(free: Path) -> None:
    done = program(free, "run")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: there is no terminal to ask for the passphrase")


def test_a_port_that_is_taken_is_named_before_the_passphrase_is_asked_for(free: Path) -> None:
    port = load(free).listeners[0].port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = program(free, "run")
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: port {port} (listeners.paper) is taken")


def test_a_listener_with_tls_and_no_certificate_is_named_before_the_passphrase_is_asked_for(free: Path) -> None:
    settings, text = load(free), (free / "ringfence.toml").read_text()
    port = settings.listeners[0].port
    (free / "ringfence.toml").write_text(text.replace(f"port = {port}\n", f"port = {port}\ntls = true\n", 1))
    settings.leaf("localhost").unlink()
    done = program(free, "run")
    assert (done.code, done.err.splitlines()) == (
        2,
        [
            "error: listener paper is to speak TLS, and there is no certificate for localhost",
            "hint: `ringfence certificates` makes it",
        ],
    )


def test_a_deployment_with_users_of_its_own_is_not_put_under_one(free: Path) -> None:
    with (free / "ringfence.toml").open("a") as file:
        file.write("[users]\nsigner = 990\n")
    done = ringfence(free, "run")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this deployment has a user for each process")


def test_paper_needs_a_rehearsal_exchange(free: Path) -> None:
    (free / "ringfence.toml").write_text('[listeners.binance]\nexchange = "binance"\nport = 18999\n')
    done = ringfence(free, "run", "--paper")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this deployment has no rehearsal exchange")


@pytest.mark.parametrize("rehearses", [True, False])
def test_only_the_signer_is_lent_the_passphrase_and_it_ends_last(made: Path, rehearses: bool) -> None:
    chosen = programs(load(made), lambda: 0, rehearses=rehearses)
    assert (chosen[0].name, chosen[-1].name) == ("signer", "gateway")
    assert [one.name for one in chosen if one.lend is not None] == ["signer"]
    assert [one.name for one in chosen if "--passphrase-fd" in one.command] == ["signer"]
    assert ("paper" in {one.name for one in chosen}) is rehearses


def test_where_systemd_hands_the_passphrase_over_nothing_is_lent(made: Path) -> None:
    chosen = programs(load(made), None, rehearses=True)
    assert [one for one in chosen if one.lend is not None or "--passphrase-fd" in one.command] == []


@pytest.mark.parametrize("name", ["ringfence-passphrase", None])
def test_a_credential_of_systemd_is_tried_before_anything_starts(
    free: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    if name is None:
        with pytest.raises(Misconfigured):
            credential(load(free))
        return
    (tmp_path / name).write_bytes(PASSPHRASE)
    (tmp_path / name).chmod(0o400)
    assert credential(load(free)) is True
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert credential(load(free)) is False


def test_the_passphrase_is_in_no_command_line_and_no_environment(running: Running) -> None:
    running.wait_for("ready: ")
    shown = subprocess.run(["ps", "axeww", "-o", "args"], capture_output=True, check=True).stdout
    assert PASSPHRASE not in shown


def test_a_first_try_goes_as_the_tutorial_has_it(running: Running) -> None:
    home, secrets = running.home, {"passphrase": PASSPHRASE}
    running.wait_for("ready: ")
    running.wait_until(lambda: ringfence(home, "key", "check", "main").code == 0)
    assert ringfence(home, "policy", "apply", "--yes").code == 0
    assert ringfence(home, "status", "--json").json()["bots"][0]["in_policy"]
    assert "the whole account" in ringfence(home, "radius").out
    assert ringfence(home, "halt", "--why", "to see it").code == 0
    assert ringfence(home, "halt", "--exits-only").code == 2  # that would loosen it
    assert ringfence(home, "resume", secrets={"passphrase": b"wrong horse battery"}).code == 2
    assert ringfence(home, "status", "--json").json()["switch"] == "halted"
    assert ringfence(home, "resume", secrets=secrets).code == 0
    draft = (home / "policy.toml").read_text()
    (home / "policy.toml").write_text(draft.replace('"500"', '"400"', 1))
    assert ringfence(home, "policy", "diff").code == 1
    assert ringfence(home, "policy", "apply", "--yes").code == 0  # it narrows
    assert ringfence(home, "policy", "diff").code == 0
    assert '"400"' in ringfence(home, "policy", "show").out
    (home / "policy.toml").write_text(draft)
    assert ringfence(home, "policy", "apply", "--yes", secrets={"passphrase": b"wrong horse battery"}).code == 2
    assert '"400"' in ringfence(home, "policy", "show").out
    assert ringfence(home, "policy", "apply", "--yes", secrets=secrets).code == 0  # a rehearsal: nothing waits
    assert '"500"' in ringfence(home, "policy", "show").out
    assert ringfence(home, "bot", "add", "second", "--account", "main", secrets=secrets).code == 0
    assert "second" in ringfence(home, "bot", "list").out
    kinds = [entry["kind"] for entry in ringfence(home, "log", "show", "--after", "-1", "--json").json()["entries"]]
    assert kinds.count("policy") == 3
    assert kinds.count("switch") == 2
    running.wait_until(lambda: ringfence(home, "log", "verify").code == 0)
