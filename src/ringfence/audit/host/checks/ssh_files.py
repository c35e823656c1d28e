"""SSH's files on the server: its keys, who may change its settings, which file wins, and the version of the program.

Of a host's key only the public half is read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from ringfence.audit.host import paths, sshd, sshkeys
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

Fits = Callable[[str], bool]
"""Says whether a value is a good one."""

NONE: Final = "no OpenSSH server is installed"
"""Why there is nothing to ask."""

_RSA_LEAST = 3072  # CIS 5.1.3; NIST SP 800-57 part 1: 128 bits of strength


def _host_keys(host: Host) -> Answer:
    every = (*sshd.read(host).all("hostkey"), *paths.expand(host, "/etc/ssh/ssh_host_*_key"))
    keys = [(path, found) for path in dict.fromkeys(every) if (found := paths.last(host, path))]
    for path, found in keys:
        if found.status.uid != 0 or found.status.bits & 0o077:
            return failed(f"{path} is {found.status.bits:04o} and of uid {found.status.uid}", path)
    for path, _found in keys:
        fault = _host_key(host, path)
        if fault:
            return failed(
                f"{path}: {fault}", path, fix=f"rm {path} {path}.pub && ssh-keygen -A && systemctl reload ssh"
            )
    if not keys:
        raise Unseen("no host key was found")
    return passed(f"{len(keys)} host keys")


def _host_key(host: Host, path: str) -> str:
    text = host.text(f"{path}.pub")
    key = sshkeys.parse(text) if text is not None else None
    if key is None:
        raise Unseen(f"{path}.pub does not tell its kind")
    return _short(key)


def _short(key: sshkeys.Key) -> str:
    if key.kind.startswith("ssh-dss"):
        return "a DSA key"
    return f"an RSA key of {key.bits} bits" if key.kind == "ssh-rsa" and key.bits < _RSA_LEAST else ""


def _files(host: Host) -> list[tuple[str, paths.Station]]:
    read = dict.fromkeys((sshd.CONFIG, *(line.path for line in sshd.read(host).lines)))
    return [(path, found) for path in read if (found := paths.last(host, path))]


def _writable(host: Host) -> Answer:
    folder = paths.last(host, f"{sshd.CONFIG}.d")
    every = [*_files(host), *([(f"{sshd.CONFIG}.d", folder)] if folder else [])]
    for path, found in every:
        if found.status.uid != 0 or found.status.bits & 0o022:
            return failed(f"{path} is {found.status.bits:04o} and of uid {found.status.uid}", path)
    return passed("only root writes them")


def _readable(host: Host) -> Answer:
    open_ = [path for path, found in _files(host) if found.status.bits & 0o077]
    return failed(", ".join(open_), open_[0]) if open_ else passed("only root reads them")


def _overridden(host: Host, wanted: Mapping[str, Fits]) -> Answer:
    """For each setting sshd takes the first value that it meets, and drop-ins are included first."""
    try:
        server = sshd.read(host)
    except Unseen:
        odd = sshd.started_with(host)
        if odd is None:
            raise
        return failed(f"sshd is started with {odd.value}", odd.path)
    for key, fits in wanted.items():
        said = [line for line in server.lines if line.key == key and not line.when]
        better = next((line for line in said[1:] if fits(line.value)), None)
        if better is not None and not fits(said[0].value):
            first = said[0]
            lost = f"{better.path}:{better.line}, which says {better.value}"
            return failed(f"{first.path}:{first.line} says {first} and wins over {lost}", first.path, first.line)
    return passed("nothing weakens what another file says")


_VERSION = re.compile(r"(?:\d+:)?(?P<major>\d+)\.(?P<minor>\d+)p\d+-(?P<build>\S+)")
# CVE-2024-6387: from 8.5p1, mended in 9.8p1; and by builds of Debian (DSA-5724-1) and of Ubuntu (USN-6859-1).
_HURT, _MENDED = (8, 5), (9, 8)
_BUILDS: Final[Mapping[tuple[int, int], tuple[str, int]]] = {
    (8, 9): (r"3ubuntu0\.(\d+)", 10),
    (9, 2): (r"2\+deb12u(\d+)", 3),
    (9, 6): (r"3ubuntu13\.(\d+)", 3),
    (9, 7): (r"(\d+)", 7),
}


def _version(host: Host) -> Answer:
    version = _package(host)
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Unseen(f"openssh-server {version or 'is no package of dpkg, and its version'} cannot be judged")
    release = int(found["major"]), int(found["minor"])
    if not _HURT <= release < _MENDED or _is_mended(release, found["build"]):
        return passed(version)
    return failed(f"openssh-server {version}")


def _is_mended(release: tuple[int, int], build: str) -> bool:
    pattern, least = _BUILDS.get(release, ("(?!)", 0))
    found = re.match(pattern, build)
    return found is not None and int(found[1]) >= least


def _package(host: Host) -> str:
    for entry in (host.text("/var/lib/dpkg/status") or "").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.split("\n") if ": " in line and line[0] != " ")
        if fields.get("Package") == "openssh-server" and fields.get("Status", "").endswith(" installed"):
            return fields.get("Version", "")
    return ""


def checks(wanted: Mapping[str, Fits]) -> tuple[Check, ...]:
    """List what is asked of the files; `wanted` says which values of which settings are good ones."""
    return (
        Check("host/ssh-host-keys", _where_installed(_host_keys)),
        Check("host/ssh-config-writable", _where_installed(_writable)),
        Check("host/ssh-config-readable", _where_installed(_readable), optional=True),
        Check("host/ssh-overridden", _where_installed(lambda host: _overridden(host, wanted))),
        Check("host/ssh-version", _where_installed(_version)),
    )


def _where_installed(ask: Callable[[Host], Answer]) -> Callable[[Host, Expected], Answer]:
    def asked(host: Host, _: Expected) -> Answer:
        return ask(host) if sshd.installed(host) else not_applicable(NONE)

    return asked
