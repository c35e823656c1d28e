"""The real program, as a person or a script runs it, and a signer that answers as it is told."""

import asyncio
import base64
import contextlib
import io
import json
import os
import pty
import re
import select
import signal as signals
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from ringfence.cli.main import main
from ringfence.ipc.link import Link
from ringfence.ipc.messages import AskNonce, AskStatus, FromOwner, Message, Nonce, Reply
from ringfence.ipc.server import listen
from ringfence.settings import load
from ringfence.vault.totp import STEP_SECONDS, code

PROGRAM = Path(sys.prefix) / "bin" / "ringfence"
PASSPHRASE = b"correct horse battery"
_PATIENCE = 45.0
_WIDTH = "120"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def ringfence(home: Path, *arguments: str, secrets: Mapping[str, bytes] | None = None) -> Said:
    """Run one command in this process; each of `secrets` goes through a pipe, as `--NAME-fd`."""
    out, err = io.StringIO(), io.StringIO()
    with _pipes(secrets) as options, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", _WIDTH)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(["--home", str(home), *arguments, *(word for pair in options for word in pair)])
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, out.getvalue(), err.getvalue())


def program(home: Path, *arguments: str, secrets: Mapping[str, bytes] | None = None) -> Said:
    """Run one command as a process of its own, without a terminal."""
    with _pipes(secrets) as options:
        done = subprocess.run(
            [str(PROGRAM), "--home", str(home), *arguments, *(word for pair in options for word in pair)],
            check=False,
            env=_environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            pass_fds=[int(fd) for _, fd in options],
            start_new_session=True,  # no terminal to ask at, whoever runs the tests
            timeout=_PATIENCE,
        )
    return Said(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def _pipes(secrets: Mapping[str, bytes] | None) -> Iterator[list[tuple[str, str]]]:
    pipes = {name: _pipe(content) for name, content in (secrets or {}).items()}
    try:
        yield [(f"--{name}-fd", str(fd)) for name, fd in pipes.items()]
    finally:
        for fd in pipes.values():
            os.close(fd)


Typed = bytes | Callable[[bytes], bytes]  # an answer, or what makes one of the screen so far


def typed(home: Path, *arguments: str, answers: tuple[tuple[bytes, Typed], ...]) -> tuple[int, bytes]:
    """Run one command on a terminal, and type each answer once its question is there; returns code and screen."""
    child, screen = pty.fork()
    if child == 0:
        os.execve(str(PROGRAM), [str(PROGRAM), "--home", str(home), *arguments], _environment())  # noqa: S606
    seen = b""
    for question, answer in answers:
        seen += _read_until(screen, question)
        os.write(screen, (answer if isinstance(answer, bytes) else answer(seen)) + b"\n")
    seen += _read_until(screen, None)
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def code_on(screen: str) -> str:
    """Do what an authenticator app does with the address on a screen: show the code of now."""
    found = re.search(r"otpauth://totp/\S*[?]secret=([A-Z2-7]+)&", screen)
    assert found is not None, screen
    return code(memoryview(base64.b32decode(found[1])), int(time.time()) // STEP_SECONDS).decode()


def _read_until(screen: int, wanted: bytes | None) -> bytes:
    seen, deadline = b"", time.monotonic() + _PATIENCE
    while wanted is None or wanted not in seen:
        assert time.monotonic() < deadline, seen
        if not select.select([screen], [], [], 0.2)[0]:
            continue
        try:
            more = os.read(screen, 65536)
        except OSError:  # the program has ended (pty(7))
            more = b""
        if not more:
            assert wanted is None, seen
            return seen
        seen += more
    return seen


def _pipe(content: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "COLUMNS": _WIDTH, "TERM": "dumb", "TZ": "UTC"}


@dataclass(slots=True)
class Running:
    """`ringfence run` as a process; `with Running.start(home) as it:` stops it at the end."""

    home: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, home: Path) -> Self:
        """Begin to run a deployment; what it says goes to a file."""
        with _pipes({"passphrase": PASSPHRASE}) as options, (home / "said").open("wb") as said:
            [(option, fd)] = options
            process = subprocess.Popen(
                [str(PROGRAM), "--home", str(home), "run", option, fd],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=[int(fd)],
                start_new_session=True,
            )
        return cls(home, process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    @property
    def said(self) -> str:
        """What it has said so far."""
        return (self.home / "said").read_text()

    def stop(self) -> int:
        """Ask it to end, as ^C does, and return its exit code."""
        self.process.send_signal(signals.SIGINT)
        return self.process.wait(_PATIENCE)

    def pid_of(self, name: str) -> int:
        """Find one of the processes that it runs."""
        wanted = f"ringfence.{name}\0--home\0{self.home}".encode()
        [pid] = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if wanted in _read(path)]
        return pid

    def wait_for(self, text: str) -> None:
        """Wait until it has said something."""
        self.wait_until(lambda: text in self.said)

    def wait_until(self, so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + _PATIENCE
        while not so():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)


def _read(path: Path) -> bytes:
    with contextlib.suppress(OSError):  # it has ended meanwhile
        return path.read_bytes()
    return b""


Told = Message | Callable[[Any], Message]  # an answer, or what makes it of what was asked


@dataclass(slots=True)
class FakeSigner:
    """Listens where the signer would, keeps what it is asked, and answers what it is told to."""

    answers: dict[type[Message], Told]
    asked: list[Message] = field(default_factory=list)

    def received(self, link: Link[FromOwner], message: FromOwner) -> None:
        self.asked.append(message)
        answer = self.answers.get(type(message))
        if answer is None:
            link.close()
        else:
            link.send(answer(message) if callable(answer) else answer)


@contextlib.contextmanager
def signer(home: Path, **more: Told) -> Iterator[FakeSigner]:
    """Run a fake signer; `more` gives its answers by the name of the message that asks."""
    known: dict[str, type[Message]] = {kind.__name__: kind for kind in FromOwner.__args__}
    fake = FakeSigner({AskStatus: reply(STATUS), AskNonce: Nonce(bytes(32))})
    fake.answers |= {known[name]: answer for name, answer in more.items()}
    settings, loop = load(home), asyncio.new_event_loop()
    server = loop.run_until_complete(
        listen(settings.socket("owner"), FromOwner, frozenset({os.getuid()}), fake.received)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def reply(document: object) -> Reply:
    """Make the reply that carries a JSON document."""
    return Reply(json.dumps(document).encode())


STATUS: dict[str, Any] = {
    "switch": "trading",
    "why": "",
    "since": 1_700_000_000_000,
    "now": 1_700_000_090_000,
    "policy": {"digest": "ab" * 32, "seq": 7, "applied_at": 1_700_000_030_000},
    "warm_up": {"BTC/USDT": 0.4, "ETH/USDT": None},
    "suspect": None,
    "processes": {"gateway": True, "courier": True, "prices": False},
    "journal": {"size": 12, "root": "cd" * 32},
    "memory": "memfd_secret",
    "protections": [{"name": "no-internet", "live": True, "detail": "none"}],
    "accounts": [{"account": "main", "exchange": "paper-binance", "key": "abcd…wxyz", "venue_offset_ms": 3}],
    "bots": [
        {
            "bot": "grid",
            "account": "main",
            "role": "trade",
            "key": "Abcd…Wxyz",
            "window_notional": ["120.001", "5000"],
            "loss": ["59", "60"],
            "exposure": [None, "unlimited"],
            "open_orders": [20, 20],
            "refused": 3,
            "unknown_outcomes": 1,
        }
    ],
    "alarms": [{"at": 1_700_000_000_000, "text": "an order that is not ours"}],
}
