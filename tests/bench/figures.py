"""From measured times to a table and a verdict. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# The aims, and why each is where it is (docs/explanation/performance.md).
MOST_TIMES_NGINX = 7.0  # a plain proxy does one hop; this does four, a decision and a durable commit
MOST_TIMES_NGINX_P99 = 10.0
MOST_TIMES_MITMPROXY = 0.5  # the tool that people would script this with
LEAST_TIMES_MITMPROXY_RATE = 10.0
MOST_DECISION_US = 50.0  # of all rules, with 200 orders open: far less than anything else on the way
MOST_MEGABYTES = 150.0  # gateway, signer and courier beside a bot on the smallest rented server
LEAST_TIMES_MITMPROXY_STREAM = 5.0  # market data is passed on unread, so it must not cost what reading it does
MOST_TIMES_HTTP = 1.0  # the same order by WebSocket: a frame is no more work than a request
MOST_START_SECONDS = 2.0  # a reboot at night must not leave positions without a bot for long

Aims = tuple["Aim", ...]


@dataclass(frozen=True, slots=True)
class Burst:
    """One measured burst: seconds that each request took, in order, and the seconds that all took together."""

    connections: int
    latencies: tuple[float, ...]
    elapsed: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.elapsed


@dataclass(frozen=True, slots=True)
class Figures:
    """What several bursts of one path come to: the median over the bursts of each burst's figure, milliseconds."""

    p50: float
    p99: float
    rate: float


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim, what was measured, and whether it is met."""

    aim: str
    measured: float
    met: bool


@dataclass(frozen=True, slots=True)
class Alone:
    """What is measured of Ringfence alone: megabytes, microseconds of a decision, seconds from start to ready."""

    megabytes: float
    decision_us: float
    start_seconds: float


@dataclass(frozen=True, slots=True)
class Sockets:
    """What is measured of WebSockets: times mitmproxy's messages a second; orders by call, and by HTTP beside them."""

    times_mitmproxy: float
    called: Sequence[Burst]
    asked: Sequence[Burst]


def percentile(values: Sequence[float], share: float) -> float:
    """Take the smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(int(rank), 1) - 1]


def _p50(burst: Burst) -> float:
    return percentile(burst.latencies, 0.50)


def summarise(bursts: Sequence[Burst]) -> Figures:
    """Take the medians, so that one disturbed burst decides nothing."""
    return Figures(
        p50=median(_p50(burst) for burst in bursts) * 1_000,
        p99=median(percentile(burst.latencies, 0.99) for burst in bursts) * 1_000,
        rate=median(burst.rate for burst in bursts),
    )


def ratio(ours: Sequence[Burst], theirs: Sequence[Burst], of: Callable[[Burst], float]) -> float:
    """Take the median of the rounds' ratios: what slows the machine down for a while slows both bursts of a round."""
    return median(of(mine) / of(other) for mine, other in zip(ours, theirs, strict=True))


def _p99(burst: Burst) -> float:
    return percentile(burst.latencies, 0.99)


def aims(
    one: Mapping[str, Sequence[Burst]],
    many: Mapping[str, Sequence[Burst]],
    refused: Sequence[Burst],
    alone: Alone,
    sockets: Sockets,
) -> Aims:
    """Hold the bursts at one connection and at many, refused orders, and the rest against what is aimed for."""
    ours = one["ringfence"]
    rate = ratio(many["ringfence"], many["mitmproxy"], lambda burst: burst.rate)
    return (
        _most("order p50, times nginx's", ratio(ours, one["nginx"], _p50), MOST_TIMES_NGINX),
        _most("order p50, times mitmproxy's", ratio(ours, one["mitmproxy"], _p50), MOST_TIMES_MITMPROXY),
        _most("order p99, times nginx's p99", ratio(ours, one["nginx"], _p99), MOST_TIMES_NGINX_P99),
        Aim(
            f"orders a second, at least {LEAST_TIMES_MITMPROXY_RATE:g} times mitmproxy's",
            rate,
            rate >= LEAST_TIMES_MITMPROXY_RATE,
        ),
        _most("a refused order's p50, times an allowed one's", ratio(refused, ours, _p50), 1.0),
        _most("microseconds of a decision, 200 orders open", alone.decision_us, MOST_DECISION_US),
        _most("megabytes of gateway, signer and courier", alone.megabytes, MOST_MEGABYTES),
        Aim(
            f"messages a second of public streams, at least {LEAST_TIMES_MITMPROXY_STREAM:g} times mitmproxy's",
            sockets.times_mitmproxy,
            sockets.times_mitmproxy >= LEAST_TIMES_MITMPROXY_STREAM,
        ),
        _most("order by WebSocket p50, times by HTTP", ratio(sockets.called, sockets.asked, _p50), MOST_TIMES_HTTP),
        _most("seconds from start to ready", alone.start_seconds, MOST_START_SECONDS),
    )


def _most(what: str, measured: float, most: float) -> Aim:
    return Aim(f"{what}, at most {most:g}", measured, measured <= most)


def table(one: Mapping[str, Figures], many: Mapping[str, Figures], connections: int) -> str:
    """Lay the figures of every path out, with each path's p50 and rate against direct."""
    head = f"{'':<12}{'1 connection':^28}{f'{connections} connections':^28}{'times direct':^18}"
    units = (
        f"{'':<12}{'p50 ms':>9}{'p99 ms':>9}{'req/s':>9} {'p50 ms':>9}{'p99 ms':>9}{'req/s':>9} {'p50':>9}{'req/s':>9}"
    )
    rows = [head, units]
    for name in one:
        slower = one[name].p50 / one["direct"].p50
        rate = many[name].rate / many["direct"].rate
        rows.append(f"{name:<12}{_cells(one[name])} {_cells(many[name])} {slower:>9.2f}{rate:>9.2f}")
    return "\n".join(rows)


def _cells(figures: Figures) -> str:
    return f"{figures.p50:>9.3f}{figures.p99:>9.3f}{figures.rate:>9,.0f}"
