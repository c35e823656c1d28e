"""Whose a host is: an exchange's, this machine's, a messenger's, or somebody's who wants to be taken for an exchange.

The table hosts.toml names its source. It must never resolve or reach a host.
"""

import ipaddress
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from ringfence.audit.code.values import GAP
from ringfence.audit.code.wordlists import WORDS


class _Hosts(msgspec.Struct, frozen=True):
    hosts: frozenset[str]


class _Table(msgspec.Struct, frozen=True):
    exchanges: dict[str, frozenset[str]]
    messengers: _Hosts
    anybody: _Hosts
    documentation: _Hosts
    remembered: _Hosts


_TABLE: Final = msgspec.convert(tomllib.loads(Path(__file__).with_name("hosts.toml").read_text("utf-8")), _Table)
_OWNER: Final = {host: name for name, hosts in _TABLE.exchanges.items() for host in hosts}
_URL: Final = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.]{1,11})://(?:[^/\s\"'@]{1,200}@)?(?P<host>[\w.\-\0]{1,253}|\[[0-9a-fA-F:.]{2,45}\])"
)
_BARE: Final = re.compile(r"(?=[^\s/]{4,253}(?:[/:]|\Z))(?:[\w-]{1,63}\.){1,8}[a-zA-Z]{2,24}(?=[/:]|\Z)")
_WHOLE: Final = re.compile(rf"[\w-]\.(?:{'|'.join(sorted(WORDS['endings']))})$")
_NUMBERS: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_LOCAL_SUFFIX: Final = (".local", ".internal", ".lan", ".localhost", ".docker", ".svc", ".cluster.local", ".home.arpa")
_SHARED_WORDS: Final = frozenset(
    {
        "gate",
        "delta",
        "apex",
        "kraken",
        "gemini",
        "xt",
        "cex",
        "woo",
        "derive",
        "vertex",
        "luno",
        "mercado",
        "bigone",
        "arkham",
        "backpack",
        "lighter",
        "bullish",
        "probit",
        "phemex",
        "timex",
        "okx",
        "htx",
        "big",
        "ox",
        "aster",
        "blockchain",
    }
)  # names that other people's hosts have too
_LEAST: Final = 4  # letters of a name that can be imitated: shorter ones stand in too many others
_LABELS: Final = {(name, host.split(".")[0]) for name, hosts in _TABLE.exchanges.items() for host in hosts}
_IMITATED: Final = (
    frozenset(label for name, label in _LABELS if len(label) >= _LEAST and (name in label or label in name)) | {"huobi"}
) - _SHARED_WORDS
_TRAPS: Final = frozenset(
    {
        "api",
        "fapi",
        "login",
        "secure",
        "security",
        "support",
        "verify",
        "account",
        "wallet",
        "trade",
        "trading",
        "spot",
        "futures",
        "gateway",
        "app",
        "auth",
        "v3",
        "v1",
        "v2",
        "cdn",
        "node",
        "data",
        "stream",
        "global",
        "official",
        "pro",
        "com",
        "org",
        "net",
    }
)


def urls(text: str) -> Iterator[tuple[str, str]]:
    """Scheme and host of each URL in a text, lower case; a host with a gap in it is none."""
    for found in _URL.finditer(text):
        host = found["host"].lower().rstrip(".")
        if GAP not in host:
            yield found["scheme"].lower(), host


def host_of(text: str) -> str:
    """The host that a URL, or a bare host and path, names; empty where it cannot be told."""
    head = text.split(GAP, 1)[0]
    found = _URL.match(head)
    if found:
        host = found["host"].lower().rstrip(".")
        # what is joined to a whole host is its path: nobody leaves the ending of a host to somebody else
        whole = found.end() < len(head) or len(head) == len(text) or _WHOLE.search(host) is not None
        return host if whole else ""
    bare = _BARE.match(text) or _NUMBERS.fullmatch(text.partition("/")[0].partition(":")[0])
    return bare[0].lower() if bare else ""


def _below(host: str, domains: frozenset[str] | dict[str, str]) -> str:
    parts = host.split(".")
    for start in range(len(parts)):
        name = ".".join(parts[start:])
        if name in domains:
            return name
    return ""


@lru_cache(maxsize=4096)
def exchange_of(host: str) -> str:
    """The exchange whose host it is, as its documentation says; empty where it is none's."""
    return _OWNER.get(_below(host, _OWNER), "")


@lru_cache(maxsize=4096)
def is_local(host: str) -> bool:
    """Say whether it is this machine or its own network."""
    if host == "localhost" or "." not in host or host.endswith(_LOCAL_SUFFIX):
        return not host.startswith("[") or is_local(host.strip("[]") + ".")
    try:
        address = ipaddress.ip_address(host.strip("[]."))
    except ValueError:
        return False
    # addresses set aside for documentation stand for strangers' in examples, as they would on the wire
    return address.is_loopback or address.is_link_local or address.is_unspecified or _is_own_network(address)


def _is_own_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    own = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
    return any(address in ipaddress.ip_network(network) for network in own if ":" in network or address.version == 4)  # noqa: PLR2004


def is_messenger(host: str) -> bool:
    """Say whether messages to people go there."""
    return bool(_below(host, _TABLE.messengers.hosts))


def is_anybodys(host: str) -> bool:
    """Say whether anybody gets a host there at once, or it is a bare address."""
    if _below(host, _TABLE.anybody.hosts):
        return True
    return host.replace(".", "").isdigit()


def is_documentation(host: str) -> bool:
    """Say whether documentation lies there under other people's names, or it may be an exchange's own."""
    return bool(_below(host, _TABLE.documentation.hosts | _TABLE.remembered.hosts))


@lru_cache(maxsize=16384)
def imitated(host: str) -> str:
    """The exchange that a host imitates; empty where it imitates none."""
    if "." not in host or exchange_of(host) or is_local(host) or is_documentation(host) or len(host) > 100:  # noqa: PLR2004
        return ""
    labels = host.split(".")
    if any(label.startswith("xn--") or not label.isascii() for label in labels):
        return _by_letters(labels)
    if is_anybodys(host):
        return next((word for label in labels for word in label.split("-") if word in _IMITATED), "")
    return _by_words(labels)


def _by_letters(labels: list[str]) -> str:
    for label in labels:
        try:
            plain = label.encode("ascii").decode("idna") if label.startswith("xn--") else label
        except UnicodeError:
            continue
        bare = "".join(_LIKE.get(c, c) for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
        if not plain.isascii() and bare in _IMITATED | _SHARED_WORDS:
            return bare
    return ""


_LIKE: Final = dict(
    zip("асеорхуіікԁɡոտʏıƅʙ", "aceopxyiikdgnsyibb", strict=False)
)  # letters of other scripts that look Latin


def _by_words(labels: list[str]) -> str:
    owned = labels[-2]
    for label in labels[:-2]:  # api-binance.thief.example
        words = label.split("-")
        if len(words) > 1 and (set(words) & _IMITATED) and set(words) & _TRAPS:
            return next(word for word in words if word in _IMITATED)
    words = owned.split("-")
    # binance-secure.example, secure-binance.example: an exchange's name and a word to trust it by
    if len(words) > 1 and (set(words) & _IMITATED) and (set(words) & _TRAPS or labels[0] in _TRAPS):
        return next(word for word in words if word in _IMITATED)
    # api.binance.com.example: an exchange's whole host before another's
    for index in range(len(labels) - 2):
        if ".".join(labels[index : index + 2]) in _OWNER:
            return _OWNER[".".join(labels[index : index + 2])]
    return _by_distance(owned, labels)


def _by_distance(owned: str, labels: list[str]) -> str:
    if owned in _WORDS:
        return ""
    if len(owned) < 5 or owned in _IMITATED:  # noqa: PLR2004
        # the very name under another ending: only with a machine's prefix, since pages have local endings
        return (
            owned
            if owned in _IMITATED
            and len(owned) >= 6  # noqa: PLR2004
            and labels[0] in {"api", "fapi", "ws", "secure", "login"}
            and labels[-1] not in _ENDINGS
            else ""
        )
    squeezed = owned.translate(_DIGITS)
    return next((name for name in _IMITATED if len(name) >= 6 and (squeezed == name or _is_taken_for(owned, name))), "")  # noqa: PLR2004


def _is_taken_for(owned: str, name: str) -> bool:
    """Say whether a label is a slip from a name; a short name with a letter before or after it is another word."""
    if name in _PLAIN or not _is_near(owned, name):
        return False
    longer = len(name) == 6 and len(owned) == 7 and name in owned  # noqa: PLR2004
    return not longer or owned in {f"{name}s", f"{name[0]}{name}", f"{name}{name[-1]}"}


_PLAIN: Final = frozenset({"crypto"})  # a word of the whole field, of which many others are made: cryptol, crypton
_WORDS: Final = frozenset({"finance", "finances", "balance", "dance"})  # a letter from an exchange's, and not for it
_DIGITS: Final = str.maketrans("013457", "oieast")
_ENDINGS: Final = frozenset(
    {
        "com",
        "org",
        "net",
        "io",
        "us",
        "eu",
        "me",
        "info",
        "jp",
        "kr",
        "tr",
        "uk",
        "au",
        "br",
        "in",
        "id",
        "th",
        "kz",
        "ae",
        "nl",
        "de",
        "fr",
    }
)


def _is_near(one: str, other: str) -> bool:
    """Say whether one letter is added, taken, changed or swapped with the next."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[start + 1 : start + 2] + one[start : start + 1] + one[start + 2 :]
        return one[start + 1 :] == other[start + 1 :] or swapped == other[start:]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


@lru_cache(maxsize=4096)
def named_after(host: str) -> str:
    """The exchange whose name begins a word of a host, where that is no host of the exchange's."""
    if is_local(host) or is_documentation(host) or exchange_of(host):
        return ""
    words = re.split(r"[.\-_]", host)
    return next((name for name in _NAMES if any(_begins(word, name) for word in words)), "")


def _begins(word: str, name: str) -> bool:
    return word == name or (len(name) >= 6 and word.startswith(name))  # noqa: PLR2004


_NAMES: Final = _IMITATED | _SHARED_WORDS | {name for name in _TABLE.exchanges if len(name) > 2}  # noqa: PLR2004
EXCHANGES: Final = frozenset(_TABLE.exchanges) | _IMITATED
"""What exchanges are called."""
OWN_NAMES: Final = (EXCHANGES - _SHARED_WORDS) | {"kraken", "okx", "htx", "phemex"}
"""Of these, those that mean nothing else."""
