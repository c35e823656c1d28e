"""What a name says of the value it names: that it is a secret, a key, a password, or that it is none.

Only words are known here: no shape of a key, no file. The tables are the names that exchanges, their clients and the
bots use (ccxt, python-binance, pybit, freqtrade, hummingbot), and those of what looks like a key and is none.
"""

import re
from enum import Enum
from functools import lru_cache


class Role(Enum):
    """What a value is, by its name."""

    SECRET = "secret"  # noqa: S105 - a word, not a value
    KEY = "key"
    WEAK_KEY = "something called a key"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word, not a value
    PASSWORD = "password"  # noqa: S105 - a word, not a value
    TOKEN = "token"  # noqa: S105 - a word, not a value
    WALLET = "wallet key"
    NOT = "no secret"
    UNKNOWN = "unknown"


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST_NAME = 120  # longer ones are texts

_ABOUT = frozenset(
    [
        "hash", "hashes", "digest", "sha", "sha1", "sha256", "sha512", "md5", "checksum", "path", "file",
        "filename", "dir", "folder", "url", "uri", "host", "endpoint", "name", "field", "header", "label",
        "title", "help", "description", "desc", "length", "len", "size", "count", "type", "kind", "algorithm",
        "algo", "format", "pattern", "regex", "version", "ref", "arn", "address", "addr", "hint", "policy",
        "error", "message", "msg", "placeholder", "required", "enabled", "index", "idx", "prefix", "suffix",
        "expiry", "expires", "at", "time", "timestamp", "date", "manager", "provider", "store", "class",
        "func", "function", "method", "list", "permissions", "scope", "scopes", "status", "rotation", "env",
        "var", "variable", "id", "ids", "uid", "expired", "valid",
    ]
)  # fmt: skip
"""A name that ends in one of these tells something about a secret, not the secret."""

_SUM = frozenset(
    [
        "tx", "txn", "txid", "txhash", "txs", "hash", "hashes", "sha", "sha1", "sha224", "sha256", "sha384",
        "sha512", "blake2b", "md5", "digest", "checksum", "checksums", "crc", "commit", "rev", "revision",
        "git", "signature", "signatures", "sig", "condition", "integrity", "public", "pub", "pubkey",
        "pubkeys", "mint", "program", "blockhash", "nonce", "salt", "etag", "fingerprint", "thumbprint",
        "certificate", "cert", "certs", "crt", "image", "png", "jpeg", "jpg", "svg", "merkle", "leaf",
        "proof", "trace", "span", "correlation", "idempotency", "address", "addr", "addresses", "uuid",
        "guid", "bytecode", "calldata", "abi", "selector", "page", "next", "continuation", "cursor",
        "pending", "limit", "expected", "fake", "dummy", "mock", "example", "sample", "sentinel",
        "placeholder", "cloid", "oid", "objectid", "testvector", "ciphertext", "iv", "kid", "jti", "csrf",
        "sitekey", "recaptcha", "encrypted", "sealed", "verify",
    ]
)  # fmt: skip
"""A name with one of these names a sum, an address, a number of something: no secret, also where it is a call."""

_NO_SECRET = _SUM | frozenset(
    [
        "transaction", "sign", "signed", "contract", "block", "topic", "topics", "cache", "cached", "order",
        "orders", "span", "request", "recipient", "market", "asset", "assets", "pool", "primary", "foreign",
        "sort", "partition", "row", "event", "payload", "receipt", "slug", "snapshot", "build", "artifact",
        "layer", "manifest", "sid", "pid", "deposit", "quote", "route", "swap", "position", "trade", "fill",
        "candle", "model", "weights", "dataset", "resolved", "whitelist", "denylist", "vector", "vectors",
        "captcha", "analytics", "tracking", "gtag", "measurement", "widget", "template", "run", "job",
        "workflow", "task", "msgid", "message", "index", "lookup", "storage", "object", "bucket",
    ]
)  # fmt: skip
"""A name with one of these names something that looks like a key and is none, unless it says secret or private."""

_SECRET = frozenset(
    [
        "tx", "txn", "txid", "txhash", "txs", "transaction", "hash", "hashes", "sha", "sha1", "sha224",
        "sha256", "sha384", "sha512", "blake2b", "md5", "digest", "checksum", "checksums", "crc", "commit",
        "rev", "revision", "git", "signature", "signatures", "sig", "sign", "signed", "condition",
        "integrity", "public", "pub", "pubkey", "pubkeys", "mint", "program", "contract", "block",
        "blockhash", "topic", "topics", "cache", "order", "orders", "cloid", "nonce", "salt", "etag",
        "fingerprint", "thumbprint", "certificate", "cert", "certs", "crt", "image", "png", "jpeg", "jpg",
        "svg", "merkle", "leaf", "proof", "trace", "span", "request", "correlation", "idempotency", "address",
        "addr", "addresses", "account2", "recipient", "market", "asset", "assets", "pool", "uuid", "guid",
        "primary", "foreign", "sort", "partition", "row", "bytecode", "calldata", "abi", "selector", "event",
        "payload", "receipt", "slug", "snapshot", "build", "artifact", "layer", "manifest", "oid", "sid",
        "pid", "objectid", "deposit", "quote", "route", "swap", "position", "trade", "fill", "candle",
        "model", "weights", "dataset", "resolved", "whitelist", "denylist", "vector", "vectors", "testvector",
        "ciphertext", "iv", "kid", "jti", "csrf", "captcha", "sitekey", "recaptcha", "analytics", "tracking",
        "gtag", "measurement", "widget", "template", "run", "job", "workflow", "task", "msgid", "message",
    ]
)  # fmt: skip
"""A name with one of these names something that looks like a key and is none, unless it says secret or private."""

_SECRET = frozenset(
    [
        "secret", "secrets", "scret", "sercet", "sceret", "secretkey", "apisecret", "privatekey", "privkey",
        "geheim", "secreto", "clave",
    ]
)  # fmt: skip
_PHRASE = frozenset(["passphrase", "passfrase", "passphrases"])
_PASSWORD = frozenset(["password", "passwd", "pwd", "passwort", "contrasena", "pass", "passcode", "senha"])
_TOKEN = frozenset(["token", "tokens", "bearer", "authorization", "jwt", "auth", "webhook"])
_WALLET = frozenset(
    [
        "wallet", "signer", "mnemonic", "seed", "keypair", "evm", "eth", "ethereum", "solana", "sol",
        "polygon", "phantom", "metamask", "web3", "deployer",
    ]
)  # fmt: skip
_KEY_BESIDE = frozenset([
    "api", "access", "apikey", "mbx", "bapi", "kc", "ok", "cb", "client", "rest", "trade", "trading", "broker",
    "app", "consumer",
])  # fmt: skip
_PARTS_OF_A_JOINED_NAME = (
    ("secretkey", Role.SECRET),
    ("apisecret", Role.SECRET),
    ("secret", Role.SECRET),
    ("privatekey", Role.SECRET),
    ("privkey", Role.SECRET),
    ("passphrase", Role.PASSPHRASE),
    ("password", Role.PASSWORD),
    ("apikey", Role.KEY),
    ("accesskey", Role.KEY),
)

EXCHANGES = {
    "binance": "Binance", "binanceus": "Binance.US", "bybit": "Bybit", "okx": "OKX", "okex": "OKX", "kraken": "Kraken",
    "krakenfutures": "Kraken Futures", "coinbase": "Coinbase", "cdp": "Coinbase", "kucoin": "KuCoin",
    "kucoinfutures": "KuCoin", "bitget": "Bitget", "gate": "Gate", "gateio": "Gate", "htx": "HTX", "huobi": "HTX",
    "mexc": "MEXC", "bitfinex": "Bitfinex", "bfx": "Bitfinex", "bitstamp": "Bitstamp", "deribit": "Deribit",
    "bitmex": "BitMEX", "cryptocom": "Crypto.com", "gemini": "Gemini", "hyperliquid": "Hyperliquid", "bingx": "BingX",
    "whitebit": "WhiteBIT", "phemex": "Phemex", "poloniex": "Poloniex", "coinex": "CoinEx", "ascendex": "AscendEX",
    "woo": "WOO X", "woox": "WOO X", "backpack": "Backpack", "dydx": "dYdX", "lbank": "LBank", "bitmart": "BitMart",
    "mbx": "Binance", "bapi": "Bybit", "kc": "KuCoin",
}  # fmt: skip
"""The words that name an exchange, as bots and ccxt write them."""

_SHORTEST_ALONE = 3  # letters of a name that other words do not hold by chance
_EXCHANGE_WORD = re.compile(
    r"(?<![a-z])(?:"
    + "|".join(sorted((word for word in EXCHANGES if len(word) > _SHORTEST_ALONE), key=len, reverse=True))
    + r"|okx|htx)",
)
_MENTIONED = (
    "ccxt", "freqtrade", "hummingbot", "binance", "bybit", "kraken", "coinbase", "kucoin", "bitget", "huobi", "mexc",
    "bitfinex", "bitstamp", "deribit", "bitmex", "hyperliquid", "bingx", "whitebit", "phemex", "cryptocom",
    "crypto.com", "gateio", "gate.io", "gate_io", "gate-io", "gateapi", "gate.api", "gate_api", "gate-api",
)  # fmt: skip
_MENTIONED_ALONE = re.compile(r"\b(?:okx|htx|gate|gemini)\b")


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """Take a name apart: BINANCE_API_SECRET, binanceApiSecret and binance-api-secret are the same three words."""
    return tuple(word.lower() for word in _WORD.findall(name[:_LONGEST_NAME]))


@lru_cache(maxsize=8192)
def role_of(name: str) -> Role:
    """Say what a value with this name is."""
    words = words_of(name)
    if not words:
        return Role.UNKNOWN
    if words[-1].isdigit() and len(words) > 1:  # SECRET_2, apiKey1
        words = words[:-1]
    held = set(words)
    if words[-1] in _ABOUT and not _is_key_id(words):
        return Role.NOT
    return _private(words, held) or _plain(words, held) or Role.UNKNOWN


def _private(words: tuple[str, ...], held: set[str]) -> Role | None:
    """Find the roles that no other word takes back."""
    if held & {"public", "pub", "pubkey"}:
        return Role.NOT
    if held & _PHRASE or ("pass" in held and "phrase" in held):
        return Role.PASSPHRASE
    if held & _SECRET or words == ("hmac",) or _is_private(words, held):
        return Role.WALLET if held & _WALLET else Role.SECRET
    if (
        words[-1] in {"pk", "sk", "mnemonic"}
        or {"seed", "phrase"} <= held
        or words[-2:] in {("wallet", "key"), ("signer", "key")}
    ):
        return Role.WALLET
    if held & _PASSWORD:
        return Role.PASSWORD
    return None


def _is_private(words: tuple[str, ...], held: set[str]) -> bool:
    """A private key; not the private half of an interface, as in ccxt's privateGetAccount."""
    return bool(held & {"private", "priv"}) and ("key" in held or words[-1] in {"private", "priv"})


def _plain(words: tuple[str, ...], held: set[str]) -> Role | None:
    flat = "".join(words)
    if held & _NO_SECRET:
        return Role.NOT
    for part, role in _PARTS_OF_A_JOINED_NAME:
        if part in flat:
            return role
    if "key" in held or "keys" in held:
        return Role.KEY if held & _KEY_BESIDE or exchange_in(words) else Role.WEAK_KEY
    if held & _TOKEN:
        return Role.TOKEN
    return Role.NOT if words[-1] in {"id", "ids"} else None


def _is_key_id(words: tuple[str, ...]) -> bool:
    """An API key that is called the name or the id of a key: Coinbase's CDP_API_KEY_NAME, AWS' ACCESS_KEY_ID."""
    return words[-1] in {"name", "id"} and "key" in words and bool(_KEY_BESIDE.intersection(words))


@lru_cache(maxsize=8192)
def is_sum(name: str) -> bool:
    """Say whether a name, of a call too, is that of sums, addresses and numbers: never of a secret."""
    return not _SUM.isdisjoint(words_of(name))


def exchange_in(words: tuple[str, ...]) -> str:
    """Name the exchange that one of these words stands for, or nothing."""
    for word in words:
        if word in EXCHANGES:
            return EXCHANGES[word]
    flat = " ".join(words)
    found = _EXCHANGE_WORD.search(flat)
    if found:
        return EXCHANGES[found[0]]
    return "Crypto.com" if "crypto com" in flat else ""


@lru_cache(maxsize=1)
def mentions_exchange(text: str) -> bool:
    """Say whether a text names an exchange, or the library that reaches all of them."""
    small = text.lower()
    return any(word in small for word in _MENTIONED) or _MENTIONED_ALONE.search(small) is not None
