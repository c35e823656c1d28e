"""The probe says "closed" only of what did not open: each kind of try is let succeed once, and fail once."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringfence.canary import probe


def tell(asked: dict[str, list[list[object]]]) -> dict[str, tuple[str, str]]:
    """Run the probe as a process, as systemd does."""
    done = subprocess.run(
        [sys.executable, probe.__file__],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    told = json.loads(done.stdout)
    assert told["uid"] == os.getuid()
    assert told["flags"]["NoNewPrivs"] in {"0", "1"}
    return {key: (state, seen) for key, state, seen in told["rows"]}


@contextmanager
def listening(answer: bytes | None = None) -> Iterator[tuple[str, int]]:
    """Listen on loopback; with an answer, say it to the first who comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if answer is not None:

            def say() -> None:
                wire, _ = server.accept()
                with wire:
                    wire.recv(1024)
                    wire.sendall(answer)

            threading.Thread(target=say, daemon=True).start()
        yield server.getsockname()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_what_can_be_reached_is_open_and_what_is_refused_on_loopback_is_closed() -> None:
    with listening() as (address, port):
        told = tell({"tcp": [[address, port], [address, free_port()]]})
    assert [state for state, _ in told.values()] == ["open", "closed"]


def test_a_gateway_that_answers_is_open_and_one_that_is_only_listened_for_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(b"HTTP/1.1 404 Not Found\r\n\r\n") as (address, port):
        assert tell({"gateway": [[address, port]]}) == {"gateway/0": ("open", "HTTP/1.1 404 Not Found")}
    monkeypatch.setattr(probe, "_ANSWERS", 0.05)
    with listening() as (address, port):
        assert probe._gateway(address, port) == ("unclear", "nobody answers")
    assert tell({"gateway": [["127.0.0.1", free_port()]]})["gateway/0"][0] == "closed"


def test_an_answer_from_elsewhere_is_open_also_where_it_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(socket.socket):
        def connect(self, _: object) -> None:
            raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "socket", Refusing)
    assert probe._tcp("203.0.113.1", 443)[0] == "open"
    assert probe._tcp("127.0.0.53", 53)[0] == "closed"
    assert probe._tcp("::1", 53)[0] == "closed"


def test_what_nobody_answers_is_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(socket.socket):
        def connect(self, _: object) -> None:
            raise TimeoutError

    monkeypatch.setattr(socket, "socket", Silent)
    assert probe._tcp("203.0.113.1", 443) == ("unclear", "nothing came back")


def test_what_is_sent_has_left() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        threading.Thread(target=lambda: there.sendto(b"x", there.recvfrom(512)[1]), daemon=True).start()
        assert tell({"udp": [list(there.getsockname())]})["udp/0"][0] == "open"
    assert tell({"udp": [["127.0.0.1", free_port()]]})["udp/0"][0] == "closed"


def test_a_file_that_can_be_read_or_written_is_open(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("mine")
    nowhere = str(tmp_path / "none")
    told = tell({"read": [[str(file)], [str(tmp_path)], [nowhere]], "write": [[str(file)], [str(tmp_path)], [nowhere]]})
    assert [state for state, _ in told.values()] == ["open", "open", "closed"] * 2
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_a_socket_that_can_be_spoken_to_is_open(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind(str(place / "s"))
        named.listen()
        abstract.bind(f"\0canary-{os.getpid()}")
        abstract.listen()
        told = tell(
            {"unix": [[str(place / "s")], [str(place / "none")]], "abstract": [[f"canary-{os.getpid()}"], ["none"]]}
        )
    assert [state for state, _ in told.values()] == ["open", "closed"] * 2


def test_a_process_that_can_be_looked_into_or_ended_is_open() -> None:
    with subprocess.Popen(["sleep", "30"]) as other:
        told = tell({"memory": [[other.pid], [2**22 + 1]], "signal": [[other.pid], [2**22 + 1]]})
        assert other.poll() is None, "nothing is ended by trying"
        other.send_signal(signal.SIGKILL)
    assert [state for state, _ in told.values()] == ["open", "closed"] * 2


def test_a_kind_of_socket_that_can_be_made_is_open() -> None:
    told = tell({"family": [[int(socket.AF_UNIX), int(socket.SOCK_STREAM)], [255, 1]]})
    assert [state for state, _ in told.values()] == ["open", "closed"]


def test_a_name_that_can_be_looked_up_is_open() -> None:
    told = tell({"name": [["localhost"], ["no-such-name.invalid"]]})
    assert [state for state, _ in told.values()] == ["open", "closed"]


def test_every_kind_that_is_ever_asked_for_is_one_that_the_probe_knows() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        tell({"unheard": [[1]]})
