"""One service of a compose file: which bot it is, what it publishes, what it mounts and what it is told."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.audit.bot.node import Node, Odd, Scalar, Table, at, items, scalar
from ringfence.audit.finding import Place

BOTS: Final = ("freqtrade", "hummingbot-api", "hummingbot", "octobot", "jesse", "passivbot", "jupyter")
"""What a service is recognised by, in its image, its command or its name; the more particular first."""
_BESIDE: Final = re.compile(
    r"(?:^|[/_-])(?:postgres|timescaledb|redis|valkey|emqx|eclipse-mosquitto|mosquitto|nginx|nginx-proxy|caddy|traefik|"
    r"haproxy|mariadb|mysql|mongo|influxdb|grafana|prometheus|watchtower|portainer|tailscale|wireguard)(?=[:@-]|$)"
)
_SHORT: Final = re.compile(
    r"(?:(?P<ip>\[[^\]]*\]|[^\[\]:]*(?=:[^:]*:[^:]*$)):)?(?:(?P<host>[\d-]*):)?(?P<inner>\d+(?:-\d+)?)(?P<kind>/\w+)?"
)
_PRIVATE: Final = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


@dataclass(frozen=True, slots=True)
class Port:
    """A port that is published. `host` is the address it is bound to, `all` where there is none."""

    place: Place
    host: str
    outer: str
    inner: str
    kind: str = "tcp"

    @property
    def reach(self) -> str:
        """Say who reaches it."""
        return reach(self.host)


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory or file of the host that a service sees."""

    place: Place
    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service with everything merged and filled in.

    `folder` is where its project lies, `env` its variables, `command` what it runs, in one line.
    """

    name: str
    table: Table
    place: Place
    folder: str
    env: Table
    command: str = ""

    @property
    def image(self) -> Scalar | None:
        """Its image, as it is written."""
        return scalar(self.table, "image")

    @property
    def is_whole(self) -> bool:
        """Say whether it could be started; a fragment is merged with what another file says."""
        return at(self.table, "image") is not None or at(self.table, "build") is not None

    @property
    def bot(self) -> str:
        """Name the bot that it runs, the databases and proxies beside it aside; empty where that is not known."""
        image = at(self.table, "image")
        named = image.text.lower() if isinstance(image, Scalar) else ""
        if self.is_beside:
            return ""
        for text in (named, self.command.lower(), self.name.lower()):
            for one in BOTS:
                if one in text:
                    return one
        return ""

    @property
    def is_beside(self) -> bool:
        """Say whether its image is that of a database, a broker or a proxy."""
        image = at(self.table, "image")
        return isinstance(image, Scalar) and _BESIDE.search(image.text.lower()) is not None

    @property
    def on_host(self) -> bool:
        """Say whether it shares the network of the host."""
        mode = scalar(self.table, "network_mode") or scalar(self.table, "net")
        return mode is not None and mode.text.strip().lower() == "host"

    @property
    def ports(self) -> tuple[Port, ...]:
        """List what it publishes; raises `Odd`."""
        return tuple(_port(one) for one in items(at(self.table, "ports")))

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """List what it sees of the host; volumes with a name are docker's own. Raises `Odd`."""
        return tuple(_mounts(items(at(self.table, "volumes"))))


def reach(address: str) -> str:
    """Say who reaches an address: `nobody` but this machine, those of a `private` network, or `everybody`."""
    text = address.strip().strip("[]").lower()
    if text == "localhost":
        return "nobody"
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "everybody"
    inner = getattr(found, "ipv4_mapped", None) or found
    if inner.is_loopback:
        return "nobody"
    return "private" if any(inner in one for one in _PRIVATE if one.version == inner.version) else "everybody"


def _port(node: Node) -> Port:
    if isinstance(node, Table):
        inner = scalar(node, "target")
        if inner is None:
            raise Odd(node.place, "publishes a port that it does not name")
        host, outer, kind = (scalar(node, name) for name in ("host_ip", "published", "protocol"))
        place = (outer or inner).place
        return Port(place, _said(host) or "all", _said(outer), inner.text, _said(kind) or "tcp")
    found = _SHORT.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if found is None:
        raise Odd(node.place, "publishes a port in a form that compose does not know")
    return Port(node.place, found["ip"] or "all", found["host"] or "", found["inner"], (found["kind"] or "/tcp")[1:])


def _said(found: Scalar | None) -> str:
    return found.text.strip() if found is not None else ""


def _mounts(nodes: tuple[Node, ...]) -> Iterator[Mount]:
    for node in nodes:
        if isinstance(node, Table):
            kind = _said(scalar(node, "type"))
            source = scalar(node, "source") or scalar(node, "src")
            target = _said(scalar(node, "target") or scalar(node, "dst") or scalar(node, "destination"))
            if source is not None and kind in {"bind", ""}:
                yield Mount(source.place, source.text, target, _is_true(node))
        elif isinstance(node, Scalar):
            source_text, _, rest = node.text.partition(":")
            target, _, options = rest.partition(":")
            if rest and source_text.startswith(("/", ".", "~")):
                yield Mount(node.place, source_text, target, "ro" in options.split(","))
        else:
            raise Odd(node.place, "mounts in a form that compose does not know")


def _is_true(node: Table) -> bool:
    found = scalar(node, "read_only")
    return found is not None and found.text.strip().lower() in {"true", "yes", "on"}
