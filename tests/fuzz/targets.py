"""What is fuzzed: each target takes bytes, and raises where something that must always hold does not.

Each names the errors that its reader may raise; any other is a finding.
"""

import contextlib
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from ringfence.courier import hello
from ringfence.courier.answer import Answer, Heard
from ringfence.dialects import answers
from ringfence.dialects.dialect import Sendable
from ringfence.errors import Broken, Misconfigured, Misread
from ringfence.gateway import connect
from ringfence.gateway.http import Asked, Found, Reader
from ringfence.gateway.limits import Limits
from ringfence.ipc import messages
from ringfence.ipc.link import Link
from ringfence.journal import verify
from ringfence.journal.checkpoint import Signer, Verifier
from ringfence.model import action
from ringfence.model.names import ClientId
from ringfence.model.order import Order, OrderRef
from ringfence.vault import sealed, sealing
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.sealed import Contents
from ringfence.vault.secret import Secret
from tests.dialects.binance.asks import AT, DIALECT, INSTRUMENTS, SECRET, SYMBOLS, ask, back, by_hmac

ROUTES = [
    "POST /api/v3/order", "DELETE /api/v3/order", "POST /api/v3/order/test", "POST /api/v3/order/cancelReplace",
    "POST /api/v3/order/oco", "POST /api/v3/orderList/oco", "POST /api/v3/orderList/oto",
    "POST /api/v3/orderList/otoco",
    "PUT /api/v3/order/amend/keepPriority", "DELETE /api/v3/orderList", "DELETE /api/v3/openOrders",
    "POST /api/v3/sor/order", "GET /api/v3/order", "GET /api/v3/openOrders", "GET /api/v3/myTrades",
    "POST /sapi/v1/capital/withdraw/apply", "GET /api/v3/depth", "GET /api/v3/account",
]  # fmt: skip


class Wrong(Exception):
    """Something that must always hold did not."""


def _require(holds: bool, what: str) -> None:  # it reads as an assertion
    if not holds:
        raise Wrong(what)


def reading(data: bytes) -> None:
    """The dialect's reader: never raises, and what it would let through is written and read back as the same."""
    route, query, body = _three(data)
    request = ask(ROUTES[route % len(ROUTES)], "", "")
    request = msgspec.structs.replace(request, query=query, body=body)
    meant = DIALECT.read(request, SYMBOLS)
    _require(isinstance(meant, action.Action), "outside of the union")
    DIALECT.read_public(request)
    sendable = named(meant)
    if sendable is None:
        return
    with contextlib.suppress(Misread):  # an order that is not priced yet, or of a symbol that is not pinned
        _require(DIALECT.read(back(DIALECT.write(sendable, INSTRUMENTS, AT)), SYMBOLS) == sendable, "another meaning")


def named(meant: action.Action) -> Sendable | None:
    """Give what a bot sent without ids the ids that it would leave with; None for what is not sent as it is."""
    match meant:
        case action.Place(order):
            return action.Place(_named(order, 0))
        case action.Preview(order, rates):
            return action.Preview(replace(_named(order, 0), routed=False), rates)
        case action.PlaceList(form, orders, name):
            legs = tuple(_named(order, number) for number, order in enumerate(orders))
            return action.PlaceList(form, legs, name or ClientId("list"))
        case action.Amend(ref, quantity, name):
            return action.Amend(ref, quantity, name or ClientId("mine"))
        case action.CancelList(symbol, _, name):
            return None if name is None else action.CancelList(symbol, None, name)
        case action.Read() | action.Cancel():
            return meant
        case _:
            return None


def _named(order: Order, number: int) -> Order:
    return order if order.client_id is not None else replace(order, client_id=ClientId(f"id-{number}"))


def envelope(data: bytes) -> None:
    """Who signed: raises `Misread` alone, and nothing that arbitrary bytes say is signed by a key they do not have."""
    _, query, body = _three(data)
    request = msgspec.structs.replace(ask("POST /api/v3/order"), query=query, body=body)
    with contextlib.suppress(Misread):
        DIALECT.envelope(request)
    _require(not DIALECT.verify(request, by_hmac(SECRET)), "a signature out of nothing")


def edge(data: bytes) -> None:
    """The bot's HTTP: however the bytes arrive, they mean the same."""
    size = 1 + (data[0] % 32 if data else 0)
    stream = data[1:]
    whole = _requests([stream])
    pieces = _requests([stream[at : at + size] for at in range(0, len(stream), size)])
    _require(whole == pieces, "pieces mean something else")


def _requests(pieces: list[bytes]) -> list[Asked | None]:
    reader = Reader(Limits())
    found: list[Found] = [each for piece in pieces for each in reader.feed(piece)]
    return [each if isinstance(each, Asked) else None for each in found]


def upstream(data: bytes) -> None:
    """The exchange's HTTP: however an answer arrives, it is heard as the same.

    What comes behind an answer is not part of it, and only makes it doubtful where it came together with its end.
    """
    size = 1 + (data[0] % 32 if data else 0)
    stream = data[1:]
    pieces, taken = _heard([stream[at : at + size] for at in range(0, len(stream), size)])
    whole, _ = _heard([stream[:taken]])
    _require(whole == pieces, "pieces are heard as something else")


def _heard(pieces: list[bytes]) -> tuple[Heard | None, int]:
    """Feed until something is heard; and say how many bytes that took."""
    reader, taken = Answer(), 0
    for piece in pieces:
        taken += len(piece)
        if (heard := reader.feed(piece)) is not None:
            return heard, taken
    return None, taken


_SOCKETS = (
    messages.Ask, messages.ToCourier, messages.FromCourier, messages.FromOwner, messages.Fetch, messages.Tunnel,
    messages.Quotes,
)  # fmt: skip


def frames(data: bytes) -> None:
    """What processes say to each other: decodes to one of the words, or ends the connection; never anything else."""
    for kind in _SOCKETS:
        decoder: Any = msgspec.msgpack.Decoder(kind)
        got: list[object] = []
        link: Link[Any] = Link(decoder, frozenset(), partial(_keep, got), lambda *_: None)
        link.data_received(data)
        _require(len(link._buffer) <= messages.MAX_FRAME + 4, "more kept than one frame")
        _require(all(isinstance(message, messages.Message) for message in got), "not one of the words")


def ways(data: bytes) -> None:
    """What is asked of the proxy and through a tunnel: one reading or a no, the same however the bytes arrive."""
    found = connect.read(data)
    if isinstance(found, connect.Wanted):
        _require(found == connect.read(data) and f"{found.host}:{found.port}".encode() in data.lower(), "another host")
        _require(all(connect.read(data[:size]) is None for size in range(len(data))), "a part was taken for the whole")
    with contextlib.suppress(hello.NotTls):
        name = hello.asked_for(data)
        _require(name is None or name.encode("ascii", "replace") in data.lower(), "a name that was not said")


def _keep(got: list[object], _link: Link[Any], message: object) -> None:
    got.append(message)


def hearing(data: bytes) -> None:
    """Exchanges' answers: strict and quick reader agree, and nothing raises."""
    with contextlib.suppress(Misread):
        answers.parse(data)
    status = (200, 400, 404, 409, 418, 429, 500)[data[0] % 7] if data else 0
    order = _ORDER.order
    listed = action.PlaceList(action.ListForm.OCO, (order, order), ClientId("l"))
    for meant in (
        action.Place(order),
        listed,
        action.Cancel(_REF),
        action.CancelList(order.symbol, None, ClientId("l")),
    ):
        DIALECT.hear(meant, status, data[1:], SYMBOLS)
    DIALECT.hear_rights(status, data[1:], AT)
    for reader in (DIALECT.hear_time, DIALECT.hear_instruments, DIALECT.hear_fills):
        with contextlib.suppress(Misread):
            reader(data[1:])
    with contextlib.suppress(Misread):
        DIALECT.reports(data[1:], SYMBOLS)


def vault(data: bytes) -> None:
    """A vault's file, changed: it is broken or it is what it was, and nothing else of it is ever believed."""
    key, whole = _vault()
    changed = bytearray(whole)
    for at in range(0, len(data) - 3, 4):
        where = int.from_bytes(data[at : at + 3], "big") % len(changed)
        changed[where] ^= data[at + 3]
    for each in (bytes(changed), data):
        try:
            header = sealed.read_header(each)
            contents = sealed.read(each, key)
        except (Broken, Misconfigured):
            continue
        _require(each == whole and contents.header == header, "a changed vault was read")


def notes(data: bytes) -> None:
    """A checkpoint's note and a journal's public key: broken, or signed by the key that is named."""
    signer, _ = _journal()
    verifier = signer.verifier
    with contextlib.suppress(Broken):
        Verifier.parse(data.decode("utf-8", "replace"))
    with contextlib.suppress(Broken):
        verifier.open(data)
        raise Wrong("a note that nobody signed was believed")


def exported(data: bytes) -> None:
    """An exported journal of which one file was changed: said to be damaged, and never another exception."""
    signer, checkpoint = _journal()
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        (home / "checkpoint").write_bytes(checkpoint)
        for name in ("tile/0/000.p/1", "tile/entries/000.p/1", "tile/0/000", "tile/entries/000"):
            (home / name).parent.mkdir(parents=True, exist_ok=True) if not (home / name).parent.exists() else None
            with contextlib.suppress(OSError):
                (home / name).write_bytes(data)
        verified = verify.verify(home, signer.verifier.text)
        _require(bool(verified.problems), "what was never written was verified")


_TEXT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=a"


def _placed() -> action.Place:
    read = DIALECT.read(ask("POST /api/v3/order", _TEXT), SYMBOLS)
    assert isinstance(read, action.Place)
    return read


_ORDER = _placed()
_REF = OrderRef(_ORDER.order.symbol, None, ClientId("a"))


def _three(data: bytes) -> tuple[int, bytes, bytes]:
    """Cut bytes into a number, a query and a body."""
    query, _, body = data[1:].partition(b"\n")
    return (data[0] if data else 0), query, body


@cache
def _vault() -> tuple[Secret, bytes]:
    key, lineage = Secret.random(32), bytes(16)
    record = Record("account-main", RecordKind.EXCHANGE, "binance", ("api.binance.com",), "main", key="k", created=1)
    with Secret.random(64) as secret:
        one = sealing.seal(record, 2, lineage, secret, key)
    header = sealed.Header(64 * 1024, 3, 1, bytes(16), lineage, bytes(60))
    return key, sealing.write(Contents(header, 2, (one,)), key)


@cache
def _journal() -> tuple[Signer, bytes]:
    signer = Signer("ringfence/journal", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    return signer, signer.sign(1, bytes(32))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "reading": reading,
    "envelope": envelope,
    "edge": edge,
    "upstream": upstream,
    "ways": ways,
    "frames": frames,
    "hearing": hearing,
    "vault": vault,
    "notes": notes,
    "exported": exported,
}
