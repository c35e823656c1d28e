"""Ringfence itself, as it is deployed: real processes, a policy, a durable journal; only the exchange is ours."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.orders import Credentials

WEIGHED = ("gateway", "signer", "courier")


@dataclass(frozen=True, slots=True)
class PaperPorts:
    """Where the static exchange listens in place of the rehearsal exchange."""

    port: int
    plain_port: int
    east_port: int
    west_port: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Ringfence that is up: where bots reach it, a bot's key, and its processes by name."""

    port: int
    credentials: Credentials
    processes: dict[str, list[int]]


@contextlib.contextmanager
def start_ringfence(home: Path, ca: Path, paper: PaperPorts, real: Credentials) -> Iterator[Deployment]:
    raise NotImplementedError
    yield
