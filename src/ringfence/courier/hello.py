"""Whom a TLS client asks for: the server's name in its first message (RFC 8446, 4.1.2; RFC 6066, 3). Pure."""

_RECORD, _HEAD = 22, 5
_CLIENT_HELLO = 1
_MOST = 1 << 14  # of a record
_SERVER_NAME, _HOST_NAME = 0, 0


class NotTls(Exception):  # it is told to nobody: the connection is cut
    """The bytes are no client's first words."""


def asked_for(came: bytes) -> str | None:
    """Return the name that a client asks for, None where more must come first; raises `NotTls`.

    The whole message must be in the first record, as all clients send it.
    """
    if came[:1] not in {b"", bytes([_RECORD])}:
        raise NotTls
    if len(came) < _HEAD:
        return None
    size = int.from_bytes(came[3:_HEAD], "big")
    if size > _MOST:
        raise NotTls
    if len(came) < _HEAD + size:
        return None
    return _name(_Reader(came[_HEAD : _HEAD + size]))


class _Reader:
    """Cuts a message into its parts, each behind its own length."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(len(self._data))

    def take(self, size: int) -> bytes:
        """Take so many bytes."""
        taken, self._data = self._data[:size], self._data[size:]
        if len(taken) < size:
            raise NotTls
        return taken

    def number(self, size: int) -> int:
        """Take a number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def part(self, size: int) -> "_Reader":
        """Take a part whose length stands in `size` bytes before it."""
        return _Reader(self.take(self.number(size)))


def _name(record: _Reader) -> str:
    if record.number(1) != _CLIENT_HELLO:
        raise NotTls
    hello = record.part(3)
    hello.take(2 + 32)  # version and random
    for size in (1, 2, 1):  # session, cipher suites, compression
        hello.part(size)
    extensions, names = hello.part(2), []
    while extensions:
        kind, content = extensions.number(2), extensions.part(2)
        if kind == _SERVER_NAME:
            names += _names(content.part(2))
    if len(names) != 1:
        raise NotTls
    return names[0]


def _names(listed: _Reader) -> list[str]:
    found = []
    while listed:
        kind, name = listed.number(1), listed.part(2)
        if kind != _HOST_NAME:
            raise NotTls
        found.append(name.rest().decode("ascii", "replace").lower())
    return found
