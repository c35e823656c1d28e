"""Ports of a replay's own, so that several deployments can be made on one machine at the same time."""

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

# Below those that the kernel gives to connections (ip(7), ip_local_port_range), which anybody's could take meanwhile.
_RANGE = range(10_000, 20_000)
_PORT = re.compile(r"^((?:[a-z]+_)?port = )\d+$", re.MULTILINE)


def move(settings: Path) -> None:
    """Give every door of a deployment that does not run yet a port that nobody listens on."""
    text = settings.read_text("utf-8")
    with ExitStack() as stack:
        chosen = _free(stack)
        moved = _PORT.sub(lambda found: f"{found[1]}{next(chosen)}", text)
    settings.write_text(moved, "utf-8")


def _free(stack: ExitStack) -> Iterator[int]:
    """Draw free ports; each is held until the last has been drawn, so that none is drawn twice."""
    while True:
        port, trial = secrets.choice(_RANGE), stack.enter_context(socket.socket())
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            continue
        yield port
