"""What only looks like a secret: placeholders in several languages, masked values, look-ups, numbers in a row.

It knows texts, no file and no exchange; and no value that somebody published is written here: only digests are.
"""

import hashlib
import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

_PLACEHOLDER = re.compile(
    r"(?i)your|change[_-]?(?:me|this|it)|example|placeholder|x{4}|redacted|fixme|secret|passphrase|passwor[dt]|apikey|api[_-]key|deadbeef|cafebabe|lorem|ipsum|abcdef|123456|"
    r"qwerty|schl[uü]ssel|contrase|ваш|ключ|секрет|пароль|您的|你的|密钥|密鑰|あなた|入力|여기|키를"
)
_MAYBE_PLACEHOLDER = re.compile(
    r"(?i)dummy|sample|insert|replace|masked|hidden|enter|paste|private|todo|"
    r"(?<![a-z])(?:test|demo|fake|mock|none|null|here|fill|put|foo|bar|my|the|tu|su|mi|dein|ihr|ton|votre|seu|sua|tvoj|vash)(?![a-z])|"
    r"aqui|clave|hier|einf[uü]g|ersetz|geheim|chave|senha|remplac|chiave|inserisci"
)
_OWN_DIGITS = re.compile(r"(?:123?4?5?|0+|42)$|\D")  # a password made of such words has digits that are no row
_SURE_PLACEHOLDER = re.compile(
    r"(?i)\d{4}-\d\d-\d\dT|change_?me|example|placeholder|x{5}|redacted|deadbeef|cafebabe|0123456|12345678|abcdefg|your_|_here"
)
_MASKED = re.compile(r"\*{3}|\.{3}|…|#{4}|•|●|█|x{6}|X{6}|_{4}|-{6}$")
_LOOKED_UP = re.compile(
    r"\$\{|\$\(|\$[A-Za-z_]|\{\{|\}\}|<[^<>]{1,80}>|%\(|%[A-Z_]+%|\{[A-Za-z_.\[\]\"']*\}|^@|^\[|"
    r"(?i:getenv|environ|process\.env|os\.|config[.\[]|settings[.\[]|args\.|self\.|vault[:/.]|keyring|secretmanager|"
    r"ssm:|secrets\.|op://|arn:|file://|env\.|input\(|getpass|decrypt|load_|read_|get_)"
)
_DIGITS = 2
_ENOUGH_DIGITS = 3
_FEW = 0.22  # of the neighbours in a token: names in code have a fifth at most
_KINDS = {
    ord(char): "1" if char.isdigit() else "a" if char.islower() else "A" if char.isupper() else "-"
    for char in map(chr, range(128))
}
_WORDS = re.compile(r"[a-z]{4,}|[A-Z]{4,}")
_LONG_WORDS = ((re.compile(r"[a-z]{5,}"), 0.45), (re.compile(r"[A-Z]{5,}"), 0.6))
_LONG_ENOUGH = 28  # characters for a share of words to tell something
_PATH = re.compile(r"(?!organizations/)(?=[^/]*/)(?=[^_-]*[_-])")  # base64 has the one or the others
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")

# SHA-256, first 16 hex digits, of keys in small letters that documentation publishes: Binance's and Kraken's API
# pages, the accounts that hardhat and anvil start with, the examples of eth-account, web3.js and of Deribit, and the
# tests that ccxt ships to everybody. Then: what answers of exchanges ccxt prints in its code (ApeX,
# Bullish, Phemex, Gemini), the values its tests of signatures expect, PyJWT's README, SQLAlchemy's page on SQL
# Server. At the end: the phrases of BIP-39's vectors whose bytes are all the same, and the keys of RFC 8032, 7.1.
_PUBLISHED = frozenset(
    [
        "60725c83afb9048a", "d68767b9b29dc7e8", "18f53bfb4516d983", "b2667509cfc7c35e", "1d62685420d15bff",
        "bc1a50966c9e6486", "8335c55334821eef", "b26ab6529d20ebeb", "64034b44c579b335", "4d3e46eec8244d1d",
        "86e8908a464077cb", "95e82a7ebb036b3c", "62b63bc4ca11f81c", "db79e17b761c71ff", "a0d814060fd8f723",
        "c75605d4d6991ed5", "46e79e55993eb6e4", "24d353302f20b63b", "0550d02e6231801e", "7d48592d9ac6903f",
        "20400d888a846247", "d155e4e9a98135d5", "86b60c735174baba", "b7aa279df737d773", "2fb31521f98d363f",
        "fb5debeb2afa9c21", "f500e3547262fa4e", "deb0284ecfdbe0ba", "381001c249f60cc9", "5c8d84feb5f0fd64",
        "baf5b2344d2f85b8",
        "d4d0a05f2b03256a", "1bffb7b1f70652b2", "cc9082fbf99ecf51", "4ba4306e9ed883ab", "ebda4400da31546b",
        "86a70929ebe99b8a", "7f1bcaa3291ad7f6", "b23cb9ee2e14db5e", "12ac252c02647eee", "5471e2fac65fda13",
        "c557eec878dfd852", "29aedb051d65bcc8", "69be79ef3c28f55d", "ecb0e7ba498c5920", "e770e8aa42a869cf",
        "3b1c5e02107409ea", "3a64bcd9cea43c0a", "15f41342748aa6c0", "a5fe1cb4158ffd2a", "3c0949435a7e4277",
        "c1db187b992c8ddd", "e96bfc1d78867126", "099da475a54aacba", "80cd0406a778128b", "dfdcf400fd38f3bc",
    ]
)  # fmt: skip


def published(text: str) -> bool:
    """Say whether it is an example that some documentation prints."""
    return (
        hashlib.sha256(
            text.strip().removeprefix("0x").removeprefix("0X").lower().encode("utf-8", "replace")
        ).hexdigest()[:16]
        in _PUBLISHED
    )


def looked_up(text: str) -> bool:
    """Say whether it is no value but the way to one: an environment variable, a template, a call."""
    return _LOOKED_UP.search(text) is not None


def masked(text: str) -> bool:
    """Say whether somebody has blotted it out."""
    return _MASKED.search(text) is not None


@lru_cache(maxsize=32_768)  # every part of the scanner asks it of the same tokens
def random_looking(token: str) -> bool:
    """Say whether a long token could have been drawn by a machine."""
    body = token.removeprefix("0x").rstrip("=")
    return _mixed(body) and not (_SURE_PLACEHOLDER.search(token) or _drawn_badly(body) or published(token))


def _mixed(body: str) -> bool:
    """Letters and digits change places often in what is drawn, seldom in what is composed of words.

    Of 18 letters and digits that are drawn, 11 neighbours of 17 differ in kind; fewer than 4 do once in 5,000.
    """
    if _wordy(body):
        return False
    if sum(map(str.isdigit, body)) < _DIGITS:
        return _short_pieces(body, 3.3)
    kinds = body.translate(_KINDS)
    pairs = [one != other for one, other in pairwise(kinds) if one != "-" and other != "-"]
    return bool(pairs) and sum(pairs) / len(pairs) >= _FEW


def _wordy(body: str) -> bool:
    """Say whether it has more of words, or of a path, than one in 250 of what is drawn has."""
    if len(body) < _LONG_ENOUGH or "/" in body:
        return sum(map(len, _WORDS.findall(body))) > len(body) * 0.4 or _PATH.match(body) is not None
    return any(sum(map(len, runs.findall(body))) > len(body) * share for runs, share in _LONG_WORDS)


def _short_pieces(body: str, longest: float) -> bool:
    """Take it apart as names in code are: thisIsAName has pieces of four letters, what is drawn of two or three."""
    pieces = _PIECE.findall(body)
    return bool(pieces) and not body.islower() and sum(map(len, pieces)) / len(pieces) <= longest


def loosely_random(token: str) -> bool:
    """Say the same of a short token beside one that is surely drawn: chance makes few changes in a short one."""
    if _SURE_PLACEHOLDER.search(token) or _drawn_badly(token) or published(token):
        return False
    return random_looking(token) or _short_pieces(token, 4.0)


def _drawn_badly(body: str) -> bool:
    """Few different characters, a period, a row: somebody's fingers."""
    size, plain = len(body), body.replace("-", "")
    if len(set(plain)) < min(8, max(4, size // 3)) or entropy(plain) < min(2.7, math.log2(max(size, 2)) * 0.65):
        return True
    if plain and plain in (plain + plain)[1:-1]:
        return True
    return any(_in_a_row(part) for part in (plain.lower(), plain.lower()[::2], plain.lower()[1::2])) or _runs(plain)


def _in_a_row(text: str) -> bool:
    codes = text.encode() if text.isascii() else [*map(ord, text)]  # bytes are numbers already
    steps = [right - left for left, right in pairwise(codes)]
    return bool(steps) and max(steps.count(1), steps.count(-1)) / len(steps) > 0.4  # noqa: PLR2004


def _runs(text: str) -> bool:
    return re.search(r"(.)\1{5}", text) is not None


def oddly_short(token: str) -> bool:
    """Say whether eight letters or so are no word and no name in code: Deribit's key."""
    return chosen(token) or (token.isalpha() and _short_pieces(token, 3.0))


def entropy(text: str) -> float:
    """Return the bits a character of a text holds, by how often each stands in it."""
    counted = Counter(text)
    return -sum(many / len(text) * math.log2(many / len(text)) for many in counted.values()) if text else 0.0


def chosen(text: str, shortest: int = 6) -> bool:
    """Say whether a short text could be a password that a person uses, and not a word of a manual."""
    if not shortest <= len(text) <= 128 or not text.isprintable() or "  " in text:  # noqa: PLR2004
        return False
    if len(text) >= _LONG_ENOUGH and _drawn_badly(text):
        return False
    if _placeholder(text) or masked(text) or looked_up(text) or published(text):
        return False
    kinds = sum(bool(re.search(kind, text)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9\s_.-]"))
    return kinds >= 2 and not _a_word(text) and not _in_a_row(text.lower())  # noqa: PLR2004


def _placeholder(text: str) -> bool:
    """Words like enter and secret are in passwords, too: then there are digits which are no row."""
    if _PLACEHOLDER.search(text):
        return True
    return _MAYBE_PLACEHOLDER.search(text) is not None and len(_OWN_DIGITS.sub("", text)) < _ENOUGH_DIGITS


def _a_word(text: str) -> bool:
    """Names in code and prose: Password, apiKey, IAmOne, some-thing, v1.2.3, Foo.bar, 10.5, True."""
    return (
        re.fullmatch(
            r"[A-Za-z]?[a-z]+(?:[A-Z][a-z]+)*|[IA](?:[A-Z][a-z]+)+|[A-Z]+|[A-Z]?[a-z]+(?:[._\s:/-][A-Za-z]?[a-z]+)*[.:!?]?|[a-z+]{2,9}://.*|(?:/[\w.{}-]+)+/?|[\d.,:-]+|[\w.-]*[\[(].*|.*[\])]",
            text,
        )
        is not None
    )
