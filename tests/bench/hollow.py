"""Ringfence with nothing in it: its gateway and its courier, and between them a signer that passes everything on.

What this takes is the way between the processes alone: no signature is checked, nothing is read, judged or written
down, nothing is signed. No signer can be quicker, so it says how much of an aim is in the signer's hands.
"""

import argparse
import contextlib
import gc
import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import uvloop

from ringfence.confine import launch
from ringfence.ipc.client import stay_connected
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Answered, Ask, Carry, Outcome
from ringfence.ipc.server import listen
from ringfence.settings import Settings, load
from tests.bench.running import Process, running

_PATIENCE_MS = 10_000
_KEY = (("X-MBX-APIKEY", "k" * 64),)  # as long as a real one


class Hollow:
    """Asks in, requests out; outcomes in, answers out."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._courier: Link[Outcome] | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[Link[Ask], int]] = {}

    def changed(self, link: Link[Outcome], up: bool) -> None:  # the shape that Link calls
        self._courier = link if up else None

    def asked(self, link: Link[Ask], ask: Ask) -> None:
        if self._courier is None:
            link.send(Answered(ask.id, 503, b"{}"))
            return
        number = next(self._numbers)
        self._asked[number] = (link, ask.id)
        target = f"{ask.path}?{(ask.query or ask.body).decode('ascii')}"
        self._courier.send(Carry(number, "paper-binance", self._host, ask.method, target, _KEY, b"", _PATIENCE_MS))

    def heard(self, _link: Link[Outcome], outcome: Outcome) -> None:
        link, number = self._asked.pop(outcome.seq)
        link.send(Answered(number, outcome.status or 504, outcome.body))


async def serve(settings: Settings) -> None:
    """Pass on for ever."""
    assert settings.paper is not None
    hollow = Hollow(f"127.0.0.1:{settings.paper.port}")
    gc.freeze()
    async with await listen(settings.socket("asks"), Ask, settings.uids("gateway"), hollow.asked):
        await stay_connected(settings.socket("carry"), Outcome, settings.uids("courier"), hollow.heard, hollow.changed)


@contextlib.contextmanager
def hollow(home: Path, of: Path, port: int) -> Iterator[dict[str, Process]]:
    """Start one beside the deployment in `of`, for the same exchange, its door at `port`; the processes by name."""
    home.mkdir()
    shutil.copytree(of / "paper", home / "paper")
    text, theirs = (of / "ringfence.toml").read_text("utf-8"), load(of)
    proxy = "" if theirs.proxy is None else f"[proxy]\nport = {theirs.proxy.port}\n"
    text = text.replace(f"port = {theirs.listeners[0].port}\n", f"port = {port}\n").replace(proxy, "")
    (home / "ringfence.toml").write_text(text, "utf-8")
    (home / "run").mkdir()
    with contextlib.ExitStack() as stack:
        courier = launch.command("ringfence.courier", "--home", str(home))
        gateway = launch.command("ringfence.gateway", "--home", str(home))
        signer = [sys.executable, "-m", "tests.bench.hollow", str(home)]
        yield {
            "courier": stack.enter_context(running(courier, home / "courier.log", ())),
            "signer": stack.enter_context(running(signer, home / "signer.log", ())),
            "gateway": stack.enter_context(running(gateway, home / "gateway.log", (port,))),
        }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    uvloop.run(serve(load(parser.parse_args().home)))


if __name__ == "__main__":
    main()
