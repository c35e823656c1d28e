"""What only looks like a secret: placeholders in several languages, masked values, look-ups, numbers in a row.

It knows texts, no file and no exchange; and no value that somebody published is written here: only digests are.
"""

import hashlib
import math
import re
from collections import Counter
from functools import lru_cache

_PLACEHOLDER = re.compile(
    r"(?i)your|change[_-]?(?:me|this|it)|example|placeholder|x{4}|dummy|sample|insert|replace|redacted|masked|hidden|"
    r"enter|paste|secret|passphrase|password|passwort|apikey|api[_-]key|private|todo|fixme|(?<![a-z])(?:test|demo|fake|mock|none|null|here|fill|"
    r"put|foo|bar|my|the|tu|su|mi|dein|ihr|ton|votre|seu|sua|tvoj|vash)(?![a-z])|"
    r"aqui|clave|contrase|hier|einf[uü]g|ersetz|schl[uü]ssel|geheim|chave|senha|remplac|chiave|inserisci|"
    r"deadbeef|cafebabe|lorem|ipsum|changeit|abcdef|12345678|qwerty|"
    r"ваш|ключ|секрет|пароль|您的|你的|密钥|密鑰|あなた|入力|여기|키를"
)
_SURE_PLACEHOLDER = re.compile(
    r"(?i)change_?me|example|placeholder|x{5}|redacted|deadbeef|cafebabe|0123456|12345678|abcdefg|your_|_here"
)
_MASKED = re.compile(r"\*{3}|\.{3}|…|#{4}|•|●|█|x{6}|X{6}|_{4}|-{6}$")
_LOOKED_UP = re.compile(
    r"\$\{|\$\(|\$[A-Za-z_]|\{\{|\}\}|<[^<>]{1,80}>|%\(|%[A-Z_]+%|\{[A-Za-z_.\[\]\"']*\}|^@|^\[|"
    r"(?i:getenv|environ|process\.env|os\.|config[.\[]|settings[.\[]|args\.|self\.|vault[:/.]|keyring|secretmanager|"
    r"ssm:|secrets\.|op://|arn:|file://|env\.|input\(|getpass|decrypt|load_|read_|get_)"
)
_DIGITS = 2
_WORDY = 6

# SHA-256, first 16 hex digits, of keys that documentation publishes for everybody to copy: Binance's and Kraken's API
# pages, the accounts that hardhat and anvil start with, the examples of eth-account, web3.js and of Deribit.
_PUBLISHED = frozenset(
    """
    5ba1ed8425baaa72 23e9efa3ced6e70c 59e6bf3ccb36ee2b 98c0adc16caa135b 9f4ae5f451f370ad
    bc1a50966c9e6486 8335c55334821eef b26ab6529d20ebeb 64034b44c579b335 4d3e46eec8244d1d
    86e8908a464077cb 95e82a7ebb036b3c 62b63bc4ca11f81c 00c067f55d9d3a60 a0d814060fd8f723
""".split()
)


def published(text: str) -> bool:
    """Say whether it is an example that some documentation prints."""
    return hashlib.sha256(text.strip().removeprefix("0x").encode("utf-8", "replace")).hexdigest()[:16] in _PUBLISHED


def looked_up(text: str) -> bool:
    """Say whether it is no value but the way to one: an environment variable, a template, a call."""
    return _LOOKED_UP.search(text) is not None


def masked(text: str) -> bool:
    """Say whether somebody has blotted it out."""
    return _MASKED.search(text) is not None


@lru_cache(maxsize=4096)
def random_looking(token: str) -> bool:
    """Say whether a long token could have been drawn by a machine."""
    body = token.removeprefix("0x").rstrip("=")
    return not (_SURE_PLACEHOLDER.search(token) or _drawn_badly(body) or published(token)) and _mixed(body)


def _mixed(body: str) -> bool:
    """Letters and digits change places often in what is drawn, seldom in what is composed of words.

    Of 18 letters and digits that are drawn, 11 neighbours of 17 differ in kind; fewer than 4 do once in 5,000.
    """
    kinds = [_kind(char) for char in body]
    pairs = [(one, other) for one, other in zip(kinds, kinds[1:], strict=False) if one and other]
    if not pairs or sum(char.isdigit() for char in body) < _DIGITS:
        return False
    return sum(one != other for one, other in pairs) / len(pairs) >= 0.22  # noqa: PLR2004


def _kind(char: str) -> int:
    if char.isdigit():
        return 1
    if char.isalpha():
        return 2 if char.islower() else 3
    return 0


def _drawn_badly(body: str) -> bool:
    """Few different characters, a period, a row: somebody's fingers."""
    size, plain = len(body), body.replace("-", "")
    if len(set(plain)) < min(8, max(4, size // 3)) or entropy(plain) < min(2.7, math.log2(max(size, 2)) * 0.65):
        return True
    if plain and plain in (plain + plain)[1:-1]:
        return True
    return any(_in_a_row(part) for part in (plain.lower(), plain.lower()[::2], plain.lower()[1::2])) or _runs(plain)


def _in_a_row(text: str) -> bool:
    steps = [ord(right) - ord(left) for left, right in zip(text, text[1:], strict=False)]
    return bool(steps) and max(steps.count(1), steps.count(-1)) / len(steps) > 0.4  # noqa: PLR2004


def _runs(text: str) -> bool:
    return re.search(r"(.)\1{5}", text) is not None


def entropy(text: str) -> float:
    """Return the bits a character of a text holds, by how often each stands in it."""
    counted = Counter(text)
    return -sum(many / len(text) * math.log2(many / len(text)) for many in counted.values()) if text else 0.0


def chosen(text: str, shortest: int = 6) -> bool:
    """Say whether a short text could be a password that a person uses, and not a word of a manual."""
    if not shortest <= len(text) <= 128 or re.search(r"\s{2}|\n", text):  # noqa: PLR2004
        return False
    if _PLACEHOLDER.search(text) or masked(text) or looked_up(text) or published(text):
        return False
    kinds = sum(bool(re.search(kind, text)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9\s_.-]"))
    return kinds >= 2 and not _a_word(text) and not _in_a_row(text.lower())  # noqa: PLR2004


def _a_word(text: str) -> bool:
    """Names in code and prose: Password, apiKey, some-thing, v1.2.3, Foo.bar, 10.5, True."""
    return re.fullmatch(r"[A-Za-z]+(?:[A-Z][a-z]+)*|[A-Za-z]+(?:[._\s:/-][A-Za-z]+)*[.:!?]?|[\d.,:-]+|[\w.-]*[\[(].*|.*[\])]", text) is not None
