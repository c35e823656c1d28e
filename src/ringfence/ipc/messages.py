"""Every message that crosses a socket between processes: small closed unions, one pair of processes each.

Frames are a 4-byte big-endian length and one MessagePack map with a `type` field; see docs/format/socket.md.
"""

from decimal import Decimal
from typing import Literal

import msgspec

MAX_FRAME = 8 * 1024 * 1024  # an exchange's largest allowed answer, and no more
MAX_BOT_BODY = 64 * 1024  # what a bot may send (docs/explanation/attacks.md, S30)


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """One typed message."""


# gateway -> signer, signer -> gateway
class Ask(Message, frozen=True):
    """A bot's request, verbatim. `listener` says where it came in; it may narrow, never identify."""

    id: int
    listener: str
    method: str
    host: str
    path: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Answered(Message, frozen=True):
    """What the bot is to hear. `feed`: the account's events that its socket may hear from now on."""

    id: int
    status: int
    body: bytes
    retry_after: int | None = None
    feed: str | None = None


class Told(Message, frozen=True):
    """One event of an account, for every socket that may hear its feed."""

    feed: str
    event: bytes


class Cut(Message, frozen=True):
    """A feed may have missed events from here on: its sockets are ended, so that bots look and begin anew."""

    feed: str


# signer -> courier, courier -> signer
class Carry(Message, frozen=True):
    """A whole request to be sent once, to a host that the key's record seals. `host` may carry `:port`."""

    seq: int
    exchange: str
    host: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    patience_ms: int


class Outcome(Message, frozen=True):
    """What came back. `sent` False: not one byte left. `status` None: silence, and `error` says which kind."""

    seq: int
    sent: bool
    status: int | None
    body: bytes
    retry_after: int | None = None
    error: str | None = None


class Follow(Message, frozen=True):
    """Hold a socket open to a host of the exchange that the key is sealed to, and say `text` on it first."""

    seq: int
    exchange: str
    host: str
    target: str
    text: bytes


class Unfollow(Message, frozen=True):
    """End a socket that is followed."""

    seq: int


class Tunnels(Message, frozen=True):
    """Where each bot's connections may be led, in place of what was told before: its name, and hosts."""

    bots: tuple[tuple[str, tuple[str, ...]], ...]


class Event(Message, frozen=True):
    """One message that came over a socket that is followed."""

    seq: int
    text: bytes


class Ended(Message, frozen=True):
    """A socket that was followed has ended, or could not be opened."""

    seq: int
    why: str


# gateway -> courier, one connection each; after `Go` the courier's side is the exchange's own bytes
class Relay(Message, frozen=True):
    """Open a socket of public market data: streams by name, never a path, never a host.

    `asker` is the bot or the way in for which it is; each has its turn.
    """

    exchange: str
    names: tuple[str, ...]
    combined: bool
    asker: str = ""


class Say(Message, frozen=True):
    """Change or ask what the socket carries, in the dialect's words; it is written anew."""

    id: int | str | None
    method: str
    names: tuple[str, ...] = ()
    combined: bool | None = None


class Pong(Message, frozen=True):
    """The bot's answer to the exchange's ping."""

    data: bytes


class Relayed(Message, frozen=True):
    """The socket is open, or why it is not."""

    error: str | None


class Go(Message, frozen=True):
    """The bot's socket is open too: from here on the exchange's bytes may come."""


# gateway -> courier, one connection each; after `Tunnelled` without an error both sides are raw bytes
class Tunnel(Message, frozen=True):
    """Lead a bot's connection to a host. Whether it may go there is the courier's to say, by the policy in force."""

    bot: str
    host: str
    port: int


class Tunnelled(Message, frozen=True):
    """The connection stands, or why it does not; not `allowed`: the policy has no such tunnel."""

    error: str | None
    allowed: bool = True


# gateway -> courier, prices -> courier, and back
class Fetch(Message, frozen=True):
    """An unsigned market-data read, by the dialect's table: never a path, never a host."""

    id: int
    exchange: str
    what: str
    fields: tuple[tuple[str, str], ...]


class Fetched(Message, frozen=True):
    """The market data, or why there is none (`status` None)."""

    id: int
    status: int | None
    body: bytes
    retry_after: int | None = None
    error: str | None = None


# prices -> signer
class Quote(Message, frozen=True):
    """A reference price as model.facts.Reference has it."""

    symbol: str
    buy: Decimal
    sell: Decimal
    venues: int
    at: float


class Quotes(Message, frozen=True):
    """All references that are fresh now, and what a person should know of the currencies they are in."""

    quotes: tuple[Quote, ...]
    doubts: tuple[str, ...] = ()


class Watch(Message, frozen=True):
    """signer -> prices: the symbols that the policy in force names, and the currency they are valued in."""

    symbols: tuple[str, ...]


# cli, dashboard -> signer: one request, one reply
class Proof(Message, frozen=True):
    """That a person who can open the vault stands behind a command: HMAC over the nonce and the command."""

    nonce: bytes
    mac: bytes


class AskStatus(Message, frozen=True):
    """What is running, what is off, what is missing."""


class AskHalt(Message, frozen=True):
    """Stop new risk at once. Anyone who reaches the socket may. `exits_only` still lets positions be reduced."""

    exits_only: bool = False
    cancel: bool = True
    why: str = ""


class AskNonce(Message, frozen=True):
    """A fresh nonce for a `Proof`; good for one command and sixty seconds."""


class AskResume(Message, frozen=True):
    """Let trading begin again, or let one bot that was stopped go on; a person's decision."""

    proof: Proof
    bot: str = ""


class AskHolds(Message, frozen=True):
    """The orders that wait for a person, newest first."""


class AskAllow(Message, frozen=True):
    """Let one held order pass, once; a person's decision."""

    held: str
    proof: Proof


class AskApply(Message, frozen=True):
    """Make a policy the one in force. One that lets more happen needs a proof and, but in a rehearsal, a code."""

    text: str
    proof: Proof | None
    code: str = ""


class AskPending(Message, frozen=True):
    """The policy that waits."""


class AskDrop(Message, frozen=True):
    """Drop the policy that waits. Anyone who reaches the socket may."""


class AskCode(Message, frozen=True):
    """Use up a code of the second factor, so that the vault may get a new one."""

    code: str
    proof: Proof


class AskPolicy(Message, frozen=True):
    """The policy in force, as it was applied."""


class AskWhy(Message, frozen=True):
    """The last refusals, newest first."""

    bot: str | None
    limit: int


class AskOrder(Message, frozen=True):
    """All that is known of one order: by intent number, client id or exchange id."""

    ref: str


class AskLog(Message, frozen=True):
    """Entries after a sequence number, oldest first; at most `limit`."""

    after: int
    limit: int


class AskReload(Message, frozen=True):
    """The vault has changed on disk: read it again."""


class AskKey(Message, frozen=True):
    """Ask the exchange whether an account's key works, now; `watch` means the one that can only read."""

    account: str
    role: Literal["trade", "watch"] = "trade"


class AskFills(Message, frozen=True):
    """Ask the exchange for one page of an account's past trades in a symbol.

    Those after a trade's number, oldest first; without one, the newest. Nothing of it is kept.
    """

    account: str
    symbol: str
    after: int | None = None


class AskProven(Message, frozen=True):
    """What a bot's canary came to: whether all of what was `tried` is closed to it, and what was not."""

    bot: str
    held: bool
    tried: int
    failed: tuple[str, ...] = ()


class Reply(Message, frozen=True):
    """What a control request gets: a JSON document, in the shape that the command's `--json` prints."""

    body: bytes


class Failed(Message, frozen=True):
    """Why not, and what to try."""

    kind: str  # the name of the error class in ringfence.errors
    message: str
    hint: str | None


class Nonce(Message, frozen=True):
    """What a `Proof` must be made over."""

    nonce: bytes


FromGateway = Ask
ToGateway = Answered | Told | Cut
ToCourier = Carry | Follow | Unfollow | Tunnels
FromCourier = Outcome | Event | Ended
FromBot = Relay | Go | Say | Pong
ToPublic = Fetch
FromPublic = Fetched
FromPrices = Quotes
ToPrices = Watch
FromOwner = (
    AskStatus
    | AskHalt
    | AskNonce
    | AskResume
    | AskHolds
    | AskAllow
    | AskApply
    | AskPending
    | AskDrop
    | AskCode
    | AskPolicy
    | AskWhy
    | AskOrder
    | AskLog
    | AskReload
    | AskKey
    | AskFills
    | AskProven
)
ToOwner = Reply | Failed | Nonce


def proof_text(nonce: bytes, command: str, content: bytes) -> bytes:
    """Say what the HMAC-SHA256 of a `Proof` covers: nonce, command name and content, each length-prefixed."""
    parts = (b"ringfence-proof-v1", nonce, command.encode(), content)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def apply_content(text: str, code: str) -> bytes:
    """Say what the proof of an `AskApply` covers: the policy, and the code where there is one."""
    return text.encode() + (b"\0" + code.encode() if code else b"")  # no policy holds a zero byte: it is TOML
