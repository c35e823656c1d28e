"""One service of a compose file as it stands, and whether it can be confined at all. Pure: text in, values out.

A closed list: what is not named here is refused, since nobody has looked at what it opens.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from ringfence.deploy import mounts
from ringfence.deploy.mounts import MERGED, Mount, Volume
from ringfence.errors import Misconfigured

_LONGEST = 1024 * 1024  # characters; a compose file of a bot has some hundred

# The keys of a service in the Compose spec, by what becomes of them. These open nothing, or are set anew.
_KEPT = frozenset({
    "attach", "blkio_config", "build", "command", "configs", "container_name", "cpu_count", "cpu_percent", "cpu_shares",
    "cpu_quota", "cpu_period", "cpus", "cpuset", "depends_on", "entrypoint", "env_file", "environment", "healthcheck",
    "image", "init", "label_file", "labels", "logging", "mem_limit", "mem_reservation", "memswap_limit", "pids_limit",
    "platform", "profiles", "pull_policy", "read_only", "restart", "secrets", "shm_size", "stdin_open",
    "stop_grace_period", "stop_signal", "tmpfs", "tty", "ulimits", "user", "volumes", "working_dir",
})  # fmt: skip
RESET = (
    "networks", "ports", "expose", "hostname", "domainname", "dns", "dns_search", "dns_opt", "extra_hosts", "links",
    "external_links", "mac_address", "deploy", "cap_add", "sysctls",
)  # fmt: skip
"""What a bot without a network has not, and what is taken from it."""
_SET = frozenset({"network_mode", "cap_drop", "security_opt"})
REFUSED = (
    "privileged", "devices", "device_cgroup_rules", "group_add", "pid", "ipc", "uts", "userns_mode", "cgroup",
    "cgroup_parent", "runtime", "volumes_from",
)  # fmt: skip
"""What joins a bot to the server. It is refused, and reset too, for the day on which somebody adds it."""
_HINTS = {
    "extends": MERGED,
    "use_api_socket": "that is the engine's own socket: whoever has it has the server",
    "volumes_from": "list its volumes",
    "group_add": "in the engine's group a bot has the server",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A bot's service: what of it matters to its confinement.

    `taken` are the places in the container where something is mounted, `memory` the entries of `tmpfs`, `needs` the
    services that it waits for, and `has` the names of all services of the file.
    """

    name: str
    image: str
    user: str
    words: tuple[str, ...]
    mounts: tuple[Mount, ...]
    taken: frozenset[str]
    memory: tuple[str, ...]
    published: tuple[str, ...]
    needs: tuple[str, ...]
    has: frozenset[str]


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, as it is for Compose: either could be the one that counts."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[object, object]:
    loader.flatten_mapping(node)
    found: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int) or key in found:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice, or is no name", node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(text: str, name: str, folder: str) -> Service:
    """Read a service; raises `Misconfigured` where the file says, or could say, what would open the bot's confinement.

    `folder` is where the file stands, by its absolute path.
    """
    document = _document(text)
    services = _table(document.get("services"), "services")
    if name not in services:
        there = ", ".join(map(str, services)) or "none"
        raise Misconfigured(f"there is no service {name}", hint=f"there is {there}")
    service = _table(services[name], name)
    _insist_on_known(service, name)
    found = [mounts.parsed(entry, folder) for entry in _list(service.get("volumes"), "volumes")]
    _insist_on_volumes(found, document)
    memory = _words(service.get("tmpfs"))
    files = [*_files(service, document, folder)]
    bound = tuple(one for one in found if isinstance(one, Mount))
    _insist_on_sources(service, bound, folder)
    return Service(
        name=name,
        image=_text(service.get("image")),
        user=_text(service.get("user")),
        words=_words(service.get("command")),
        mounts=(*bound, *files),
        taken=frozenset({*(one.target for one in found), *(entry.partition(":")[0] for entry in memory)}),
        memory=memory,
        published=tuple(str(port)[:80] for port in _list(service.get("ports"), "ports")),
        needs=tuple(map(str, _names(service.get("depends_on")))),
        has=frozenset(map(str, services)),
    )


def insist_on_mounts(service: Service, real: Callable[[str], str], guarded: tuple[str, ...]) -> None:
    """Refuse a mount that opens the server: `Misconfigured`. `real` follows links, `guarded` are the compose files."""
    for mount in service.mounts:
        if said := mounts.why_not(mount, real(mount.source), guarded):
            raise Misconfigured(f"service {service.name}: {said}", hint=mounts.HINT)


def _document(text: str) -> Mapping[object, object]:
    if len(text) > _LONGEST:
        raise Misconfigured("that is too long for a compose file")
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # made from the safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise Misconfigured(f"it cannot be read as YAML: {why}", hint=MERGED) from None
    found = _table(document, "the file")
    if "include" in found:
        raise Misconfigured("it includes other files", hint=MERGED)
    return found


def _insist_on_known(service: Mapping[object, object], name: str) -> None:
    for key, value in service.items():
        harmless = key in _KEPT or key in RESET or key in _SET or str(key).startswith("x-")
        if not harmless and (key not in REFUSED or value):
            hint = _HINTS.get(str(key), f"take it out of service {name}")
            raise Misconfigured(f"service {name} has {key}, which would open its confinement, or may", hint=hint)


def _insist_on_volumes(found: list[Mount | Volume], document: Mapping[object, object]) -> None:
    """Refuse a volume of the engine's that is some folder in truth: its driver is told which."""
    defined = _table(document.get("volumes") or {}, "volumes")
    for one in found:
        settings = defined.get(one.name) if isinstance(one, Volume) else None
        if settings and set(_table(settings, "a volume")) - {"name", "labels", "external"}:
            raise Misconfigured(
                "a volume with a driver can be any folder of the server", hint="mount the folder itself, or leave it"
            )


def _files(service: Mapping[object, object], document: Mapping[object, object], folder: str) -> Iterator[Mount]:
    """List the files that come in as secrets and configs, which are mounts by another name."""
    for kind in ("secrets", "configs"):
        defined = _table(document.get(kind) or {}, kind)
        for entry in _list(service.get(kind), kind):
            named = entry.get("source") if isinstance(entry, Mapping) else entry
            settings = defined.get(named)
            path = settings.get("file") if isinstance(settings, Mapping) else None
            if isinstance(path, str):
                found = mounts.parsed({"type": "bind", "source": path, "target": "/run", "read_only": True}, folder)
                yield from (one for one in (found,) if isinstance(one, Mount))


def _insist_on_sources(service: Mapping[object, object], bound: tuple[Mount, ...], folder: str) -> None:
    """Refuse what the bot could change from inside, and what would work at its next start, outside."""
    moved = mounts.movable(bound)
    if moved is not None:
        raise Misconfigured(
            f"{moved.source} is in a folder that the bot may write to: it could put a link there",
            hint="mount it at the same place below, or from another folder",
        )
    build = service.get("build")
    context = build.get("context", ".") if isinstance(build, Mapping) else build
    if context is None:
        return
    made = mounts.parsed({"type": "bind", "source": context, "target": "/", "read_only": True}, folder)
    inside = isinstance(made, Mount) and any(
        mounts.is_in(made.source, one.source) for one in bound if not one.read_only
    )
    if inside or not isinstance(context, str):
        raise Misconfigured("the bot may write to what its image is built from", hint="build it from another folder")


def _words(command: object) -> tuple[str, ...]:
    if isinstance(command, str):
        return tuple(command.split())
    return tuple(map(str, _list(command, "command")))


def _names(needs: object) -> list[object]:
    return list(needs) if isinstance(needs, Mapping) else _list(needs, "depends_on")


def _table(value: object, what: str) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise Misconfigured(f"{what} is no table", hint="is it a compose file?")
    return value


def _list(value: object, what: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Misconfigured(f"{what} is no list", hint=MERGED)
    return value


def _text(value: object) -> str:
    return "" if value is None else str(value)
