"""A file that is as large as it will ever be, so that a stop can be recorded when the disk is full.

Each record is its length and its CRC-32, both four bytes big-endian, then the text, written with one fdatasync. Reading
stops at the first record that is not whole, so a torn write loses itself and nothing before it. For cancels and halts
alone: must never grow, and never carry anything that adds risk (docs/format/journal.md, The emergency file).
"""

import contextlib
import os
import struct
import zlib
from pathlib import Path

from ringfence.errors import Broken
from ringfence.journal import files

SIZE = 64 * 1024 * 1024  # room for a thousand of the longest records
_MAX_RECORD = 65_535  # a record becomes a journal entry
_HEADER = struct.Struct(">II")
_CHUNK = 1024 * 1024  # ours: more than the longest record, which `_wipe_rest` needs


class Emergency:
    """The open file. `record` until the disk has room again; then `drain` into the journal, commit, and `clear`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._size = os.fstat(handle).st_size
        self._failed = False
        self._end = sum(_HEADER.size + len(text) for text in self.drain())

    @classmethod
    def open(cls, path: Path, size: int = SIZE) -> "Emergency":
        """Open the file, made and filled at its full size at the first time; raises `Broken` where that cannot be."""
        with contextlib.ExitStack() as held:
            try:
                handle = files.lock(path)
                held.callback(os.close, handle)
                _fill(handle, size)
                files.sync(path.parent)
                emergency = cls(handle)
                emergency._wipe_rest()
            except OSError as error:
                raise Broken(
                    f"the emergency file {path} cannot be had: {error.strerror}", hint=f"it needs {size} bytes of disk"
                ) from error
            held.pop_all()
            return emergency

    def record(self, text: bytes) -> None:
        """Write one record durably; raises `Broken` where the file is full or the disk fails."""
        if not 0 < len(text) <= _MAX_RECORD:
            raise Broken(f"an emergency record of {len(text)} bytes does not fit an entry")
        whole = _HEADER.pack(len(text), zlib.crc32(text)) + text
        if self._end + len(whole) > self._size:
            raise Broken("the emergency file is full", hint="make room on the disk and restart the signer")
        self._write(self._end, whole)
        self._end += len(whole)

    def drain(self) -> list[bytes]:
        """Return every whole record, oldest first; they stay until `clear`."""
        records: list[bytes] = []
        at = 0
        while text := self._record_at(at):
            records.append(text)
            at += _HEADER.size + len(text)
        return records

    def clear(self) -> None:
        """Forget the records, once what they say is durable in the journal."""
        self._wipe(0, self._end)
        self._end = 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _record_at(self, at: int) -> bytes:
        """Read the record that begins there; nothing where none does, or not a whole one."""
        header = os.pread(self._handle, _HEADER.size, at)
        if len(header) < _HEADER.size:
            return b""
        length, crc = _HEADER.unpack(header)
        text = os.pread(self._handle, min(length, _MAX_RECORD), at + _HEADER.size)
        return text if len(text) == length and zlib.crc32(text) == crc else b""

    def _wipe_rest(self) -> None:
        """Zero what a torn write or wipe left, lest it pass for a record once a shorter one is written before it.

        A torn write reaches no further than one record behind the last whole one, and a torn wipe, as it goes from the
        end, spoils one chunk and leaves what is before it: both are seen within two chunks.
        """
        end = self._end
        while (rest := os.pread(self._handle, 2 * _CHUNK, end)) != bytes(len(rest)):
            end += len(rest)
        self._wipe(self._end, end)

    def _wipe(self, start: int, end: int) -> None:
        for at in reversed(range(start, end, _CHUNK)):
            self._write(at, bytes(min(_CHUNK, end - at)))

    def _write(self, at: int, data: bytes) -> None:
        if self._failed:
            raise Broken("the emergency file failed", hint="look at the disk, then restart the signer")
        try:
            while data:
                written = os.pwrite(self._handle, data, at)
                at, data = at + written, data[written:]
            os.fdatasync(self._handle)
        except OSError as error:
            self._failed = True
            raise Broken(f"the emergency file cannot be written: {error.strerror}") from error


def _fill(handle: int, size: int) -> None:
    have = os.fstat(handle).st_size
    if have < size:
        os.posix_fallocate(handle, 0, size)
        for at in range(have, size, _CHUNK):  # written blocks need no more metadata, which a full disk may not have
            os.pwrite(handle, bytes(min(_CHUNK, size - at)), at)
        os.fsync(handle)
