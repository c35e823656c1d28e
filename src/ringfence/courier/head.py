"""Judge the head of an answer: where its body ends, and whether the connection may be used again. Pure.

A head that two readers could take in two ways is refused, though a lenient reader would find a meaning for it.
"""

import re

import msgspec

from ringfence.ipc.messages import MAX_FRAME

MAX_ANSWER = MAX_FRAME - 64 * 1024  # leaves room for the message around it
UNREADABLE = "the answer could not be read"
LONG = "the answer is too long"

# RFC 9112, 4: the reason says nothing and may be missing. llhttp also takes RTSP, ICE, other versions and a zero byte.
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]{0,256})?\r\n")
_MAX_FIELD = 8190  # bytes of one header; Apache's limit, LimitRequestFieldSize
_MAX_FIELDS = 128  # headers of one head; Apache takes 100, LimitRequestFields
# What is read of a head. llhttp has been over it before: each header is on one line, and its name ends at the colon.
_FIELD = re.compile(
    rb"\n(content-length|transfer-encoding|content-encoding|connection|retry-after):[ \t]*([^\r]*)"  # in lower case
)
_LENGTH = re.compile(rb"[0-9]{1,10}")
_SECONDS = re.compile(rb"[0-9]{1,6}")  # 418 bans last up to three days
_SWITCHED = 101  # RFC 9110, 15.2.2: what follows is not HTTP; it was not asked for
_FINAL = 200  # RFC 9110, 15.2: below, the answer is still to come
_WITHOUT_BODY = frozenset({204, 304})  # RFC 9112, 6.3

_NO_FIELDS = 2  # lines of a head beside its headers: the first, and the empty one
Fields = dict[bytes, list[bytes]]  # by the name in lower case: the values that were given for it, in lower case


class Unfit(Exception):
    """These bytes are not an answer; the text says in which way, and quotes nothing of them."""


class Head(msgspec.Struct, frozen=True):
    """What a head says. `to_the_end`: the body ends where the connection does."""

    status: int
    kept: bool
    to_the_end: bool
    retry_after: int | None

    @property
    def interim(self) -> bool:
        """Whether the answer itself is still to come."""
        return self.status < _FINAL


def read_status(raw: bytes) -> tuple[int, int]:
    """Read the minor version and the status from the bytes of a head, and bound it; raises `Unfit`."""
    line = _STATUS.match(raw)
    if line is None or int(line[2]) == _SWITCHED:
        raise Unfit(UNREADABLE)
    if raw.count(b"\n") - _NO_FIELDS > _MAX_FIELDS:
        raise Unfit(UNREADABLE)
    if len(raw) > _MAX_FIELD and any(len(one) > _MAX_FIELD for one in raw.split(b"\r\n")):
        raise Unfit(UNREADABLE)
    return int(line[1]), int(line[2])


def judge(minor: int, status: int, raw: bytes) -> Head:
    """Say what a head means that llhttp has read without an error; raises `Unfit` where that could be two things."""
    fields: Fields = {}
    for name, value in _FIELD.findall(raw.lower()):
        fields.setdefault(name, []).append(value.rstrip(b" \t"))
    framed = _framed(minor, status, fields.get(b"content-length", []), fields.get(b"transfer-encoding", []))
    if any(coding != b"identity" for coding in fields.get(b"content-encoding", ())):
        raise Unfit("the answer is compressed")  # which was not asked for, and may be a bomb
    # HTTP/1.1 keeps a connection unless it says otherwise; whatever else is said of it may mean that.
    kept = framed and minor == 1 and all(value == b"keep-alive" for value in fields.get(b"connection", ()))
    return Head(status, kept, not framed, _retry_after(fields.get(b"retry-after", [])))


def _framed(minor: int, status: int, lengths: list[bytes], codings: list[bytes]) -> bool:
    """Whether the head says where the body ends, or that there is none; raises `Unfit` where it says more than that."""
    if len(lengths) + len(codings) > 1:
        raise Unfit(UNREADABLE)  # RFC 9112, 6.3: a way to have one answer taken for two
    if codings and (minor == 0 or codings[0] != b"chunked"):  # 6.1, 7
        raise Unfit(UNREADABLE)
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Unfit(UNREADABLE)
    length = int(lengths[0]) if lengths else 0
    if status < _FINAL or status in _WITHOUT_BODY:
        if codings or length:
            raise Unfit(UNREADABLE)  # others would wait for a body, and take the next answer for it
        return True
    if length > MAX_ANSWER:
        raise Unfit(LONG)
    return bool(lengths or codings)


def _retry_after(values: list[bytes]) -> int | None:
    return int(values[0]) if len(values) == 1 and _SECONDS.fullmatch(values[0]) else None
