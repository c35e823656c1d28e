"""What a server starts by itself at a time or at boot, and did not get from a package: cron, at, units, timers."""

import posixpath
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host.dpkg import owned, settled, unchanged
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_TABLES: Final = ("/etc/crontab", "/etc/anacrontab", "/etc/rc.local")
_FOLDERS: Final = (
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/cron.yearly",
    "/etc/init.d",
)
_SPOOL: Final = ("/var/spool/cron/crontabs", "/var/spool/cron/atjobs")
_UNITS: Final = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/etc/systemd/user",
    "/usr/local/lib/systemd/user",
    "/lib/systemd/user",
    "/usr/lib/systemd/user",
)  # systemd.unit(5), the paths that are searched
_STARTS: Final = (".service", ".timer", ".path", ".socket")
_BESIDE: Final = (".wants", ".requires", ".d")


def foreign(host: Host, ours: tuple[str, ...] = ()) -> tuple[str, ...]:
    """List the files that start something and are no package's, or not as it brought them; `ours` are known units."""
    brought, kept = owned(host), unchanged(host)
    cron = {path for path in _cron(host) if settled(path) not in brought or path not in kept}
    units = {path for path in _units(host) if _is_foreign(host, path, brought)}
    personal = {path for folder in _homes(host) for path in _entries(host, folder)}
    return tuple(sorted(cron | {path for path in units | personal if not _is_ours(path, ours)}))


def _cron(host: Host) -> Iterator[str]:
    for path in _TABLES:
        if host.lines(path):
            yield path
    for folder in _FOLDERS:
        yield from (path for path in host.under(folder) if not _is_folder(host, path))
    for folder in _SPOOL:
        yield from (path for path in host.under(folder) if not path.endswith("/.SEQ") and host.lines(path))


def _units(host: Host) -> Iterator[str]:
    for folder in _UNITS:
        if not _is_linked(host, folder):
            yield from _entries(host, folder)


def _entries(host: Host, folder: str) -> Iterator[str]:
    for path in host.under(folder):
        if path.endswith(_BESIDE):
            yield from host.under(path)
        elif path.endswith(_STARTS):
            yield path


def _is_foreign(host: Host, path: str, brought: frozenset[str]) -> bool:
    if settled(path) in brought:
        return False
    status = host.status(path)
    if status is None or not status.is_link:
        return True
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), status.target))
    return target != "/dev/null" and posixpath.dirname(target) not in _UNITS  # masked; or looked at for itself


def _is_ours(path: str, ours: tuple[str, ...]) -> bool:
    names = path.split("/")
    return names[-1] in ours or names[-2].removesuffix(".d") in ours


def _is_folder(host: Host, path: str) -> bool:
    status = host.status(path)
    return status is not None and status.is_dir


def _is_linked(host: Host, folder: str) -> bool:
    """Say whether a directory is another one of the list under a second name, as /lib is."""
    top = "/" + folder.split("/")[1]
    status = host.status(top)
    return status is not None and status.is_link


def _homes(host: Host) -> Iterator[str]:
    if not host.users:
        raise Unseen("there is no /etc/passwd")
    homes = sorted({user.home for user in host.users.values() if user.home.startswith("/")})
    return (f"{home.rstrip('/')}/.config/systemd/user" for home in homes)
