"""Files whose rights stand out: which of them the distribution has, and which somebody should look at.

A file that nobody but root can come to gives nobody anything; it must be left out by its place, never by its name.
"""

import stat
from collections.abc import Iterator, Mapping
from typing import Final

from ringfence.audit.host import paths
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Marked

_SET_USER_ID: Final = frozenset(
    {"chage", "chfn", "chsh", "crontab", "dotlockfile", "expiry", "fusermount3", "gpasswd", "mount", "newgrp"}
    | {"ntfs-3g", "passwd", "pkexec", "ssh-agent", "su", "sudo", "umount", "wall", "write", "write.ul", "bsd-write"}
)
_STOCK: Final = frozenset(
    {f"/usr/bin/{name}" for name in _SET_USER_ID}
    | {
        "/usr/sbin/unix_chkpwd",
        "/usr/lib/openssh/ssh-keysign",
        "/usr/lib/dbus-1.0/dbus-daemon-launch-helper",
        "/usr/lib/polkit-1/polkit-agent-helper-1",
    }
)
"""What Debian 12 and 13 install set-user-id or set-group-id, seen on a stock server and in their packages."""
_STOCK_CAPABLE: Final = frozenset({"/usr/bin/ping", "/usr/bin/mtr-packet", "/usr/bin/arping"})
_SCRATCH: Final = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108  # looked at, never written to
_OLD_ROOTS: Final = ("/bin/", "/sbin/", "/lib/")  # of a system from before they were one with /usr

MODES: Final[Mapping[str, int]] = {
    "/etc/passwd": 0o644,
    "/etc/passwd-": 0o644,
    "/etc/group": 0o644,
    "/etc/group-": 0o644,
    "/etc/shadow": 0o640,
    "/etc/shadow-": 0o640,
    "/etc/gshadow": 0o640,
    "/etc/gshadow-": 0o640,
    "/etc/sudoers": 0o440,
    "/etc/sudoers.d": 0o755,
    "/etc/crontab": 0o644,
    "/etc/ssh": 0o755,
    "/etc/ssh/sshd_config": 0o644,
    "/etc/pam.d": 0o755,
    "/etc/systemd/system": 0o755,
    "/etc/hosts": 0o644,
    "/etc/resolv.conf": 0o644,
    "/etc/nsswitch.conf": 0o644,
}
"""The most rights that a file may give (CIS 7.1, and Debian's own modes); execution does no harm and is not counted."""


def gives_rights(host: Host, one: Marked) -> Iterator[str]:
    """Say of a file that it gives whoever runs it rights, unless the distribution has it so."""
    if _gives_rights(one) and not _stock(one):
        yield from _reached(host, one, _rights(one))


def open_to_all(host: Host, one: Marked) -> Iterator[str]:
    """Say of a file that anybody may write to it, or that it is nobody's, unless it lies where everything may."""
    if one.path.startswith(_SCRATCH):
        return
    if one.unowned:
        yield from _reached(host, one, "is nobody's")
    elif _written_by_all(one):
        yield from _reached(host, one, "anybody may write")


def too_open(host: Host, path: str) -> Iterator[str]:
    """Say of one of the system's files that it is not root's, or gives more rights than it should."""
    found = paths.way(host, path)
    if not found.whole:
        return
    place, status = found.places[-1]
    if status.uid != 0:
        yield f"{place} belongs to uid {status.uid}"
    beyond = status.bits & 0o666 & ~MODES[path]
    if beyond:
        yield f"{place} has mode {status.bits:04o} (at most {MODES[path]:04o})"


def _gives_rights(one: Marked) -> bool:
    return one.capable or (one.status.is_file and bool(one.status.mode & (stat.S_ISUID | stat.S_ISGID)))


def _stock(one: Marked) -> bool:
    path = f"/usr{one.path}" if one.path.startswith(_OLD_ROOTS) else one.path
    if one.capable:
        return path in _STOCK_CAPABLE and not one.status.mode & (stat.S_ISUID | stat.S_ISGID)
    return path in _STOCK and one.status.uid == 0


def _rights(one: Marked) -> str:
    if one.capable:
        return "has capabilities"
    return "set-user-id" if one.status.mode & stat.S_ISUID else "set-group-id"


def _written_by_all(one: Marked) -> bool:
    if not one.status.mode & stat.S_IWOTH or one.status.is_link:
        return False
    return one.status.is_file or (one.status.is_dir and not one.status.mode & stat.S_ISVTX)


def _reached(host: Host, one: Marked, word: str) -> Iterator[str]:
    """Say it of a file that somebody besides root can come to: layers of containers stand where nobody can."""
    if not paths.secluded(host, one.path):
        yield f"{one.path} ({word})"
