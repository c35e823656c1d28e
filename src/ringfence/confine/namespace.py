"""A network and a view of the files that are nobody else's, and, where one is not root, a user that may set them up.

Everything here is about our own namespaces (namespaces(7)): nothing changes what other processes see.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from ringfence.errors import Misconfigured

HINT = (
    "run it as root; or let users have namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
    "kernel.apparmor_restrict_unprivileged_userns; a container needs --privileged, or --cap-add SYS_ADMIN"
)

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000  # clone(2)
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000  # mount(2)
_MOUNT_SETATTR, _RDONLY, _RECURSIVE, _CWD = 442, 1, 0x8000, -100  # mount_setattr(2), Linux 5.12
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # netdevice(7)
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where POSIX has it (shm_overview(7)); ours hides the machine's


def leave() -> None:
    """Leave the machine's network and its mounts; raises `Misconfigured` where the kernel does not let us."""
    uid, gid = os.getuid(), os.getgid()
    if _LIBC.unshare(_NEWNET | _NEWNS) != 0:
        if _LIBC.unshare(_NEWUSER | _NEWNET | _NEWNS) != 0:
            code = ctypes.get_errno()
            raise Misconfigured(f"the kernel gives us no network of our own: {os.strerror(code)}", hint=HINT)
        _map(uid, gid)
    _mount(b"none", Path("/"), None, _MS_REC | _MS_PRIVATE, None)


def possible() -> bool:
    """Say whether `leave` works here, found by trying it in a child."""
    child = os.fork()
    if child == 0:
        try:
            leave()
            os._exit(0)
        except (Misconfigured, OSError):
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def loopback() -> None:
    """Switch our loopback interface on; every address of 127.0.0.0/8 is ours then."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        told = fcntl.ioctl(asking, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack_from("H", told, 16)[0]
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _UP))


def settle(hidden: Path, write: Iterable[Path]) -> None:
    """Show an empty directory in place of `hidden`, and let nothing be changed but below `write` and in own memory.

    Not even modes and times can be, which Landlock does not cover. Raises `OSError` where that cannot be.
    """
    _mount(b"none", hidden, b"tmpfs", 0, b"size=4k,mode=0555")
    _mount(b"none", _SHARED_MEMORY, b"tmpfs", 0, b"mode=1777")
    kept = [path for path in write if not path.is_char_device()]  # what is written to a device stays writable
    for path in kept:
        _mount(os.fsencode(path), path, None, _MS_BIND | _MS_REC, None)
    _attribute(Path("/"), on=_RDONLY)
    for path in (*kept, _SHARED_MEMORY):
        _attribute(path, off=_RDONLY)


def _attribute(path: Path, *, on: int = 0, off: int = 0) -> None:
    wanted = struct.pack("=QQQQ", on, off, 0, 0)
    flags = ctypes.c_uint(_RECURSIVE)
    answer = _LIBC.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_CWD),
        os.fsencode(path),
        flags,
        wanted,
        ctypes.c_size_t(len(wanted)),
    )
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))


def _mount(source: bytes, target: Path, kind: bytes | None, flags: int, options: bytes | None) -> None:
    if _LIBC.mount(source, os.fsencode(target), kind, ctypes.c_ulong(flags), options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(target))


def _map(uid: int, gid: int) -> None:
    """Stay who we are in the new user namespace; the order is the kernel's (user_namespaces(7))."""
    Path("/proc/self/setgroups").write_bytes(b"deny")
    Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (uid, uid))
    Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (gid, gid))
