"""What every dialect must be able to do, and the values that cross its edge. Pure: no clock, no socket."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from ringfence.model.action import Action, Amend, Cancel, CancelList, Placing, Preview, Read
from ringfence.model.decision import Reason
from ringfence.model.facts import Instrument, Role
from ringfence.model.fill import Fill
from ringfence.model.finding import KeyRights
from ringfence.model.names import Asset, ClientId, KeyId, Symbol
from ringfence.model.order import OrderRef, SelfTrade
from ringfence.model.reply import Heard, Reply, Report
from ringfence.model.request import Request


class Envelope(msgspec.Struct, frozen=True):
    """Who says it and when: the key the request names, its time (ms since 1970) and window (ms), its signature.

    All are what the bot claims; None where it claims nothing. A signature that can be written in two ways is here in
    one, so that who sends it again is recognised.
    """

    key: KeyId | None
    timestamp_ms: int | None
    window_ms: int
    signature: str | None


class Algorithm(StrEnum):
    """How a key signs: chosen by the key itself, never by what a request claims."""

    HMAC = "hmac-sha256"
    ED25519 = "ed25519"
    RSA = "rsa-sha256"


class Signer(Protocol):
    """A key that signs; the dialect sees its signatures and never its bytes."""

    @property
    def algorithm(self) -> Algorithm:
        """How it signs."""
        ...

    def sign(self, text: bytes) -> bytes:
        """Sign a text."""
        ...


class Checker(Protocol):
    """What a bot's signatures are checked with: its secret, or the public half of its key pair."""

    @property
    def algorithm(self) -> Algorithm:
        """How the bot's key signs."""
        ...

    def fits(self, text: bytes, signature: bytes) -> bool:
        """Say whether it is the bot's signature of a text."""
        ...


class Wire(msgspec.Struct, frozen=True):
    """A whole request, ready to be carried to the exchange's host. `target` is path and query.

    `hidden` is what of the real key is in it (its public half, the signature): no answer may echo that to a bot.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    hidden: tuple[str, ...] = ()


class Opening(msgspec.Struct, frozen=True):
    """A socket to be opened at a host, and what is said on it first; `hidden` as a `Wire` has it."""

    host: str
    target: str
    text: bytes
    hidden: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What the bot hears: an HTTP status and a JSON body in the exchange's own shape.

    `retry_after`: seconds that the exchange asks it to wait.
    """

    status: int
    body: bytes
    retry_after: int | None = None


Sendable = Read | Placing | Preview | Amend | Cancel | CancelList
"""What is written anew and sent; everything else becomes some of these, or is refused."""


class Dialect(Protocol):
    """One exchange's way of saying things. It is never given a secret."""

    name: str  # "binance"
    hosts: frozenset[str]  # the hosts a real key of this exchange may be sealed to; for paper, empty
    weight_per_minute: int  # what the exchange lets one address use

    def envelope(self, request: Request) -> Envelope:
        """Say who signed and when; raises `Misread` where that cannot be said."""
        ...

    def verify(self, request: Request, checker: Checker) -> bool:
        """Say whether the bot's own signature fits, by any of the recipes that real clients use."""
        ...

    def read(self, request: Request, symbols: Mapping[str, Symbol]) -> Action:
        """Say what a request means. Never raises. `symbols` maps the exchange's names to ours."""
        ...

    def write(
        self,
        action: Sendable,
        instruments: Mapping[Symbol, Instrument],
        at_ms: int,
        self_trade: SelfTrade = SelfTrade.EXPIRE_TAKER,
    ) -> Wire:
        """Rebuild a request from its meaning and our own constants; unsigned. Orders must have their client ids."""
        ...

    def weight(self, action: Read) -> int:
        """Say how much of `weight_per_minute` a read costs; what is not known costs the dearest."""
        ...

    def query(self, ref: OrderRef, instruments: Mapping[Symbol, Instrument], at_ms: int) -> Wire:
        """Write the question how one order stands; unsigned."""
        ...

    def sign(self, wire: Wire, key: KeyId, signer: Signer) -> Wire:
        """Sign what `write` made, with the real key."""
        ...

    def hear(self, action: Action, status: int, body: bytes, symbols: Mapping[str, Symbol]) -> Reply:
        """Say what an exchange's answer to an action means. Never raises; what cannot be read is `Unclear`.

        The answer to `query` is heard as the answer to a `Place`.
        """
        ...

    def reports(self, body: bytes, symbols: Mapping[str, Symbol]) -> tuple[Report, ...]:
        """Read the answer to the read `open-orders`; raises `Misread`."""
        ...

    def hear_balances(self, body: bytes) -> tuple[tuple[Asset, Decimal], ...]:
        """Read the answer to the read `account`: what the account has of each asset. Raises `Misread`."""
        ...

    def hear_fills(self, body: bytes) -> tuple[Fill, ...]:
        """Read the answer to the read `my-trades`: fills of one symbol. Raises `Misread`."""
        ...

    def follow(self, sealed: str, hosts: frozenset[str], key: KeyId, signer: Signer, at_ms: int) -> Opening:
        """Write what opens an account's events with the real key, which is sealed to a host."""
        ...

    def hear_feed(self, text: bytes, symbols: Mapping[str, Symbol]) -> Heard:
        """Say what one message of such a socket means; raises `Misread`."""
        ...

    def refuse(self, reason: Reason) -> Answer:
        """Say no in the exchange's own shape, with a code that clients map to an ordinary error."""
        ...

    def replaced(self, cancelled: Answer, placed: Answer | None) -> Answer:
        """Tell what became of a replacement as the exchange would, from the answers to its cancel and its order."""
        ...

    def hear_rights(self, status: int, body: bytes, now: int, role: Role = Role.TRADE) -> KeyRights:
        """Say what the answer to the read `key-rights` shows of a role's key; `now` in ms since 1970. Never raises."""
        ...

    def hear_owner(self, body: bytes) -> str | None:
        """Say whose account the answer to the read `account` tells of; None where it does not say. Never raises."""
        ...

    def time(self) -> Wire:
        """Write the unsigned question what time it is."""
        ...

    def hear_time(self, body: bytes) -> int:
        """Read the venue's time (ms since 1970); raises `Misread`."""
        ...

    def instruments(self, natives: tuple[str, ...]) -> Wire:
        """Write the unsigned question how symbols are traded."""
        ...

    def native(self, symbol: Symbol) -> str:
        """Say the exchange's likely name of a symbol ("BTC/USDT" -> "BTCUSDT"), before instruments are pinned."""
        ...

    def hear_instruments(self, body: bytes) -> tuple[Instrument, ...]:
        """Read how symbols are traded; raises `Misread`. Symbols that do not trade now are left out."""
        ...

    def volumes(self) -> Wire:
        """Write the unsigned question how much of every symbol that trades has been traded in a day."""
        ...

    def hear_volumes(self, body: bytes, quote: Asset) -> tuple[tuple[Symbol, Decimal], ...]:
        """Read what was traded in a day against an asset, in that asset, by likely symbol; raises `Misread`."""
        ...

    def first_day(self, symbol: Symbol) -> Wire:
        """Write the unsigned question since when a symbol has been listed, by its likely name."""
        ...

    def hear_first_day(self, body: bytes) -> int:
        """Read since when (ms since 1970); raises `Misread`."""
        ...

    def read_public(self, request: Request) -> Read | None:
        """Read an unsigned market-data request by table; None where the table does not have it."""
        ...

    def write_public(self, action: Read) -> Wire:
        """Rebuild a market-data request from the table; raises `Misread` where a field is not described."""
        ...

    def public_host(self, what: str) -> str:
        """Name the real host that answers a market-data read; raises `Misread` where the table does not have it."""
        ...

    def client_id(self, token: str) -> ClientId:
        """Make our own client order id from 24 characters of [a-z2-7]; no bot may use that form."""
        ...

    def is_own_client_id(self, client_id: ClientId) -> bool:
        """Say whether an id has the form that only we may use."""
        ...
