"""Secret bytes in memory that others cannot read: never `str`, never printed, never copied by accident.

`Secret.memory` says how well the bytes are kept:

    memfd_secret    pages that are not in the kernel's own map: not even root reads them from /proc/<pid>/mem,
                    never swapped, never dumped (memfd_secret(2), Linux 5.14; on by default from 6.5)
    locked          ordinary pages that are never swapped (mlock(2)) and left out of core dumps
    plain           ordinary pages, left out of core dumps; the kernel may swap them

What it must never do: hand out the bytes in any form but a `memoryview` of these pages.
"""

import ctypes
import mmap
import os
import weakref
from typing import Literal, NoReturn, Self

from ringfence.errors import Broken, Misconfigured

Memory = Literal["memfd_secret", "locked", "plain"]

MAX_SIZE = 16 * 1024  # a PEM of an RSA-16384 key is 13 KiB; nothing we keep is longer

_MEMFD_SECRET = 447  # the same number on x86_64 and aarch64
_MAP_FAILED = ctypes.c_void_p(-1).value
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.mmap.restype = ctypes.c_void_p
_LIBC.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_LIBC.munmap.argtypes = _LIBC.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_LIBC.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_LIBC.getrandom.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
_LIBC.getrandom.restype = ctypes.c_ssize_t
_LIBC.syscall.restype = ctypes.c_long


class Secret:
    """A fixed number of secret bytes in pages of their own; wipe it when done, or use it in a `with` block.

    They are zeros at first, and are written through `view`.
    """

    __slots__ = ("_cells", "_pid", "memory", "size")

    def __init__(self, size: int) -> None:
        if not 0 < size <= MAX_SIZE:
            raise Misconfigured(f"a secret has 1 to {MAX_SIZE} bytes")
        address, length, self.memory = _map(size)
        self.size = size
        self._pid = os.getpid()
        # Views keep the array alive, and the pages go only with the array: a late view reads zeros, not a fault.
        self._cells: ctypes.Array[ctypes.c_ubyte] | None = (ctypes.c_ubyte * size).from_address(address)
        weakref.finalize(self._cells, _release, address, length, self._pid).atexit = False

    @classmethod
    def take(cls, buffer: bytearray) -> Self:
        """Copy a buffer in and wipe the buffer, whatever happens."""
        try:
            secret = cls(len(buffer))
            secret.view()[:] = buffer
        finally:
            wipe(buffer)
        return secret

    @classmethod
    def random(cls, size: int) -> Self:
        """Let the kernel write random bytes straight into the pages."""
        secret = cls(size)
        if _LIBC.getrandom(secret._live(), size, 0) != size:  # up to 256 bytes are never cut short (getrandom(2))
            raise Broken("the kernel gave too few random bytes")
        return secret

    def view(self) -> memoryview:
        """Return the bytes themselves, writable, of the exact length; zeros once the secret is wiped."""
        return memoryview(self._live()).cast("B")

    def wipe(self) -> None:
        """Overwrite the bytes with zeros and let the pages go; may be called again."""
        cells, self._cells = self._cells, None
        if cells is not None and os.getpid() == self._pid:
            ctypes.memset(cells, 0, self.size)

    def _live(self) -> "ctypes.Array[ctypes.c_ubyte]":
        if self._cells is None:
            raise Broken("the secret has been wiped")
        if os.getpid() != self._pid:  # MADV_DONTFORK: the pages are not there
            raise Broken("the secret belongs to another process")
        return self._cells

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"Secret({self.size} bytes, {self.memory})"

    def _never(self, *_: object) -> NoReturn:
        raise TypeError("a secret is never text, a copy or a key of a mapping; compare views with hmac.compare_digest")

    __str__ = __eq__ = __hash__ = __reduce_ex__ = _never


def wipe(buffer: bytearray) -> None:
    """Overwrite a buffer with zeros in place; its length stays, so that no reallocation leaves a copy behind."""
    buffer[:] = bytes(len(buffer))


def _map(size: int) -> tuple[int, int, Memory]:
    length = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory: Memory = "memfd_secret"
    address = _map_secret(length)
    if address is None:
        address = _mmap(length, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1)
        if address is None:
            raise MemoryError("no memory for a secret")
        memory = "locked" if _LIBC.mlock(address, length) == 0 else "plain"
    for advice in (mmap.MADV_DONTDUMP, mmap.MADV_DONTFORK):
        if _LIBC.madvise(address, length, advice) != 0:
            _LIBC.munmap(address, length)
            raise Broken("the kernel does not keep secret memory out of dumps and children")
    return address, length, memory


def _map_secret(length: int) -> int | None:
    fd: int = _LIBC.syscall(ctypes.c_long(_MEMFD_SECRET), ctypes.c_uint(os.O_CLOEXEC))
    if fd < 0:
        return None
    try:
        os.ftruncate(fd, length)
        # Not Python's own mmap: it would keep a copy of the descriptor, which pidfd_getfd(2) could carry away.
        return _mmap(length, mmap.MAP_SHARED, fd)
    except OSError:
        return None
    finally:
        os.close(fd)


def _mmap(length: int, flags: int, fd: int) -> int | None:
    address: int | None = _LIBC.mmap(None, length, mmap.PROT_READ | mmap.PROT_WRITE, flags, fd, 0)
    return None if address == _MAP_FAILED else address


def _release(address: int, length: int, pid: int) -> None:
    if os.getpid() == pid:
        ctypes.memset(address, 0, length)
        _LIBC.munmap(address, length)
