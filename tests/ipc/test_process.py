"""The processes as they are started: what they say, and how they end."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_ports

EACH = pytest.mark.parametrize("name", ["gateway", "courier", "prices"])
TOML = """
[listeners.bots]
exchange = "paper-binance"
port = {0}
[paper]
port = {1}
plain_port = {2}
east_port = {3}
west_port = {4}
"""


def start(name: str, home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"ringfence.{name}", "--home", str(home)], stderr=subprocess.PIPE, text=True
    )


@EACH
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_runs_without_its_peers_and_stops_when_told(name: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "ringfence.toml").write_text(TOML.format(*free_ports(5)))
    with start(name, tmp_path) as process:
        assert process.stderr is not None
        while "running" not in (line := process.stderr.readline()):
            assert line, "the process ended before it was ready"
        process.send_signal(number)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_ends_it_with_a_line_and_its_code(tmp_path: Path) -> None:
    ports = free_ports(5)
    (tmp_path / "ringfence.toml").write_text(TOML.format(*ports))
    with socket.create_server(("127.0.0.1", ports[0])), start("gateway", tmp_path) as process:
        _, said = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in said) == (2, False)
    assert f"port {ports[0]} cannot be listened on" in said
    assert "choose another in ringfence.toml" in said


@pytest.mark.parametrize(
    ("name", "toml"),
    [
        ("gateway", None),
        ("courier", None),
        ("prices", None),
        ("gateway", "nonsense"),
        ("gateway", "[unknown]\n"),
        ("gateway", '[listeners.bots]\nexchange = "nowhere"\nport = 2000\n'),
        ("gateway", '[listeners.bots]\nexchange = "binance"\nport = 1023\n'),
    ],
)
def test_a_setting_that_cannot_be_meant_ends_it_with_a_line_and_its_code(
    name: str, toml: str | None, tmp_path: Path
) -> None:
    if toml is not None:
        (tmp_path / "ringfence.toml").write_text(toml)
    with start(name, tmp_path) as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "Traceback" not in said
    assert "CRITICAL" in said.splitlines()[-1]
