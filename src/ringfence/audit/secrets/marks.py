"""What is known by its own form, wherever it stands: private keys, tokens with a prefix, addresses with a password.

Each mark begins with letters that the search can look for; each looks a bounded way from there. No names are needed.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

import msgspec

from ringfence.audit.secrets.dummy import chosen, entropy, looked_up, masked, published, random_looking
from ringfence.audit.secrets.phrase import phrases
from ringfence.audit.secrets.stretches import Stretches
from ringfence.audit.secrets.wallet import from_numbers

_RANDOM_BASE64 = 3.6  # bits a character: what is drawn has 4.5 and more in 40 characters, prose and rows of A have less


class Mark(msgspec.Struct, frozen=True):
    """One of them: the rule, the secret part, where it begins in the text, and a word about it."""

    rule: str
    text: str
    start: int
    note: str = ""


_PEM = re.compile(
    r"-----BEGIN ([A-Z ]{0,20}?)PRIVATE KEY(?: BLOCK)?-----((?:\\{1,4}[nr]|[A-Za-z0-9+/=\s\"',():;+-]){40,8000})"
)
_PEM_GAPS = re.compile(r"\\{1,4}[nr]|[^A-Za-z0-9+/]")
_TELEGRAM = re.compile(r":A[A-Za-z0-9_-]{33,34}(?![A-Za-z0-9_-])")
_TELEGRAM_ID = re.compile(r"(?<!\d)\d{8,10}\Z")
_NUMBERS = re.compile(r"\[\s*+(?:\d{1,3}+\s*+,\s*+){63}\d{1,3}+\s*+,?\s*+\]")
_SIGNED = re.compile(r"ign(?:ature)?=([0-9A-Za-z%+/=_-]{40,200})")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,1000}")
_USER = re.compile(r"://([^\s:/@\"'<>{}$\\]{0,64}):([^\s/@\"'<>{}$\\]{4,128})@[\w\[]")
_PORT = re.compile(r"\d{1,5},")

_TOGETHER = 26  # bytes of GitLab's token, the shortest that is not apart
_TIGHT = Stretches((*range(0x21, 0x7F), *range(0x80, 0x100)), _TOGETHER)
_APART = frozenset([b"machine", b"AKIA"])  # a login goes across blanks, and a key of AWS has 20 characters
_SIMPLE: tuple[tuple[str, bytes, re.Pattern[str], str], ...] = (
    (
        "secrets/webhook",
        b"discord",
        re.compile(r"discord(?:app)?\.com\\?/api\\?/(?:v\d+\\?/)?webhooks\\?/\d{16,20}\\?/([\w-]{50,90})"),
        "Discord",
    ),
    (
        "secrets/webhook",
        b"hooks.slack",
        re.compile(r"hooks\.slack\.com\\?/services\\?/(T\w{6,14}\\?/B\w{6,14}\\?/\w{18,30})"),
        "Slack",
    ),
    (
        "secrets/node-key",
        b"infura.io",
        re.compile(r"infura\.io\\?/(?:ws\\?/)?v3\\?/([0-9a-f]{32})(?![\w-])"),
        "Infura",
    ),
    (
        "secrets/node-key",
        b"alchemy",
        re.compile(r"alchemy(?:api)?\.(?:com|io)\\?/v2\\?/([\w-]{24,40})(?![\w-])"),
        "Alchemy",
    ),
    ("secrets/node-key", b"quiknode", re.compile(r"quiknode\.pro\\?/([0-9a-f]{32,64})(?![\w-])"), "QuickNode"),
    (
        "secrets/node-key",
        b"helius-rpc",
        re.compile(r"helius-rpc\.com\\?/?\?api-key=([0-9a-f-]{36})(?![\w-])"),
        "Helius",
    ),
    ("secrets/node-key", b"rpc.ankr", re.compile(r"rpc\.ankr\.com\\?/\w{1,40}\\?/([0-9a-f]{64})(?![\w-])"), "Ankr"),
    # BIP-32, "Serialization format": 78 bytes and a checksum in base58
    (
        "secrets/wallet-key",
        b"prv",
        re.compile(r"([xyztuv]prv[1-9A-HJ-NP-Za-km-z]{107})(?![1-9A-HJ-NP-Za-km-z])"),
        "an extended private key",
    ),
    # a login of netrc(5), as curl and pip read it
    (
        "secrets/bot-password",
        b"machine",
        re.compile(
            r"machine(?<!\wmachine)\s{1,9}\S{1,253}\s{1,9}login\s{1,9}\S{1,128}\s{1,9}password\s{1,9}(\S{8,128})"
        ),
        "netrc",
    ),
    ("secrets/service-token", b"gh", re.compile(r"(gh[pousr]_[A-Za-z0-9]{36})(?![A-Za-z0-9])"), "GitHub"),
    ("secrets/service-token", b"github_pat_", re.compile(r"(github_pat_[A-Za-z0-9_]{60,90})"), "GitHub"),
    ("secrets/service-token", b"glpat-", re.compile(r"(glpat-[\w-]{20,})"), "GitLab"),
    ("secrets/service-token", b"sk-", re.compile(r"(sk-(?:proj-|ant-|svcacct-)[\w-]{30,200})"), "a language model"),
    ("secrets/service-token", b"xox", re.compile(r"(xox[abprs]-\d{6,14}-[\w-]{20,90})"), "Slack"),
    ("secrets/service-token", b"AKIA", re.compile(r"(AKIA[A-Z2-7]{16})(?![A-Z0-9])"), "AWS"),
    ("secrets/service-token", b"SG.", re.compile(r"(SG\.[\w-]{22}\.[\w-]{43})(?![\w-])"), "SendGrid"),
)
"""The rule, letters that it cannot do without, the whole of it, and a word about it."""


def marks(text: str) -> Iterator[Mark]:
    """Find them all; the order is that of the kinds, not of the text."""
    data = text.encode("utf-8", "surrogatepass")  # a text that was folded may hold half a character
    tight = b" ".join([data[start:end] for start, end in _TIGHT.within(data)])
    for rule, letters, pattern, note in _SIMPLE:
        for found in pattern.finditer(text) if letters in (data if letters in _APART else tight) else ():
            glued = text[max(0, found.start(1) - 1) : found.start(1)].isalnum() and rule == "secrets/service-token"
            if not glued and random_looking(found[1]):
                yield Mark(rule, found[1], found.start(1), note)
    for letters, more in _MORE:
        if letters in tight:
            yield from more(text)


def _pems(text: str) -> Iterator[Mark]:
    for found in _PEM.finditer(text):
        kind, block = found[1], found[2].partition("-----END")[0].partition("--")[0]
        body = _PEM_GAPS.sub("", block.rpartition(":")[2] if "DEK-Info" in block else block)
        if len(body) < 40 or entropy(body[:400]) < _RANDOM_BASE64 or masked(block) or published(body):  # noqa: PLR2004
            continue
        locked = "ENCRYPTED" in kind or "ENCRYPTED" in block or "YmNyeXB0" in body or "PGP" in kind
        rule = "secrets/locked-private-key" if locked else "secrets/private-key"
        yield Mark(rule, body, found.start(), kind.strip())


def _telegram(text: str) -> Iterator[Mark]:
    for found in _TELEGRAM.finditer(text):
        number = _TELEGRAM_ID.search(text, max(0, found.start() - 11), found.start())
        if number and random_looking(found[0][1:]):
            yield Mark("secrets/chat-token", number[0] + found[0], number.start(), "Telegram")


def _numbers(text: str) -> Iterator[Mark]:
    for found in _NUMBERS.finditer(text):
        if from_numbers(found[0]):
            yield Mark("secrets/wallet-key", found[0], found.start(), "Solana")


def _users(text: str) -> Iterator[Mark]:
    for found in _USER.finditer(text):
        user, secret = found[1], found[2]
        if _PORT.match(secret):  # of the first of several hosts
            user, _, secret = secret.rpartition(",")[2].partition(":")
        if chosen(secret, 5) and secret.lower() != user.lower() and not looked_up(secret):
            yield Mark("secrets/url-credentials", secret, found.end(2) - len(secret))


def _signed(text: str) -> Iterator[Mark]:
    for found in _SIGNED.finditer(text):
        before = text[max(0, found.start() - 1500) : found.start()]  # no request of an exchange's table is longer
        words = before.split()
        address = words[-1] if words and not before[-1:].isspace() else ""
        if "://" in address and "timestamp" in address.lower() and random_looking(found[1]):
            yield Mark("secrets/signed-request", found[1], found.start(1))


def _sessions(text: str) -> Iterator[Mark]:
    for found in _JWT.finditer(text):
        head, payload = (_decoded(part) for part in found[0].split(".")[:2])
        if (
            b'"alg"' in head
            and payload
            and not re.search(rb"1234567890|John Doe|example", payload)
            and not published(found[0])
        ):
            yield Mark("secrets/session-token", found[0], found.start())


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return b""


def _phrases(text: str) -> Iterator[Mark]:
    for words, start in phrases(text):
        if published(words):
            continue
        yield Mark("secrets/seed-phrase", words, start, f"{len(words.split())} words")


_MORE: tuple[tuple[bytes, Callable[[str], Iterator[Mark]]], ...] = (
    (b"", _pems),
    (b":A", _telegram),
    (b"", _numbers),
    (b"", _users),
    (b"ign", _signed),
    (b"eyJ", _sessions),
    (b"", _phrases),
)
"""Letters that one cannot do without where it holds no blank, and what finds it."""
