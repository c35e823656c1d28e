"""How much of anything a bot may make the gateway hold."""

from dataclasses import dataclass

from ringfence.ipc.messages import MAX_BOT_BODY


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds. A bot that needs more is broken or hostile (docs/explanation/attacks.md, S30)."""

    body: int = MAX_BOT_BODY
    line: int = 8190  # aiohttp's and nginx's usual; a batch of orders in a query fits
    field: int = 4096  # the longest recorded header of a real client is a JWT of about 700 bytes
    head: int = 32 * 1024  # all of it together; nginx's large_client_header_buffers
    fields: int = 64  # real clients send fewer than 20
    idle_seconds: float = 75.0  # for the whole head of a request, and between two; nginx's keepalive_timeout
    body_seconds: float = 10.0  # for the whole body; 64 KiB over loopback takes none
    linger_seconds: float = 1.0  # how long a refused body is still read, so that the refusal is not lost in a reset
    connections: int = 256  # on one listener; a bot library's pool has 10 to 100
    ahead: int = 16  # requests that wait on one connection before no more is read from it; clients do not pipeline
    sockets: int = 64  # WebSockets on one listener; python-binance opens one for each stream
    message: int = MAX_BOT_BODY  # of one message of a bot over a WebSocket, as of a body
    fragments: int = 64  # pieces of one message; no client sends more than one
    unread: int = 1 << 20  # bytes that wait for a bot that does not read, before it is ended
    ping_seconds: float = 20.0  # how often a quiet bot is pinged; Binance's own (web-socket-api.md)
    pong_seconds: float = 60.0  # how long it may then say nothing, or read nothing; Binance's own
    in_flight: int = 256  # requests of all bots that wait for one peer
    patience_seconds: float = 20.0  # longer than the signer's own patience with an exchange, shorter than a bot's
    knocks: int = 256  # connections of which nobody knows yet whose they are; a client says it in its first bytes
    knock_seconds: float = 10.0  # for that, and for a handshake by name
    tries: int = 30  # wrong passes a minute that get an answer; an honest client shows its right one at once
