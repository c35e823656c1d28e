"""Measure every way to the exchange in one run; exit 1 where an aim is missed."""

import argparse
import contextlib
import json
import os
import platform
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from tests.bench import calls, connects, deciding, figures, load, ours, proxies, running, streams
from tests.bench.connects import Entrance
from tests.bench.figures import Aims, Alone, Burst, Figures, Sockets
from tests.bench.hollow import hollow
from tests.bench.load import Path as Way
from tests.bench.orders import Credentials, numbered
from tests.bench.streams import Streamed
from tests.ports import free_ports

_WARM_UP = 200  # once for each way: until caches and the interpreter's specialised code are as they stay
_REFUSED_PART = 3  # of as many orders that are refused as go through
STREAMING = frozenset({"direct", "mitmproxy", "ringfence"})
_SOCKET_ROUNDS = 6
_CALLS = 65  # orders by WebSocket in a round, and as many by HTTP beside them
_CONNECT = 40  # before each burst: until its connections are open
_CONNECTIONS = 60  # that are opened and closed in a round, one after the other


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: bursts of `requests` orders, `rounds` times, at one connection and at `connections`."""

    requests: int
    rounds: int
    connections: int

    @property
    def orders(self) -> int:
        """How many orders go one way in the whole run; those that are refused are in no count of the policy."""
        by_calls = _SOCKET_ROUNDS * 2 * _CALLS
        return _WARM_UP + by_calls + self.rounds * 2 * (self.requests + _CONNECT)


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run found."""

    one: dict[str, Figures]
    many: dict[str, Figures]
    refused: Figures
    called: Figures
    connects: dict[str, Figures]
    streams: dict[str, list[Streamed]]
    memory: dict[str, dict[str, float]]
    decision_us: tuple[float, float]
    aims: Aims


@contextlib.contextmanager
def ways(folder: Path, prepared: ours.Prepared) -> Iterator[tuple[list[Way], list[Entrance], dict[str, list[int]]]]:
    """Start everything; the ways to the exchange, by proxy too, and the processes that each adds."""
    trading, plain, east, west = prepared.exchange
    nginx_port, mitmproxy_port, forward_port, hollow_port = free_ports(4)
    real = Credentials(secrets.token_hex(32), secrets.token_hex(32))
    ca = prepared.certificates / "ca.pem"
    upstream = [sys.executable, "-m", "tests.bench.upstream", str(prepared.certificates)]
    ports = ["--tls", *map(str, (trading, east, west)), "--plain", str(plain)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(running.running([*upstream, *ports], folder / "upstream.log", prepared.exchange))
        nginx = stack.enter_context(proxies.nginx(folder, prepared.certificates, trading, nginx_port))
        mitmproxy = stack.enter_context(proxies.mitmproxy(folder, ca, trading, (mitmproxy_port, forward_port), real))
        ringfence = stack.enter_context(ours.start_ringfence(prepared))
        stack.enter_context(hollow(folder / "hollow", prepared.settings.home, hollow_port))
        mitm_ca = folder / "mitmproxy" / "mitmproxy-ca-cert.pem"
        trust, mitm_trust = (ssl.create_default_context(cafile=str(each)) for each in (ca, mitm_ca))
        yield (
            [
                Way("direct", trading, trust, real),
                Way("nginx", nginx_port, trust, real),
                Way("mitmproxy", mitmproxy_port, mitm_trust, real),
                Way("hollow", hollow_port, None, prepared.credentials),
                Way("ringfence", prepared.gateway, None, prepared.credentials),
            ],
            connects.entrances(prepared.settings, trading, trust, (forward_port, mitm_trust)),
            {"nginx": running.family(nginx.pid), "mitmproxy": running.family(mitmproxy.pid), **ringfence},
        )


async def measure(way: Way, plan: Plan) -> tuple[Burst, Burst]:
    """Measure one way once, at one connection and at many."""
    next_id = numbered(f"b{secrets.token_hex(4)}")
    await load.burst(way, 1, _CONNECT, next_id)
    one = await load.burst(way, 1, plan.requests, next_id)
    await load.burst(way, plan.connections, _CONNECT, next_id)
    return one, await load.burst(way, plan.connections, plan.requests, next_id)


def run(folder: Path, plan: Plan) -> Results:
    """Measure every way in turn, and again, so that what the machine does meanwhile hits all alike."""
    bursts: dict[str, list[tuple[Burst, Burst]]] = {}
    refused: list[Burst] = []
    prepared = ours.prepare(folder / "home")
    with ways(folder, prepared) as (all_ways, entrances, processes):
        for way in all_ways:
            uvloop.run(load.burst(way, 1, _WARM_UP, numbered(f"w{secrets.token_hex(4)}")))
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}")
            for way in all_ways:
                bursts.setdefault(way.name, []).append(uvloop.run(measure(way, plan)))
            next_id = numbered(f"r{secrets.token_hex(4)}")
            some = plan.requests // _REFUSED_PART
            refused.append(uvloop.run(load.burst(all_ways[-1], 1, some, next_id, refused=True)))
        tell("orders and market data by WebSocket")
        asked, called, streamed = by_sockets(all_ways)
        tell("connections by proxy")
        connected = {each.name: each for each in entrances}
        opened = [{name: each.burst(_CONNECTIONS) for name, each in connected.items()} for _ in range(_SOCKET_ROUNDS)]
        memory = {name: weigh(pids) for name, pids in processes.items()}
    tell("starting again, and deciding in process")
    start, decision = ours.seconds_to_ready(prepared), deciding.microseconds()
    one = {name: [first for first, _ in pairs] for name, pairs in bursts.items()}
    many = {name: [second for _, second in pairs] for name, pairs in bursts.items()}
    alone = Alone(sum(memory[name]["pss"] for name in ours.WEIGHED), decision[0], start)
    times = streams.ratio(streamed["ringfence"], streamed["mitmproxy"])
    found = figures.aims(one, many, refused, alone, Sockets(times, called, asked))
    no, call = figures.summarise(refused), figures.summarise(called)
    connect = _summary({name: [each[name] for each in opened] for name in connected})
    return Results(_summary(one), _summary(many), no, call, connect, streamed, memory, decision, found)


def by_sockets(ways: list[Way]) -> tuple[list[Burst], list[Burst], dict[str, list[Streamed]]]:
    """Measure orders by call beside orders by HTTP, and every way that passes public streams on."""
    asked: list[Burst] = []
    called: list[Burst] = []
    streamed: dict[str, list[Streamed]] = {}
    for _ in range(_SOCKET_ROUNDS):
        next_id = numbered(f"c{secrets.token_hex(4)}")
        asked.append(uvloop.run(load.burst(ways[-1], 1, _CALLS, next_id)))
        called.append(uvloop.run(calls.burst(ways[-1], _CALLS, next_id)))
        for way in ways:
            if way.name in STREAMING:
                streamed.setdefault(way.name, []).append(uvloop.run(streams.measure(way)))
    return asked, called, streamed


def _summary(bursts: dict[str, list[Burst]]) -> dict[str, Figures]:
    return {name: figures.summarise(each) for name, each in bursts.items()}


def weigh(pids: list[int]) -> dict[str, float]:
    """Take the memory of some processes, in megabytes."""
    pss, rss = running.megabytes(pids)
    return {"pss": pss, "rss": rss}


def machine() -> dict[str, str]:
    """Say what the figures were measured on."""
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr.strip()
    mitmproxy = proxies.ROOT / ".venv-bench" / "bin" / "mitmdump"
    version = subprocess.run([str(mitmproxy), "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "nginx": nginx.partition("/")[2],
        "mitmproxy": version.splitlines()[0].split()[-1],
    }


def show(results: Results, plan: Plan) -> str:
    """Lay everything out for a person."""
    weights = [f"{name:<12}{weight['pss']:>9.1f}{weight['rss']:>9.1f}" for name, weight in results.memory.items()]
    verdicts = [f"{'met' if each.met else 'MISSED':<8}{each.measured:>9.2f}  {each.aim}" for each in results.aims]
    alone, whole = results.decision_us
    beside = (
        f"refused at 1 connection: p50 {results.refused.p50:.3f} ms; by WebSocket: p50 {results.called.p50:.3f} ms",
        f"a decision of all rules with 200 orders open: {alone:.0f} us, with gathering its facts {whole:.0f} us",
    )
    return "\n\n".join(
        (
            ", ".join(f"{name} {value}" for name, value in machine().items()),
            figures.table(results.one, results.many, plan.connections),
            streams.table(results.streams),
            connects.table(results.connects),
            "\n".join((f"{'':<12}{'PSS MB':>9}{'RSS MB':>9}", *weights)),
            "\n".join(beside),
            "\n".join(verdicts),
        )
    )


def tell(text: str) -> None:
    """Say how far the run is."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    parser.add_argument("--requests", type=int, default=280, help="orders in one burst")
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    if lacking := proxies.lacking():
        tell(lacking)
        return 2
    plan = Plan(given.requests, given.rounds, given.connections)
    if plan.orders > ours.ORDERS_PER_MINUTE:
        tell(f"that is {plan.orders:,} orders; a policy allows a bot {ours.ORDERS_PER_MINUTE:,} a minute")
        return 2
    build = proxies.ROOT / "build"  # on the disk of this clone: a journal in memory would cost nothing to make durable
    build.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build))
    try:
        results = run(folder, plan)
    except BaseException:
        tell(f"logs are in {folder}")
        raise
    shutil.rmtree(folder)
    print(show(results, plan))
    if given.json:
        given.json.write_text(json.dumps({"machine": machine(), "plan": asdict(plan), **asdict(results)}, indent=2))
    return 0 if all(aim.met for aim in results.aims) else 1


if __name__ == "__main__":
    sys.exit(main())
