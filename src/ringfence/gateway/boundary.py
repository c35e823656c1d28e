"""Find where messages end in bytes that are passed on unread (RFC 6455, 5.2): only there may a word of ours go in."""

from ringfence.errors import Broken

_SHORT, _LONG = 126, 127
_FINAL, _RESERVED, _CODE, _MASKED = 0x80, 0x70, 0x0F, 0x80
_CONTROL = 0x8  # opcodes from here on stand between the frames of a message
_CLOSE = 0x8


class Boundary:
    """Follows the frames of one direction by their heads alone. `closed`: a close frame has gone by."""

    __slots__ = ("_head", "_missing", "_split", "closed")

    def __init__(self) -> None:
        self.closed = False
        self._head = b""  # of a frame whose head has not come whole
        self._missing = 0  # bytes of a frame whose head has
        self._split = False  # between the frames of one message

    @property
    def rests(self) -> bool:
        """Whether what has gone by so far ends where a message does."""
        return not (self._head or self._missing or self._split)

    def last(self, chunk: bytes) -> int | None:
        """Take the next bytes; return the last place among them where a message ends, None where none does.

        Raises `Broken` for what no server may send.
        """
        found = 0 if self.rests else None
        at, size = -len(self._head), len(chunk)
        data, shift = (self._head + chunk, len(self._head)) if self._head else (chunk, 0)
        self._head = b""
        while at < size:
            if not self._missing:
                length = self._frame(data, at + shift)
                if not length:
                    self._head = data[at + shift :]
                    break
                self._missing = length
            step = min(self._missing, size - at)
            self._missing -= step
            at += step
            if not self._missing and not self._split:
                found = at
        return found

    def _frame(self, data: bytes, at: int) -> int:
        """Return the length of the frame that begins there, head included; 0 where its head has not come whole."""
        if len(data) - at < 2:  # noqa: PLR2004  # the head's first two bytes
            return 0
        first, second = data[at], data[at + 1]
        if first & _RESERVED or second & _MASKED:
            raise Broken("a frame that no server may send")
        length, width = second, {_SHORT: 2, _LONG: 8}.get(second, 0)
        if width:
            if len(data) - at < 2 + width:
                return 0
            length = int.from_bytes(data[at + 2 : at + 2 + width], "big")
        code = first & _CODE
        if code < _CONTROL:
            self._split = not first & _FINAL
        self.closed |= code == _CLOSE
        return 2 + width + length
