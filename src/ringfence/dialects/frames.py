"""What a dialect knows of WebSockets: calls made by frames, and streams of market data. Pure; no key is near it.

A call is read into the request that it would be over HTTP, so that whoever decides knows one kind of request. What its
signature covers is the query of that request: who has the key signs the same text for both.
"""

import json
import re
from collections.abc import Mapping
from enum import Enum
from importlib.resources import files
from typing import NoReturn, Protocol
from urllib.parse import quote

import msgspec

from ringfence.errors import Misread
from ringfence.model.request import Request

MOST_STREAMS = 1024  # documented: of one connection (web-socket-streams.md, General WSS information)
_MOST_ID = 36  # documented: an id is a whole number, null, or text of at most 36 characters
_ID = re.compile(r"[A-Za-z0-9_-]{0,36}", re.ASCII)
_SAFE = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)  # RFC 3986, 2.3: never escaped
_MOST_WHOLE = 2**63 - 1

Id = int | str | None


class Step(Enum):
    """What a call is about: the exchange, or the socket that it comes over."""

    ASK = "ask"  # a request like any other
    LOG_ON = "log on"  # from here on the socket is known to be its signer's
    FOLLOW = "follow"  # hear the account's events
    UNFOLLOW = "unfollow"
    LOOK = "look"  # at the socket's own state
    LOG_OUT = "log out"


class Call(msgspec.Struct, frozen=True):
    """One call by a frame: what its answer is told under, what it is about, and the request that it is.

    `which`: the subscription that is ended; None for all.
    """

    id: Id
    method: str
    step: Step
    request: Request
    which: int | None = None

    @property
    def signed(self) -> bool:
        """Whether it says by itself who calls."""
        return bool(self.request.headers)


class Session(msgspec.Struct, frozen=True):
    """What is known of one socket; times are ms since 1970. `key` is the virtual key that has logged on."""

    connected: int
    key: str | None = None
    since: int = 0
    subscriptions: tuple[int, ...] = ()


class Streams(msgspec.Struct, frozen=True):
    """Which streams of market data a socket opens with; `combined`: each message says whose it is."""

    names: tuple[str, ...]
    combined: bool


class Control(msgspec.Struct, frozen=True):
    """A change of what a socket of market data carries, or a question about it."""

    id: Id
    method: str
    names: tuple[str, ...] = ()
    combined: bool | None = None


class Frames(Protocol):
    """One exchange's way of saying things over WebSockets."""

    @property
    def call_host(self) -> str:
        """Where the exchange takes calls."""
        ...

    @property
    def stream_host(self) -> str:
        """Where the exchange streams market data, with its port."""
        ...

    def takes_calls(self, path: str) -> bool:
        """Say whether a socket that is opened at a path carries calls."""
        ...

    def read_call(self, text: bytes, host: str) -> Call:
        """Read one frame; raises `Misread` where it is not a call that has one reading."""
        ...

    def write_answer(self, call: Id, status: int, body: bytes) -> bytes:
        """Write what a call is told: the answer that the request would have had over HTTP."""
        ...

    def write_session(self, call: Call, session: Session, now: int) -> bytes:
        """Write what a call about the socket itself is told, once it has been done."""
        ...

    def write_event(self, subscription: int, event: bytes) -> bytes:
        """Write one event of an account's stream for one subscription."""
        ...

    def read_streams(self, path: str, query: bytes) -> Streams | None:
        """Read what a socket of market data opens with; None where that is not described."""
        ...

    def write_streams(self, streams: Streams) -> str:
        """Write the target of a socket of market data; raises `Misread` for what is not described."""
        ...

    def read_control(self, text: bytes) -> Control:
        """Read one frame of a bot to a socket of market data; raises `Misread`."""
        ...

    def write_control(self, control: Control) -> bytes:
        """Write such a frame anew; raises `Misread` for what is not described."""
        ...

    def refuse_control(self, id_: Id, why: str) -> bytes:
        """Say no to such a frame, in the stream's own shape."""
        ...


def load(package: str, name: str) -> Mapping[str, str]:
    """Return a table of names beside a dialect."""
    return msgspec.toml.decode(files(package).joinpath(name).read_text("utf-8"), type=dict[str, str])


def read_object(text: bytes) -> dict[str, object]:
    """Read one JSON object; numbers stay the text they were sent as. Raises `Misread` for what two read in two ways."""
    try:
        found: object = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Misread("frame", "not a JSON object") from None
    if not isinstance(found, dict):
        raise Misread("frame", "not a JSON object")
    return found


def take_id(value: object) -> Id:
    """Take what an answer is told under; raises `Misread`."""
    if value is None:
        return None
    if isinstance(value, _Digits):
        if not value.isdigit() or len(value) > _MOST_ID or int(value) > _MOST_WHOLE:
            raise Misread("id", "not a whole number")
        return int(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Misread("id", f"not a whole number, null, or up to {_MOST_ID} letters, digits, - and _")


def id_of(text: bytes) -> Id:
    """Say what the answer to a frame that cannot be read is told under: its id where that can be read, else null."""
    try:
        return take_id(read_object(text).get("id"))
    except Misread:
        return None


def signed_text(fields: Mapping[str, object]) -> bytes:
    """Write parameters as the query that their signature covers: sorted by name, the signature itself at the end."""
    pairs = [(name, _value(name, value)) for name, value in sorted(fields.items()) if name != "signature"]
    if "signature" in fields:
        pairs.append(("signature", _value("signature", fields["signature"])))
    if not _SAFE.fullmatch("".join([name + value for name, value in pairs])):  # asked once, since most need nothing
        pairs = [(_escaped(name), _escaped(value)) for name, value in pairs]
    return "&".join([f"{name}={value}" for name, value in pairs]).encode()


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


def _escaped(text: str) -> str:
    try:
        return text if _SAFE.fullmatch(text) else quote(text, safe="")
    except UnicodeEncodeError:  # JSON can escape half a character, which no encoding can write
        raise Misread("params", "not text") from None


def _value(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list() if all(type(word) is str for word in value):
            return json.dumps(value, separators=(",", ":"))
        case _:
            raise Misread(name, "not text, a number, true, false or a list of words")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Misread("frame", "a name is sent twice")
    return found


def _refuse(_: str) -> NoReturn:
    raise Misread("frame", "not a JSON object")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_Digits, parse_float=_Digits, parse_constant=_refuse)
