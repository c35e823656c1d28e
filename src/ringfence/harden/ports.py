"""Which ports of the server are in use, and which of them have to stay open: SSH's own, and a tunnel's."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from ringfence.audit.host import sshd
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_ROW = re.compile(
    r"(?P<kind>tcp|udp)\s+\S+\s+\d+\s+\d+\s+(?P<address>\S+):(?P<port>\d+)\s+\S+(?:\s+users:\(\(\"(?P<name>[^\"]*))?"
)
_PORT = re.compile(r"(?P<kind>tcp|udp)/(?P<port>[1-9][0-9]{0,4})")
_LISTEN = re.compile(r"^\s*ListenPort\s*=\s*(?P<port>[0-9]+)\s*$", re.MULTILINE | re.IGNORECASE)
_HIGHEST = 65535


class Open(NamedTuple):
    """A port that something waits on, at an address that is not the server's own loopback."""

    kind: str
    port: int
    name: str


def parse(text: str) -> tuple[str, int] | None:
    """Read a port such as `tcp/443`; None for what is none."""
    found = _PORT.fullmatch(text)
    port = int(found["port"]) if found else 0
    return (found["kind"], port) if found and port <= _HIGHEST else None


def listening(host: Host) -> tuple[Open, ...]:
    """List what may be reached from outside; raises `Unseen` where `ss` does not say."""
    ran = host.run("ss", "-Hltunp")
    if ran.code != 0:
        raise Unseen("ss -Hltunp fails")
    rows = list[Open]()
    for line in filter(None, map(str.strip, ran.out.splitlines())):
        found = _ROW.match(line)
        if found is None:
            raise Unseen(f"ss -Hltunp printed what is no port: {line[:80]}")
        if not _is_loopback(found["address"]):
            rows.append(Open(found["kind"], int(found["port"]), found["name"] or ""))
    return tuple(dict.fromkeys(rows))


def of_ssh(host: Host) -> tuple[int, ...]:
    """List the ports at which sshd answers: those that it says, those that systemd holds for it, those that it has."""
    found = {
        int(port) for value in sshd.read(host).all("listenaddress") if (port := value.rpartition(":")[2]).isdigit()
    }
    found |= {one.port for one in listening(host) if one.kind == "tcp" and one.name == "sshd"}
    if host.run("systemctl", "is-active", "ssh.socket").out.strip() == "active":
        told = host.run("systemctl", "show", "-p", "Listen", "--value", "ssh.socket").out
        found |= {int(port) for port in re.findall(r"(\d+) \(Stream\)", told)}
    if not found:
        raise Unseen("sshd does not say at which port it answers")
    return tuple(sorted(found))


def of_tunnels(host: Host) -> tuple[int, ...]:
    """List the ports at which WireGuard answers, by what runs and by what its files say."""
    found = {
        int(port) for path in host.under("/etc/wireguard", ".conf") for port in _LISTEN.findall(host.text(path) or "")
    }
    found |= set(_running(host))
    return tuple(sorted(port for port in found if 0 < port <= _HIGHEST))


def _running(host: Host) -> Iterator[int]:
    if not host.status("/usr/bin/wg"):
        return
    for line in host.run("wg", "show", "all", "listen-port").out.splitlines():
        port = line.rpartition("\t")[2]
        if port.isdigit():
            yield int(port)


def _is_loopback(address: str) -> bool:
    """Say whether only the server itself can reach an address; what is none that can be read counts as open."""
    try:
        return ip_address(address.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False
