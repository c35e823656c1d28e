"""Decides which values are secrets: what a value is called, what it looks like, and what stands beside it.

It knows names and forms, and no format of a file. What it says holds the value, so that the caller can make a
fingerprint of it; it never prints one.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from ringfence.audit.secrets import shapes
from ringfence.audit.secrets.dummy import chosen, looked_up, masked, published, random_looking
from ringfence.audit.secrets.names import Role, exchange_in, is_sum, mentions_exchange, role_of, words_of
from ringfence.audit.secrets.shapes import EXCHANGES, Exchange, Fit, fit
from ringfence.audit.secrets.value import How, Value
from ringfence.audit.secrets.wallet import from_base58, is_pair

_AROUND = 8  # values before and after that may be the rest of a key
_NEAR = 2  # lines between a key and its secret: a pair on two lines, with a blank or a comment between
_TOKEN = re.compile(r"[A-Za-z0-9+/_.=:-]{8,256}")
_EVM = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44}|0x[0-9a-fA-F]{64}|[0-9]+")
_HEX = re.compile(r"[0-9a-f]+")
_ADDRESS_OF_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_SUM = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}"
)
_BASE58_PAIR = re.compile(r"[1-9A-HJ-NP-Za-km-z]{86,88}")
_BASE58_SEED = re.compile(r"[1-9A-HJ-NP-Za-km-z]{43,44}")
_WALLET = re.compile(
    r"from_?key|private_?key|privkey|wallet|signer|keypair|from_?secret|from_?base58|load_account|account\.from|agent_?key|sign_?transaction|sign_?typed|to_?ecdsa|^accounts$"
)
_HOLDS_A_KEY = re.compile(r"client|account|wallet|exchange|signer|clob|info")
_NAME_OF = frozenset({"name", "key", "var", "variable", "header", "env", "field", "parameter", "property"})
_VALUE_OF = frozenset({"value", "val", "default", "content", "data", "text", "string", "defaultvalue"})
_SHORTEST = 6  # of a passphrase that somebody might use
_ECHO = 4  # letters that are not the same by chance
_SHORTEST_TOKEN = 16  # characters of a random secret whose form is not known


class Setting(msgspec.Struct, frozen=True):
    """What is known of a file as a whole: the exchange that its path names, and its text."""

    exchange: str = ""
    text: str = ""

    @property
    def mentions(self) -> bool:
        """Say whether the path or the text names an exchange; the text is not searched before it matters."""
        return bool(self.exchange) or mentions_exchange(self.text)


class Verdict(msgspec.Struct, frozen=True):
    """A rule that a value meets, whose it is, the line, and what the value is called."""

    rule: str
    text: str
    line: int
    whose: str = ""
    name: str = ""


class _Read(msgspec.Struct, frozen=True):
    value: Value
    role: Role
    fit: Fit
    whose: str


def judge(values: Sequence[Value], setting: Setting) -> Iterator[Verdict]:
    """Say of each value what it is, where it is a secret."""
    reads = [_read(value, setting) for value in _renamed(values) if not _is_none(value.text)]
    paired = dict(_pairs(reads, setting))
    for place, one in enumerate(reads):
        verdict = paired.get(place) or _alone(one, reads[max(0, place - _AROUND) : place + _AROUND], setting)
        if verdict is not None:
            yield verdict


def _is_none(text: str) -> bool:
    if text.isalpha() and (text.islower() or text.isupper() or text.istitle()):
        return True  # a word
    return len(text) < _SHORTEST or looked_up(text) or masked(text) or published(text)


def _renamed(values: Sequence[Value]) -> Iterator[Value]:
    """Give what is written as a name and a value (`name: X`, `value: Y`) the name that it has."""
    for place, value in enumerate(values):
        if value.names and value.names[0].lower() in _VALUE_OF:
            beside = (values[at] for at in (place - 1, place + 1) if 0 <= at < len(values))
            name = next((one.text for one in beside if _tells_a_name(one, value)), "")
            yield msgspec.structs.replace(value, names=(name, *value.names)) if name else value
        else:
            yield value


def _tells_a_name(one: Value, value: Value) -> bool:
    named = bool(one.names) and one.names[0].lower() in _NAME_OF
    return named and one.group == value.group and len(one.text) < 80 and abs(one.line - value.line) <= _NEAR  # noqa: PLR2004


def _read(value: Value, setting: Setting) -> _Read:
    found = fit(value.text) if _TOKEN.fullmatch(value.text) else shapes.NO_FIT
    return _Read(value, _role(value), found, _whose(value) or setting.exchange)


def _role(value: Value) -> Role:
    """Ask the name, then the words before it, then what holds it; the first that knows is believed."""
    weak = Role.UNKNOWN
    told = [*value.names[:1], *(" ".join(value.near[-many:]) for many in (1, 2, 3) if len(value.near) >= many)]
    for name in (
        *told,
        *(name for name in value.names[1:3] if not name.lower().endswith("private")),
    ):  # ccxt's private calls
        role = role_of(name)
        if role is Role.PASSWORD and name not in value.names:
            continue  # "you can pass `this=1`": no name, a word before
        if role is Role.NOT and value.how is How.PLACED and not is_sum(name):
            continue  # TradeClient("...") and Order("...") are calls: only what they are given has a name
        if role is Role.WEAK_KEY or (role is Role.NOT and weak is Role.WEAK_KEY):
            weak = Role.WEAK_KEY
        elif role is not Role.UNKNOWN:
            return role if weak is Role.UNKNOWN or role is Role.KEY or name in told else weak
    return weak


def _whose(value: Value) -> str:
    for name in (*value.names, *reversed(value.near)):
        found = exchange_in(words_of(name))
        if found:
            return found
    return ""


# Pairs: two values that stand together and fit the key and the secret of one exchange.


def _pairs(reads: list[_Read], setting: Setting) -> Iterator[tuple[int, Verdict]]:
    drawn = [place for place, one in enumerate(reads) if _could_be_half(one)]
    for first, second in pairwise(drawn):
        key, secret = reads[first], reads[second]
        if key.value.group != secret.value.group or abs(secret.value.line - key.value.line) > _NEAR:
            continue
        exchange = _pair(key, secret, setting)
        if exchange is None:
            continue
        yield first, _verdict("secrets/exchange-key", key, exchange)
        yield second, _verdict("secrets/exchange-pair", secret, exchange)
        yield from _third(reads, second, exchange)


def _could_be_half(one: _Read) -> bool:
    return one.role not in {Role.NOT, Role.PASSPHRASE, Role.PASSWORD} and bool(one.fit)


def _pair(key: _Read, secret: _Read, setting: Setting) -> str | None:
    """Name the exchange whose pair it is; where other things look the same, only with a word that says so."""
    if key.role is Role.SECRET or secret.role is Role.KEY or Role.WALLET in {key.role, secret.role}:
        return None
    sums = _HEX.fullmatch(key.value.text + secret.value.text) and len(key.value.text) == len(secret.value.text)
    fitting = [one for one in key.fit.keys if one in secret.fit.secrets and key.value.text != secret.value.text]
    whose = key.whose or secret.whose
    for one in fitting:
        if one.name == whose:
            return one.name
    named = Role.KEY is key.role or Role.SECRET is secret.role
    called = key.value.how is How.PLACED and key.value.group != 0 and bool(key.value.names)
    quoted = key.value.how is not How.LOOSE and secret.value.how is not How.LOOSE
    for one in fitting:
        if (
            named
            or (not one.common and (whose or (not sums and (quoted or setting.mentions)) or one.certain))
            or (called and setting.mentions)
        ):
            return whose or one.name
    return None


def _third(reads: list[_Read], second: int, whose: str) -> Iterator[tuple[int, Verdict]]:
    """Take the value after a pair for its passphrase, where the exchange has one."""
    if second + 1 >= len(reads) or not any(one.passphrase and one.name == whose for one in EXCHANGES):
        return
    one, before = reads[second + 1], reads[second]
    near = one.value.group == before.value.group and 0 <= one.value.line - before.value.line <= _NEAR
    if near and one.role is Role.UNKNOWN and chosen(one.value.text):
        yield second + 1, _verdict("secrets/exchange-passphrase", one, whose)


# One value by itself.


def _alone(one: _Read, around: list[_Read], setting: Setting) -> Verdict | None:
    rule = _wallet(one) or _by_role(one, around, setting)
    return _verdict(rule, one, _owner(one)) if rule else None


def _verdict(rule: str, one: _Read, whose: str) -> Verdict:
    return Verdict(rule, one.value.text, one.value.line, whose, "".join(one.value.names[:1]))


def _owner(one: _Read) -> str:
    if one.whose:
        return one.whose
    fitting = {exchange.name for exchange in (*one.fit.keys, *one.fit.secrets)} if one.fit.certain else set[str]()
    return fitting.pop() if len(fitting) == 1 else ""


def _wallet(one: _Read) -> str:
    """Find the private keys of wallets: 64 digits with a word that says so, or 64 bytes that prove it."""
    text = one.value.text
    if _BASE58_PAIR.fullmatch(text) and random_looking(text):
        sure = one.role in {Role.WALLET, Role.SECRET} or (one.role is not Role.NOT and _says_wallet(one))
        return "secrets/wallet-key" if sure or is_pair(from_base58(text)) else ""
    if one.role is Role.NOT:
        return ""
    if _EVM.fullmatch(text) and random_looking(text):
        return "secrets/wallet-key" if _is_evm_key(one, text) else ""
    if one.role is Role.WALLET and _BASE58_SEED.fullmatch(text) and random_looking(text):
        return "secrets/wallet-key"
    return ""


def _is_evm_key(one: _Read, text: str) -> bool:
    if one.role is Role.WALLET or _says_wallet(one):
        return True
    if not text.startswith("0x"):
        return False
    held = any(_HOLDS_A_KEY.search(name.lower()) for name in one.value.names[1:])
    return one.role in {Role.SECRET, Role.KEY} or (one.role is Role.WEAK_KEY and held)


def _says_wallet(one: _Read) -> bool:
    words = (*one.value.names, *one.value.near[-3:])
    return any(_WALLET.search(name.lower()) for name in words) and not any(map(is_sum, words))


def _by_role(one: _Read, around: list[_Read], setting: Setting) -> str:
    text = one.value.text
    match one.role:
        case Role.SECRET | Role.WALLET:
            return _secret(one, around)
        case Role.KEY:
            return _key(one)
        case Role.WEAK_KEY:
            beside = one.value.how is How.NAMED and _stands_by(one, around, {Role.SECRET})
            sure = bool(one.fit) and (beside or _owned(one) or (setting.mentions and one.fit.certain))
            return "secrets/exchange-key" if sure else ""
        case Role.PASSPHRASE:
            return "secrets/exchange-passphrase" if chosen(text) else ""
        case Role.PASSWORD:
            of_a_key = _stands_by(one, around, {Role.SECRET, Role.KEY})
            rule = "secrets/exchange-passphrase" if of_a_key else "secrets/bot-password"
            return rule if chosen(text, 8) and one.value.how is not How.LOOSE else ""
        case Role.TOKEN:
            return _token(one)
        case Role.UNKNOWN:
            return _nameless(one, setting)
    return ""


def _stands_by(one: _Read, around: list[_Read], roles: set[Role]) -> bool:
    """Say whether something random with one of these roles stands with a value."""
    return any(
        other.role in roles
        and other.value.group == one.value.group
        and abs(other.value.line - one.value.line) <= _NEAR * 2
        and _is_random(other.value.text)
        for other in around
    )


def _is_of(whose: str, found: Fit) -> bool:
    """Say whether a form is that of a named exchange, or the table does not know that one."""
    known = any(exchange.name == whose for exchange in EXCHANGES)
    return not known or any(exchange.name == whose for exchange in (*found.keys, *found.secrets))


def _owned(one: _Read) -> bool:
    """A key of the very exchange that is named near it, and no sum by its look."""
    return _SUM.fullmatch(one.value.text) is None and any(exchange.name == one.whose for exchange in one.fit.keys)


def _is_random(text: str) -> bool:
    return len(text) >= _SHORTEST_TOKEN and _TOKEN.fullmatch(text) is not None and random_looking(text)


def _secret(one: _Read, around: list[_Read]) -> str:
    text = one.value.text
    if _ADDRESS_OF_EVM.fullmatch(text) or _echoes(one):
        return ""
    if _is_random(text):
        return "secrets/exchange-secret" if one.fit or one.whose else "secrets/named-secret"
    strict = one.value.how is How.NAMED and one.role is Role.SECRET
    person = strict and chosen(text, 8) and re.search(r"\d", text) is not None
    return "secrets/bot-password" if person and not _made_up(one, around) else ""


def _echoes(one: _Read) -> bool:
    """Say whether a word of a text begins as the words before it do: XXH3_of_some after kXxh3Secret is a name, too."""
    begin, mark, _ = one.value.text.lower().partition("_")
    if one.value.how is not How.LOOSE or not mark or len(begin) < _ECHO or one.fit:
        return False
    return any(begin in word.lower() for word in one.value.near)


def _made_up(one: _Read, around: list[_Read]) -> bool:
    """Say whether the key beside it has the same word, as no exchange draws them: "limited" and "limited123"."""
    word = one.value.text.rstrip("0123456789").lower()
    return len(word) >= _ECHO and any(
        word in other.value.text.lower()
        for other in around
        if other is not one and other.role in {Role.KEY, Role.WEAK_KEY} and other.value.group == one.value.group
    )


def _key(one: _Read) -> str:
    text = one.value.text
    if _is_random(text):
        if _SUM.fullmatch(text) and one.whose and not _is_of(one.whose, one.fit):
            return ""  # an id of something else at that exchange
        return "secrets/exchange-key" if one.fit or one.whose else "secrets/service-token"
    short = one.whose == "Deribit" and bool(one.fit.keys) and chosen(text)
    return "secrets/exchange-key" if short else ""


def _token(one: _Read) -> str:
    text = one.value.text
    if _ADDRESS.fullmatch(text):
        return ""
    if _is_random(text) and 20 <= len(text) <= 100 and _SUM.fullmatch(text) is None:  # noqa: PLR2004 - of services
        return "secrets/service-token"
    signs = {"jwt", "ws"} & {word for name in one.value.names[:1] for word in words_of(name)}
    return "secrets/bot-password" if signs and chosen(text, 8) else ""


def _nameless(one: _Read, setting: Setting) -> str:
    """Judge by the form alone. Sums in base64 are as long as Kraken's secrets, so those need a word."""
    if not one.fit:
        return ""
    if one.fit.certain:
        only_key = one.fit.keys and not one.fit.secrets
        return "secrets/exchange-key" if only_key else "secrets/exchange-secret"
    long = len(one.value.text) == 88 and _says_exchange(one, one.fit.secrets)  # noqa: PLR2004
    return "secrets/exchange-secret" if long and one.value.how is not How.LOOSE and setting.mentions else ""


def _says_exchange(one: _Read, fitting: tuple[Exchange, ...]) -> bool:
    return any(exchange.name == one.whose for exchange in fitting)
