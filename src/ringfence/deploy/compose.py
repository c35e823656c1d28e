"""The overlay for a bot in a container: no network but a loopback that it shares with a relay to Ringfence.

Pure: it reads nothing and writes nothing but text. An internal network would not do: its bridge has an address of the
server's, where whatever listens on all addresses can be reached (docs/how-to/confine-a-container.md).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from ringfence.deploy import mounts, names
from ringfence.deploy.composed import REFUSED, RESET, Service
from ringfence.deploy.mounts import Mount
from ringfence.errors import Misconfigured

FILE = "docker-compose.ringfence.yml"
_PIDS = 512  # TasksMax= of a bot's unit
_SCRATCH, _ROOM = "/tmp", "size=256m,mode=1777"  # noqa: S108  # what stays writable where nothing else is
_NOBODY_RISES = ["no-new-privileges:true"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A bot that is known: what is in its images, by the image's name; what of that it need not write to."""

    sign: str
    user: str
    fixed: tuple[str, ...]


# freqtrade: its Dockerfile (ftuser is 1000, and its libraries are in that user's home) and docker-compose.yml.
# hummingbot: its docker-compose.yml; its settings, conf/, it writes as it runs.
KINDS = (
    Kind(
        "freqtrade",
        "1000:1000",
        tuple(
            f"/freqtrade/user_data/{each}"
            for each in ("strategies", "freqaimodels", "hyperopts", "config.json", "config-private.json")
        ),
    ),
    Kind("hummingbot", "", ("/home/hummingbot/scripts", "/home/hummingbot/controllers")),
)


@dataclass(frozen=True, slots=True)
class Around:
    """What the overlay needs to know of the deployment. `relay` is the uid and gid that the doors are for.

    `places` are the addresses and ports of the ways in, `pages` those of the bot's own pages, `trust` the folder with
    our certificates, and `hosts` the file of exchanges' names, where there is one.
    """

    bot: str
    relay: tuple[int, int]
    places: tuple[tuple[str, int], ...]
    pages: tuple[int, ...]
    memory: str
    trust: str
    hosts: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner says: the relay's image, the bot's user as UID:GID, and whether its own files stay writable."""

    image: str = ""
    user: str = ""
    writable: bool = False


class _Tagged:
    """A value that replaces, or takes away, what the first file has (Compose spec, merge; Compose 2.24.4 or later)."""

    def __init__(self, tag: str, value: object) -> None:
        self.tag, self.value = tag, value


class _Dumper(yaml.SafeDumper):
    """YAML with Compose's two tags, and without aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write everything out."""
        return True


def _tagged(dumper: _Dumper, one: _Tagged) -> yaml.Node:
    node = dumper.represent_data(one.value)
    node.tag = one.tag
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
    return node


_Dumper.add_representer(_Tagged, _tagged)


def overlay(service: Service, around: Around, wishes: Wishes, real: Callable[[str], str]) -> str:
    """Write the overlay; raises `Misconfigured`. `real` says where a path leads, or nothing where it is not there."""
    relay = relay_of(around.bot)
    if relay in service.has:
        raise Misconfigured(f"the compose file has a service {relay} already", hint="give the file without ours")
    services = {service.name: _bot(service, around, wishes, real), relay: _relay(service, around, wishes)}
    head = (
        f"# Written by `ringfence compose` for bot {around.bot}; it takes Docker Compose 2.24.4 or later.\n"
        "# docs/how-to/confine-a-container.md\n"
    )
    text = yaml.dump({"services": services}, Dumper=_Dumper, sort_keys=False, width=1000)
    return head + text.replace("!reset 'null'", "!reset null")  # PyYAML quotes what has a tag of its own


def relay_of(bot: str) -> str:
    """Name the service that stands beside a bot."""
    return f"ringfence-{bot}"


def kind_of(service: Service) -> Kind | None:
    """Tell which bot a service is, by its image alone."""
    image = service.image.split("@")[0].lower()
    return next((kind for kind in KINDS if kind.sign in image), None)


def _bot(service: Service, around: Around, wishes: Wishes, real: Callable[[str], str]) -> dict[str, object]:
    shared = {
        "network_mode": _Tagged("!override", f"service:{relay_of(around.bot)}"),
        **{key: _Tagged("!reset", None) for key in (*RESET, *REFUSED)},
    }
    return {
        **shared,
        **_limits(_user(service, around, wishes), around.memory, _PIDS, writable=wishes.writable),
        "tmpfs": _Tagged("!override", [*service.memory, *_scratch(service)]),
        "volumes": [_bound(mount) for mount in _fixed(service, around, real)],
    }


def _scratch(service: Service) -> list[str]:
    return [] if _SCRATCH in service.taken else [f"{_SCRATCH}:{_ROOM}"]


def _limits(user: str, memory: str, pids: int, *, writable: bool = False) -> dict[str, object]:
    return {
        "user": user,
        "cap_drop": _Tagged("!override", ["ALL"]),
        "security_opt": _Tagged("!override", _NOBODY_RISES),
        "read_only": not writable,
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": pids,
    }


def _user(service: Service, around: Around, wishes: Wishes) -> str:
    """Choose the bot's user: the owner's word, else the file's, else its image's. Root is none of them."""
    kind = kind_of(service)
    found = wishes.user or service.user or (kind.user if kind else "")
    uid, _, gid = found.partition(":")
    if not (_is_number(uid) and _is_number(gid)):
        hint = "give --user UID:GID, numbers: the owner of the folders that it writes to, not root"
        raise Misconfigured(f"as whom service {service.name} runs is not known: {found or 'its image says'}", hint=hint)
    if 0 in {int(uid), int(gid)}:
        raise Misconfigured(f"service {service.name} would run as root", hint="give --user UID:GID of somebody else")
    if int(uid) == around.relay[0] or int(gid) == around.relay[1]:
        raise Misconfigured(
            f"service {service.name} would run as the relay's user, for whom the doors are", hint="give another --user"
        )
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _fixed(service: Service, around: Around, real: Callable[[str], str]) -> Iterator[Mount]:
    """List what is mounted read-only beside what the file mounts, or in place of it."""
    kind = kind_of(service)
    named = tuple(word for word in service.words if word.endswith(".json") and word.startswith("/"))
    for path in dict.fromkeys((*kind.fixed, *named) if kind else ()):
        found = mounts.fixed(service.mounts, path)
        if found is None or not (leads := real(found.source)):
            continue
        if said := mounts.why_not(found, leads, ()):
            raise Misconfigured(f"service {service.name}: {said}", hint="look who put a link there")
        yield found
    yield Mount(around.trust, around.trust, read_only=True)
    if around.hosts:
        yield Mount(around.hosts, "/etc/hosts", read_only=True)


def _relay(service: Service, around: Around, wishes: Wishes) -> dict[str, object]:
    image = wishes.image or service.image
    if not image:
        raise Misconfigured("the relay needs an image with python3", hint="give --image python:3.13-slim@sha256:...")
    doors = [f"{address}:{port}=/doors/{address}:{port}.sock" for address, port in around.places]
    pages = [f"/pages/{port}.sock=127.0.0.1:{port}" for port in around.pages]
    seen = [Mount(names.RELAY, "/relay.py", read_only=True), Mount(names.doors(around.bot), "/doors", read_only=True)]
    seen += [Mount(names.pages(around.bot), "/pages", read_only=False)] if pages else []
    return {
        "image": image,
        "entrypoint": ["python3", "-I", "-S", "/relay.py"],
        "command": [*doors, *pages],
        "network_mode": "none",
        **({"sysctls": {"net.ipv4.ip_unprivileged_port_start": 0}} if _is_low(around) else {}),
        "working_dir": "/",
        "restart": "always",
        "init": False,
        "healthcheck": {"disable": True},
        **_limits("{}:{}".format(*around.relay), "128M", 64),
        "volumes": [_bound(mount) for mount in seen],
    }


def _is_low(around: Around) -> bool:
    return any(port < 1024 for _, port in around.places)  # noqa: PLR2004  # ip(7), what needs a capability


def _bound(mount: Mount) -> dict[str, object]:
    return {
        "type": "bind",
        "source": mount.source,
        "target": mount.target,
        "read_only": mount.read_only,
        "bind": {"create_host_path": False},
    }


def notes(service: Service, around: Around, wishes: Wishes) -> tuple[str, ...]:
    """Say what the owner should know of the overlay: what no longer works, and what is not as tight as it could be."""
    said = list[str]()
    pages = set(map(str, around.pages))
    lost = [port for port in service.published if port.rpartition(":")[2].partition("/")[0] not in pages]
    if lost:
        hint = f"`ringfence deploy --bot {around.bot} --ui PORT` leads you there, on loopback alone"
        said.append(f"no longer published: {', '.join(lost)}; {hint}")
    if service.needs:
        said.append(f"it cannot reach {', '.join(service.needs)} any more: a bot without a network has no neighbours")
    if kind_of(service) is None:
        said.append("nobody has looked at this bot: all folders that it could write to it still can")
    if wishes.writable:
        said.append("its own files stay writable: what gets in can stay until the container is made anew")
    if "@sha256:" not in (wishes.image or service.image):
        said.append("the relay's image is not pinned: --image NAME@sha256:... is the same one tomorrow")
    return tuple(said)


def started(file: str, written: str) -> str:
    """Say how both files are started together."""
    return f"docker compose -f {PurePosixPath(file).name} -f {PurePosixPath(written).name} up -d"
