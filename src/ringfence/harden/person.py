"""What no program can do for the owner: it is named with its steps, and never done."""

from collections.abc import Iterator
from typing import NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen


class Step(NamedTuple):
    """One thing that is left to a person: why, and what to type."""

    what: str
    how: tuple[str, ...]


_VPN = Step(
    "a VPN: then SSH answers nobody but you",
    (
        "apt install wireguard; make a key here and one on your own machine: wg genkey | tee key | wg pubkey",
        "write /etc/wireguard/wg0.conf (wg-quick(8)), then: systemctl enable --now wg-quick@wg0",
        "when you reach the server through it: ringfence harden firewall --ssh-from wg0",
    ),
)
_FACTOR = Step(
    "a second factor: a stolen key alone then opens nothing",
    (
        "a key that lives in a token and asks to be touched: ssh-keygen -t ed25519-sk -O verify-required",
        "or a code: apt install libpam-google-authenticator, google-authenticator as yourself, then let sshd ask",
    ),
)
_BACKUP = Step(
    "a backup that is not on this server, and one restore that you have tried",
    (
        "the deployment's directory has keys, policy and journal; its vault is encrypted, so that it may leave",
        "keep the passphrase elsewhere; restore it once on another machine, and write down when",
    ),
)


def steps(host: Host) -> Iterator[Step]:
    """List what is left to a person on this server."""
    if not _has_tunnel(host):
        yield _VPN
    yield _FACTOR
    yield _BACKUP


def _has_tunnel(host: Host) -> bool:
    try:
        return any(
            name.startswith("tailscale") or "DEVTYPE=wireguard" in host.lines(f"/sys/class/net/{name}/uevent")
            for name in host.names("/sys/class/net")
        )
    except Unseen:
        return False
