"""`python -m ringfence.paper --home DIR [--seed N] [--scenario FILE]`: the rehearsal exchange as a process.

State is in memory: a restart is a new exchange. Keys (`paper/accounts.json`) and certificates are kept. Where no
scenario is named, `paper/scenario.toml` of the deployment is it, if there is one.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from ringfence import settings
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.paper import keyfile, scenario, tls
from ringfence.paper.clock import now_ms
from ringfence.paper.control import Control
from ringfence.paper.exchange import Exchange, Start
from ringfence.paper.seen import Log
from ringfence.paper.server import door
from ringfence.paper.sockets import Sockets

_STEP = 0.5  # seconds; the volatilities in `markets` are for one step of this length
_PATIENCE = 1.0  # seconds that requests under way have to end; a held one would never
_HOST = "127.0.0.1"  # never beyond this machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    parser = argparse.ArgumentParser(prog="ringfence.paper", description="An exchange for rehearsal.")
    parser.add_argument("--home", type=Path, required=True, help="the deployment's directory")
    parser.add_argument("--seed", default="0", help="what chance starts from; the same seed gives the same prices")
    parser.add_argument("--scenario", type=Path, help="a TOML file that says how the rehearsal begins")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(run(options.home, options.seed, options.scenario))
    except RingfenceError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error}{hint}\n")
        return error.exit_code
    return 0


async def run(home: Path, seed: str, scenario_file: Path | None) -> None:
    """Open every door, let the market move, and close everything at a signal."""
    deployment = settings.load(home)
    if deployment.paper is None:
        raise Misconfigured(f"{home}: there is no [paper] table", hint="run `ringfence init --paper`")
    folder = deployment.paper_ca.parent
    start = _beginning(folder / "scenario.toml", seed, scenario_file)
    exchange = Exchange(start, keyfile.load_or_make(folder / "accounts.json", now_ms()), now_ms())
    log = Log()
    sockets = Sockets(exchange, log)
    context = tls.context(folder, now_ms())
    async with contextlib.AsyncExitStack() as stack:
        for listener, port, secured in _doors(deployment.paper):
            await _listen(
                stack,
                web.ServerRunner(web.Server(door(exchange, log, sockets, listener)), shutdown_timeout=_PATIENCE),
                port,
                context if secured else None,
            )
        await _control(
            stack,
            web.AppRunner(Control(exchange, log, sockets).app(), shutdown_timeout=_PATIENCE),
            deployment.socket("paper"),
        )
        telling = asyncio.create_task(sockets.run())
        telling.add_done_callback(_end_if_broken)  # an exchange that tells nothing any more must not look like one
        stack.callback(telling.cancel)
        stack.push_async_callback(sockets.close)
        sys.stdout.write(_addresses(deployment.paper) + "\n")
        sys.stdout.flush()
        await _until_signal(exchange)


def _beginning(own: Path, seed: str, named: Path | None) -> Start:
    """Begin as the named scenario says, or else the deployment's own, or else as always."""
    chosen = own if named is None and own.exists() else named
    return Start(seed=seed) if chosen is None else scenario.load(chosen, seed)


def _doors(ports: settings.Paper) -> tuple[tuple[str, int, bool], ...]:
    return (
        ("main", ports.port, True),
        ("plain", ports.plain_port, False),
        ("east", ports.east_port, True),
        ("west", ports.west_port, True),
    )


def _addresses(ports: settings.Paper) -> str:
    shown = (f"{name} http{'s' * secured}://{_HOST}:{port}" for name, port, secured in _doors(ports))
    return "paper exchange: " + ", ".join(shown)


async def _listen(
    stack: contextlib.AsyncExitStack, runner: web.BaseRunner, port: int, context: ssl.SSLContext | None
) -> None:
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await _start(web.TCPSite(runner, _HOST, port, ssl_context=context))


async def _control(stack: contextlib.AsyncExitStack, runner: web.BaseRunner, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    before = os.umask(0o177)
    try:
        await _start(web.UnixSite(runner, str(path)))
    finally:
        os.umask(before)
    stack.callback(path.unlink, missing_ok=True)


async def _start(site: web.BaseSite) -> None:
    try:
        await site.start()
    except OSError as error:
        raise Misconfigured(f"cannot listen on {site.name}: {error}", hint="is another one running?") from error


def _end_if_broken(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        sys.stderr.write(f"paper exchange: its streams broke: {task.exception()!r}\n")
        os.kill(os.getpid(), signal.SIGTERM)


async def _until_signal(exchange: Exchange) -> None:
    """Step the market by the loop's clock until it is time to go."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    due = loop.time()
    while not stop.is_set():
        due = max(due + _STEP, loop.time())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), due - loop.time())
            return
        exchange.step(now_ms())
