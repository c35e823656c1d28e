"""What the probe is to try: everything outside that a captured bot would want, as it is on this server now."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from ringfence.canary.asked import GATEWAY, Try
from ringfence.deploy import names
from ringfence.deploy.bots import Bot
from ringfence.deploy.layout import places
from ringfence.dialects.hosts import hosts_of
from ringfence.settings import Settings

_ELSEWHERE = (("1.1.1.1", 443), ("8.8.8.8", 443), ("2606:4700:4700::1111", 443))  # Cloudflare, Google: always there
_LOOPBACKS = ("127.0.0.1", "::1")
_RESOLVERS = ("1.1.1.1", "8.8.8.8", "127.0.0.53", "127.0.0.1")
# Where clouds tell a machine who it is, and give it credentials: AWS, GCP, Azure, Hetzner, DigitalOcean; AWS by IPv6.
_METADATA = (("169.254.169.254", 80), ("fd00:ec2::254", 80))
_SPEAKERS = (  # each would speak for the bot outside, or do what it is told as root
    "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/resolve/io.systemd.Resolve",
    "/run/systemd/notify", "/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock",
    "/run/podman/podman.sock", "/var/lib/lxd/unix.socket", "/run/snapd.socket", "/run/nscd/socket",
)  # fmt: skip
_SYSTEM = ("/etc/passwd", "/etc/crontab", "/etc/cron.d", names.UNITS, "/etc/ld.so.preload", "/usr/bin", "/etc")
_SECRETS = ("/etc/shadow", "/etc/credstore", "/etc/credstore.encrypted", "/var/lib/systemd/credential.secret")
_NETLINK, _PACKET, _VSOCK, _ALG = 16, 17, 40, 38  # socket(2), linux/socket.h
_LISTENS = "0A"  # TCP_LISTEN, as /proc/net/tcp has it


def tries(settings: Settings, name: str, bot: Bot, code: str, pids: tuple[int, ...]) -> tuple[Try, ...]:
    """List everything that is to be tried for a bot. `pids` are our own processes."""
    return (
        *(Try(GATEWAY, where, f"Ringfence answers on {where[0]}:{where[1]}") for where in places(settings)),
        *_network(settings, bot),
        *_files(settings, name, bot, code),
        *(Try("memory", (pid,), f"look into process {pid}") for pid in (1, *pids)),
        *(Try("signal", (pid,), f"end process {pid}") for pid in (1, *pids)),
        Try("namespace", (), "make a user namespace"),
    )


def _network(settings: Settings, bot: Bot) -> Iterator[Try]:
    for address, host in _exchanges(settings):
        yield Try("tcp", (address, 443), f"reach {host} ({address})")
    for address, port in _ELSEWHERE:
        yield Try("tcp", (address, port), f"reach {address}")
        yield Try("udp", (address, port), f"send to {address} by UDP")
    for address in dict.fromkeys((*_RESOLVERS, *_own_resolvers())):
        yield Try("udp", (address, 53), f"ask {address} for a name")
        yield Try("tcp", (address, 53), f"ask {address} for a name by TCP")
    yield Try("name", ("example.com",), "look a name up")
    for address, port in _METADATA:
        yield Try("tcp", (address, port), f"reach the cloud's metadata ({address})")
    for kind, said in ((socket.SOCK_RAW, "raw"), (socket.SOCK_DGRAM, "ping's")):
        yield Try("icmp", ("1.1.1.1", kind), f"send ICMP by a {said} socket")
    for number, said in ((_NETLINK, "netlink"), (_PACKET, "packet"), (_VSOCK, "vsock"), (_ALG, "kernel crypto")):
        yield Try("family", (number, socket.SOCK_RAW if number != _ALG else 5), f"make a {said} socket")
    pages = {(address, port) for port in bot.ui for address in _LOOPBACKS}  # what answers there is the bot itself
    for address, port in _listeners(frozenset(places(settings)) | pages):
        yield Try("tcp", (address, port), f"reach port {port} of this server at {address}")


def _files(settings: Settings, name: str, bot: Bot, code: str) -> Iterator[Try]:
    home = settings.home
    for path in (*map(str, (settings.vault, settings.journal, home / "gateway", home / "deploy.toml")), *_SECRETS):
        if Path(path).exists():
            yield Try("read", (path,), f"read {path}")
    for found in sorted(settings.journal.glob("*")):
        yield Try("read", (str(found),), f"read {found}")
    for path in (*_SPEAKERS, *map(str, sorted(Path(names.RUN).glob("*/*.sock")))):
        yield Try("unix", (path,), f"speak to {path}")
    written = (str(settings.policy_draft), code, f"{names.UNITS}/{names.bot_unit(name)}", names.PROGRAM, *_SYSTEM)
    own = (bot.directory, *bot.started[:1]) if bot.directory else ()
    for path in (*written, *own):
        if Path(path).exists():
            yield Try("write", (path,), f"write to {path}")


def _exchanges(settings: Settings) -> Iterator[tuple[str, str]]:
    """Resolve the exchange's hosts here, since the bot cannot; where that fails, one address stands for them."""
    hosts = sorted({host for listener in settings.listeners for host in hosts_of(listener.exchange)})
    with ThreadPoolExecutor(8) as pool:
        for host, address in zip(hosts, pool.map(_address, hosts), strict=True):
            if address:
                yield address, host


def _address(host: str) -> str:
    with suppress(OSError):
        return str(socket.getaddrinfo(host, 443, socket.AF_INET)[0][4][0])
    return ""


def _own_resolvers() -> Iterator[str]:
    with suppress(OSError):
        for line in Path("/etc/resolv.conf").read_text("utf-8", "replace").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver" and "%" not in words[1]:
                yield words[1]


def _listeners(ours: frozenset[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """List every port that is listened on here, at loopback and at each of the server's own addresses."""
    ports = set[int]()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            rows = (line.split() for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:])
            ports |= {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENS}
    for address in (*_LOOPBACKS, *_addresses()):
        yield from ((address, port) for port in sorted(ports) if (address, port) not in ours)


def _addresses() -> Iterator[str]:
    """List the server's own IPv4 addresses, as the kernel's routing table has them (/proc/net/fib_trie)."""
    last, found = "", set[str]()
    with suppress(OSError):
        for line in Path("/proc/net/fib_trie").read_text("ascii").splitlines():
            words = line.split()
            if words[:1] == ["|--"]:
                last = words[1]
            elif words[:2] == ["/32", "host"] and "LOCAL" in words and not last.startswith("127."):
                found.add(last)
    yield from sorted(found)
