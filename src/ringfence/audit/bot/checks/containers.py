"""What a container may do to its host, and who reaches it: one service of a compose file at a time."""

import os
import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Node, Scalar, at, flag, items, place_of, scalar, texts
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import Mount, Port, Service
from ringfence.audit.finding import Finding, Place, Severity

_TUNNELS: Final = frozenset({("udp", "51820"), ("udp", "41641")})  # WireGuard and Tailscale are made to be reached
_HARMLESS: Final = re.compile(
    r"/etc/(?:localtime|timezone|hosts|resolv\.conf|letsencrypt(?:/.*)?|ssl(?:/.*)?)|/usr/share/zoneinfo(?:/.*)?|/dev/(?:shm|null)"
)
_WHOLE: Final = frozenset({"/", "/home", "/var", "/srv", "/opt", "/mnt", "/media", "/tmp", "/data"})  # noqa: S108  # named, not used
_OF_THE_HOST: Final = re.compile(
    r"/(?:etc|root|proc|sys|dev|run|var/run|boot|usr|lib|lib64|bin|sbin|var/lib/(?:docker|containerd)|var/log)(?:/.*)?"
)
_SOCKETS: Final = re.compile(r".*/(?:docker|podman|containerd|crio)[^/]*\.sock")
_OF_A_PERSON: Final = re.compile(
    r"(?:~|/home/[^/]+)(?:/?|/\.(?:ssh|aws|gnupg|docker|kube|config|local|bitcoin|ethereum|ringfence)(?:/.*)?)"
)
_POWERS: Final = frozenset(
    [
        "ALL", "SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "DAC_OVERRIDE",
        "BPF", "SYS_BOOT", "PERFMON", "SYS_CHROOT", "MKNOD", "NET_RAW",
    ]
)  # fmt: skip
_SHARED: Final = ("pid", "ipc", "uts", "userns_mode", "cgroup")
_ROOTS: Final = frozenset({"0", "root", ""})
_FLOATING: Final = re.compile(r"(?:latest|stable|develop|development|main|master|edge|nightly|beta|rc)(?:[-_].*)?")
_PUBLISHERS: Final = {
    "freqtrade": ("freqtradeorg/", "ghcr.io/freqtrade/"),
    "hummingbot": ("hummingbot/",),
    "hummingbot-api": ("hummingbot/",),
    "octobot": ("drakkarsoftware/",),
    "jesse": ("salehmir/",),
}
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def ports(_: Bot, service: Service) -> Iterator[Finding]:
    """A port is published to others. Docker's own rules come before those of a firewall."""
    found = service.ports
    encrypted = service.is_beside and any(one.inner == "443" for one in found)
    for one in found:
        proxied = encrypted and one.inner in {"80", "443"}
        if one.reach == "nobody" or proxied or (one.kind, one.inner) in _TUNNELS:
            continue
        whom = "everybody, past the firewall" if one.reach == "everybody" else "a whole private network"
        text = f"service {_named(service)} publishes port {one.inner} to {whom}: write {_local(one)}"
        yield say("port-public", one.place, text, f"{service.name} {one.inner}", _milder(one))


def _milder(port: Port) -> Severity | None:
    return None if port.reach == "everybody" else Severity.HIGH


def _local(port: Port) -> str:
    kind = "" if port.kind == "tcp" else f"/{port.kind}"
    return f'"127.0.0.1:{port.outer or port.inner}:{port.inner}{kind}"'


def mounts(bot: Bot, service: Service) -> Iterator[Finding]:
    """It sees what belongs to the host, and can write there."""
    for one in service.mounts:
        source = _resolved(bot, service, one)
        if _SOCKETS.fullmatch(source) or _SOCKETS.fullmatch(one.target):
            text = (
                f"service {_named(service)} is given docker's socket, which is root on this machine, read-only or not"
            )
            yield say("mount-host", one.place, text, f"{service.name} socket")
        elif not _is_inside(source, bot, service) and _is_hosts(source, one):
            text = f"service {_named(service)} is given a directory of the host: mount only what the bot needs"
            yield say("mount-host", one.place, text, f"{service.name} {one.target}")
        elif not one.read_only and _holds(source, bot, service):
            text = f"service {_named(service)} can write its whole project, compose file and keys included"
            yield say("mount-project", one.place, text, f"{service.name} {one.target}")


def _resolved(bot: Bot, service: Service, mount: Mount) -> str:
    """Follow a path as docker would, links and steps upwards included."""
    if mount.source.startswith("~"):
        return os.path.normpath(mount.source)
    return os.path.realpath(bot.files.root / service.folder / mount.source)


def _is_hosts(source: str, mount: Mount) -> bool:
    plain = os.path.normpath(mount.source)
    if any(_HARMLESS.fullmatch(one) for one in (source, plain)) and mount.read_only:
        return False
    wanted = (source, plain) if plain.startswith(("/", "~")) else (source,)
    return any(one in _WHOLE or _OF_THE_HOST.fullmatch(one) or _OF_A_PERSON.fullmatch(one) for one in wanted)


def _is_inside(source: str, bot: Bot, service: Service) -> bool:
    root = os.path.realpath(bot.files.root)
    return source.startswith(root + "/") or source == os.path.realpath(bot.files.root / service.folder)


def _holds(source: str, bot: Bot, service: Service) -> bool:
    project = os.path.realpath(bot.files.root / service.folder)
    return project == source or project.startswith(source.rstrip("/") + "/")


def powers(_: Bot, service: Service) -> Iterator[Finding]:
    """It may do what only the host should."""
    for place, what in _powers(service):
        yield say(
            "container-powers", place, f"take `{what}` out of service {_named(service)}", f"{service.name} {what}"
        )


def _powers(service: Service) -> Iterator[tuple[Place, str]]:
    if flag(service.table, "privileged"):
        yield place_of(service.table, "privileged"), "privileged: true"
    yield from ((one.place, "cap_add") for one in texts(at(service.table, "cap_add")) if _is_power(one))
    for name in _SHARED:
        mode = scalar(service.table, name)
        if mode is not None and mode.text.strip().lower() == "host":
            yield mode.place, f"{name}: host"
    yield from ((one.place, "security_opt") for one in texts(at(service.table, "security_opt")) if _is_loose(one))
    for node in (*items(at(service.table, "devices")), *items(at(service.table, "device_cgroup_rules"))):
        yield node.place, "devices"


def _is_power(found: Scalar) -> bool:
    return found.text.strip().upper().removeprefix("CAP_") in _POWERS


def _is_loose(found: Scalar) -> bool:
    text = _option(found)
    return "unconfined" in text or text in {"label:disable", "no-new-privileges:false"}


def _option(found: Scalar) -> str:
    return found.text.lower().replace("=", ":").replace(" ", "")


def network(_: Bot, service: Service) -> Iterator[Finding]:
    """It shares the network of the host: every service on loopback is open to it, and its own are to others."""
    if service.on_host:
        place = place_of(service.table, "network_mode" if at(service.table, "network_mode") is not None else "net")
        yield say("host-network", place, f"service {_named(service)} shares the network of the host", service.name)


def confined(_: Bot, service: Service) -> Iterator[Finding]:
    """Nothing holds a bot that is taken over: what is missing of five things."""
    if not service.is_whole or service.is_beside:
        return
    missing = list(_missing(service))
    if missing:
        text = f"service {_named(service)} lacks {', '.join(missing)}"
        yield say("container-unconfined", service.place, text, service.name)


def _missing(service: Service) -> Iterator[str]:
    user = scalar(service.table, "user")
    if user is None or user.text.strip().partition(":")[0] in _ROOTS:
        yield '`user: "1000:1000"`'
    if not flag(service.table, "read_only"):
        yield "`read_only: true`"
    if "ALL" not in {one.text.strip().upper() for one in texts(at(service.table, "cap_drop"))}:
        yield "`cap_drop: [ALL]`"
    options = {_option(one) for one in texts(at(service.table, "security_opt"))}
    if not {"no-new-privileges", "no-new-privileges:true"} & options:
        yield "`security_opt: [no-new-privileges:true]`"
    limits = ("deploy", "resources", "limits")
    if not (_is_set(at(service.table, "mem_limit")) or _is_set(at(service.table, *limits, "memory"))):
        yield "`mem_limit: 1g`"
    if not (_is_set(at(service.table, "pids_limit")) or _is_set(at(service.table, *limits, "pids"))):
        yield "`pids_limit: 200`"


def _is_set(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.text.strip() not in {"", "0", "-1", "null"}


def image(_: Bot, service: Service) -> Iterator[Finding]:
    """What runs tomorrow is not what runs today."""
    found = service.image
    if found is None:
        return
    text = found.text.strip().lower()
    if "watchtower" in text.rpartition("/")[2]:
        yield say(
            "image-replaced", found.place, f"service {_named(service)} replaces images of its own accord", service.name
        )
    published = _PUBLISHERS.get(service.bot)
    known = text.removeprefix("docker.io/")
    if published and service.bot.split("-")[0] in text and not known.startswith(published):
        said = f"the image of service {_named(service)} is not published by the makers of {service.bot}"
        yield say("image-stranger", found.place, said, service.name)
    if _DIGEST.search(text):
        return
    tag = text.rpartition("/")[2].partition("@")[0].partition(":")[2]
    floating = not tag or _FLOATING.fullmatch(tag) is not None
    said = f"the image of service {_named(service)} has no digest, so it can be another tomorrow"
    yield say("image-floating", found.place, said, service.name, None if floating else Severity.LOW)


def logs(_: Bot, service: Service) -> Iterator[Finding]:
    """Its log grows until the disk is full."""
    if not service.is_whole:
        return
    driver = scalar(service.table, "logging", "driver")
    bounded = _is_set(at(service.table, "logging", "options", "max-size"))
    if not bounded and (driver is None or driver.text in {"json-file", ""}):
        yield say("log-grows", service.place, f"the log of service {_named(service)} has no end", service.name)


def _named(service: Service) -> str:
    return repr(service.name[:40])


CHECKS: Final = (ports, mounts, powers, network, confined, image, logs)
"""What is asked of each service."""
