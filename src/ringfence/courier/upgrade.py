"""Open a WebSocket to an exchange: our own handshake, and nothing of an answer that another could read otherwise. Pure.

No extension and no subprotocol is asked for, so none may be answered (RFC 6455, 4.1).
"""

import base64
import re
import secrets

from websockets.utils import accept_key

from ringfence.courier.head import UNREADABLE, Unfit

_MAX_HEAD = 16 * 1024
_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]{0,256})?")
_FIELD = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_SWITCHED = 101
_NEVER = frozenset({b"sec-websocket-extensions", b"sec-websocket-protocol", b"transfer-encoding"})


class Upgrade:
    """One handshake: what is sent, and what must come back."""

    def __init__(self, host: str, target: str) -> None:
        self._key = base64.b64encode(secrets.token_bytes(16)).decode("ascii")
        self._unread = b""
        lines = (
            f"GET {target} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key}",
            "Sec-WebSocket-Version: 13",
            "User-Agent: ringfence",
        )
        self.request = "\r\n".join((*lines, "", "")).encode("ascii")

    def feed(self, data: bytes) -> bytes | None:
        """Take what has come; return what follows the answer's head, None while that is not whole; raises `Unfit`."""
        self._unread += data
        end = self._unread.find(_END)
        if end < 0 or end > _MAX_HEAD:
            if len(self._unread) > _MAX_HEAD:
                raise Unfit(UNREADABLE)
            return None
        self._judge(self._unread[:end])
        return self._unread[end + len(_END) :]

    def _judge(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        status = _STATUS.fullmatch(first)
        if status is None:
            raise Unfit(UNREADABLE)
        if int(status[1]) != _SWITCHED:
            raise Unfit(f"the exchange answered {int(status[1])} to the handshake")
        fields = [_FIELD.fullmatch(line) for line in lines]
        found: dict[bytes, list[bytes]] = {}
        for field in fields:
            if field is None:
                raise Unfit(UNREADABLE)
            found.setdefault(field[1].lower(), []).append(field[2])
        wanted = {b"upgrade": b"websocket", b"connection": b"upgrade"}
        fits = all([value.lower() for value in found.get(name, ())] == [right] for name, right in wanted.items())
        accepted = found.get(b"sec-websocket-accept") == [accept_key(self._key).encode("ascii")]
        if not fits or not accepted or _NEVER & found.keys():
            raise Unfit(UNREADABLE)
