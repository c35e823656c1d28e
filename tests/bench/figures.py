"""From measured times to a table and a verdict. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# The floors, and why each is where it is.
MOST_TIMES_NGINX = 15.0  # a durable commit and two hops more than a plain proxy, still lost in the way to an exchange
MOST_TIMES_MITMPROXY = 1.0  # the tool that people would script this with must not be quicker
LEAST_TIMES_MITMPROXY_RATE = 3.0
MOST_MEGABYTES = 200.0  # gateway, signer and courier beside a bot on the smallest rented server

Floors = tuple["Floor", ...]


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
class Floor:
    """One promise, what was measured, and whether it holds."""

    promise: str
    measured: float
    held: bool


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


def floors(one: Mapping[str, Sequence[Burst]], many: Mapping[str, Sequence[Burst]], megabytes: float) -> Floors:
    """Hold the bursts at one connection, at many, and the memory against what is promised."""
    to_nginx = ratio(one["ringfence"], one["nginx"], _p50)
    to_mitmproxy = ratio(one["ringfence"], one["mitmproxy"], _p50)
    rate = ratio(many["ringfence"], many["mitmproxy"], lambda burst: burst.rate)
    return (
        Floor(f"p50 at most {MOST_TIMES_NGINX:g} times nginx's", to_nginx, to_nginx <= MOST_TIMES_NGINX),
        Floor("p50 not above mitmproxy's (times)", to_mitmproxy, to_mitmproxy <= MOST_TIMES_MITMPROXY),
        Floor(
            f"throughput at least {LEAST_TIMES_MITMPROXY_RATE:g} times mitmproxy's",
            rate,
            rate >= LEAST_TIMES_MITMPROXY_RATE,
        ),
        Floor(f"memory under {MOST_MEGABYTES:g} MB", megabytes, megabytes < MOST_MEGABYTES),
    )


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
