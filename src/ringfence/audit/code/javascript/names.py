"""What names give away: which hold keys, which lead to files of wallets, and which belong together.

Names are split into words, so that `privateKeyPath` is a path and `PRIVATE_KEY` a key. No value is looked at here.
"""

import re
from functools import lru_cache
from typing import Final

from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.values import Kind

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# The endings of names that hold what signs for a wallet or an exchange account, as bots and libraries call them.
_WALLET: Final = (
    "private key",
    "privatekey",
    "priv key",
    "privkey",
    "mnemonic",
    "mnemonics",
    "mnemonic phrase",
    "seed phrase",
    "seedphrase",
    "recovery phrase",
    "secret phrase",
    "wallet seed",
    "wallet secret",
    "wallet key",
    "keypair secret",
    "signer key",
    "pk base 58",
    "secret recovery phrase",
)
_SECRET: Final = (
    "api secret",
    "apisecret",
    "secret key",
    "secretkey",
    "exchange secret",
    "trading secret",
    "api secret key",
    "secret api key",
    "private key 1",
)
_AUTH: Final = ("api key", "apikey", "passphrase", "access key", "api passphrase")
_OTHER: Final = TABLES["other_secrets"]
_VENUES: Final = TABLES["venues"]
_PLAIN: Final = TABLES["plain"]


def words(name: str) -> list[str]:
    """Split a name into its words, in lower case."""
    return [found.lower() for found in _WORDS.findall(name[:200])]


@lru_cache(maxsize=8192)
def credential(name: str) -> Kind | None:
    """Say which kind of credential a name of this spelling holds."""
    parts = words(name)
    if not parts or (len(parts) > 1 and set(parts[:-1]) & _OTHER - _VENUES):
        return None
    said = " ".join(parts)
    if _ends(said, _WALLET) or said == "pk":
        return Kind.WALLET_KEY
    if _ends(said, _SECRET) or (parts[-1] == "secret" and set(parts) <= _PLAIN | _VENUES | {"config", "secret"}):
        return Kind.SECRET
    return Kind.AUTH if _ends(said, _AUTH) else None


def _ends(said: str, endings: tuple[str, ...]) -> bool:
    return any(said == ending or said.endswith(" " + ending) for ending in endings)


def of_an_exchange(name: str) -> bool:
    """Say whether a name says that it belongs to an exchange."""
    return bool(set(words(name)) & _VENUES)


def of_another(name: str) -> bool:
    """Say whether a name says that it belongs to another service than an exchange."""
    return bool(set(words(name)) & (_OTHER - _VENUES - _PLAIN))


def own_host(name: str, host: str) -> bool:
    """Say whether a name and a host are of one service: COINGECKO_API_KEY and api.coingecko.com."""
    return any(word in host for word in words(name) if len(word) > 3 and word not in _PLAIN)  # noqa: PLR2004


# Files that hold keys of bots, and of wallets, browsers and machines: where their programs put them.
_KEYS: Final = re.compile(
    r"(?:^|[/\\\0])(?:\.env(?:\.(?!example|sample|template)\w+)?|config\.json|secrets?\.(?:json|ya?ml|toml)|id\.json|"
    r"(?:wallets?|keypairs?|keystore|private[_-]?key|mnemonic|seed)s?\.(?:json|txt|dat|key|csv)|\.npmrc|\.pypirc|"
    r"\.git-credentials|\.netrc|credentials(?:\.json)?)$",
    re.IGNORECASE,
)
_STORES: Final = re.compile(
    r"wallet\.dat|exodus\.wallet|[/\\](?:exodus|electrum|atomic|metamask|phantom|coinomi|ledger live|trust wallet)\b|"
    r"login data|cookies(?:\.sqlite)?$|key[34]\.db|local extension settings|nkbihfbeogaeaoehlefnkodbefgpgknn|"
    r"bfnaelmomeimhlpmgjnjophhpkkoljpa|google[/\\-]chrome|bravesoftware|user data[/\\]default|leveldb|keychain-db|"
    r"\.electrum|\.bitcoin|\.ethereum|solflare",
    re.IGNORECASE,
)
_MACHINE: Final = re.compile(r"\.ssh(?:[/\\]|$)|id_(?:rsa|ed25519|ecdsa)|\.aws[/\\]|\.gnupg|\.kube[/\\]", re.IGNORECASE)
_PATH_LIMIT: Final = 500


def file_kind(path: str) -> Kind | None:
    """Say what a file of this path holds."""
    head = path[-_PATH_LIMIT:]
    if _STORES.search(head):
        return Kind.WALLET
    if _MACHINE.search(head):
        return Kind.MACHINE
    return Kind.FILE if _KEYS.search(head) else None
