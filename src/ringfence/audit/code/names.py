"""What the names of variables, fields and files say about what is in them. Names only: no value is looked at."""

import re
from functools import lru_cache
from typing import Final

from ringfence.audit.code.wordlists import WORDS

SECRET: Final = "secret"  # noqa: S105  # the name of a kind
"""Signs for an exchange or a wallet: secret, private key, passphrase, seed phrase."""
EXCHANGE_KEY: Final = "exchange-key"
"""Names an account at an exchange."""
KEY: Final = "key"
"""A key to some service, which may be an exchange."""
CONFIG: Final = "config"
"""A whole section or file in which keys stand."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IT: Final = WORDS["no_secret"]
_OTHERS: Final = WORDS["other_services"]
_EXCHANGES: Final = WORDS["exchange_words"]
_SECRETS: Final = re.compile(
    r"(?:^|_)(?:secret|secrets|api_?secret|secret_?key|private_?key|priv_?key|privkey|pass_?phrase|mnemonic|mnemonics|seed_?phrase|seed_?words"
    r"|recovery_?phrase|wallet_?key|secret_?access_?key|keypair|secretkey|privatekey|wallet_?seed)(?:_|$|\d)"
)
_KEYS: Final = re.compile(r"(?:^|_)(?:api_?key|apikey|access_?key)s?(?:_|$|\d)")
_HOLDERS: Final = re.compile(
    r"(?:^|_)(?:exchange|exchanges|ex|creds?|credentials?|account|accounts|keys?|api|ccxt|auth)(?:_|$)"
)
_SECTIONS: Final = frozenset({"exchange", "exchanges", "credentials", "creds", "api_keys", "keys", "wallet", "wallets"})
_CONFIGS: Final = re.compile(r"(?:^|_)(?:config|conf|cfg|settings|configuration)$")


@lru_cache(maxsize=65536)
def words(name: str) -> str:
    """Write a name as lower_case_words."""
    return _CAMEL.sub("_", name).lower().replace("-", "_").strip("_")


def plain(name: str) -> str:
    """Write the name of an attribute as one that code could say: a text may hold what symbols are taken apart by."""
    return name if name.isidentifier() else re.sub(r"\W", "_", name)


@lru_cache(maxsize=65536)
def kind_of(name: str) -> str:
    """Say what a variable or field of that name holds; empty where it is nothing secret."""
    if len(name) > 100:  # noqa: PLR2004
        return ""
    spelt = words(name)
    parts = set(spelt.split("_"))
    if parts & _NOT_IT or parts & _OTHERS:
        return ""
    if _SECRETS.search(spelt):
        return SECRET
    if _KEYS.search(spelt):
        return EXCHANGE_KEY if parts & _EXCHANGES else KEY
    return EXCHANGE_KEY if "key" in parts and parts & _EXCHANGES and len(parts) <= 3 else ""  # noqa: PLR2004


@lru_cache(maxsize=65536)
def entry_kind(holder: str, key: str) -> str:
    """Say what `holder[key]` holds, where both names together say more than the key alone."""
    plain = words(key)
    owner = words(holder)
    if plain in {"key", "secret", "password", "uid", "passphrase", "api_key", "apikey"} and _HOLDERS.search(owner):
        if plain in {"secret", "password", "passphrase"}:
            return SECRET
        return EXCHANGE_KEY if set(owner.split("_")) & _EXCHANGES or plain == "key" else KEY
    if plain in _SECTIONS and _CONFIGS.search(owner):
        return CONFIG
    return kind_of(key)


def is_config(name: str) -> bool:
    """Say whether a name is that of a whole configuration."""
    return words(name) in {"config", "cfg", "conf", "bot_config", "full_config"}


_FILES: Final = (
    (
        "wallet",
        re.compile(
            r"wallet\.dat|exodus|electrum|atomic[/\\]local storage|ledger live|trezor|metamask|multibit|armory|coinomi"
            r"|jaxx|guarda|phantom|nkbihfbeogaeaoehlefnkodbefgpgknn|bfnaelmomeimhlpmgjnjophhpkkoljpa|keystore[/\\]|\.ethereum"
            r"|\.bitcoin|\.monero|zcash|local extension settings|\.config[/\\]solana|wallets?[/\\]|\.kdbx"
            r"|seed\.(?:txt|seco)|mnemonic\.txt",
            re.IGNORECASE,
        ),
    ),
    (
        "browser",
        re.compile(
            r"login data|web data|cookies\.sqlite|logins\.json|key4\.db|user data[/\\](?:default|profile)|local state"
            r"|leveldb|tdata(?:[/\\]|$)|discord[/\\]local storage|[/\\]cookies$|brave-browser|opera software",
            re.IGNORECASE,
        ),
    ),
    (
        "machine-key",
        re.compile(
            r"\.ssh(?:[/\\]|$)|id_(?:rsa|ed25519|ecdsa)|\.aws[/\\]|\.kube[/\\]config|\.netrc|\.pgpass|\.gnupg"
            r"|\.git-credentials|\.docker[/\\]config|/etc/shadow|\.npmrc|\.pypirc|gcloud[/\\]",
            re.IGNORECASE,
        ),
    ),
    (
        "secret-file",
        re.compile(
            r"(?:^|[/\\\0])\.env(?:\.\w+)?$|(?:^|[/\\\0])(?:config|secrets?|credentials?|creds|keys?|api_?keys?)"
            r"(?:[._-](?:private|live|prod))?\.(?:json|ya?ml|toml|ini|txt|py|env)$|\.pem$|/etc/passwd$",
            re.IGNORECASE,
        ),
    ),
)


@lru_cache(maxsize=8192)
def file_kind(path: str) -> str:
    """Say what a file of that path holds: wallet, browser, machine-key or secret-file; empty otherwise."""
    if len(path) > 1000:  # noqa: PLR2004
        return ""
    return next((kind for kind, shape in _FILES if shape.search(path)), "")


_OWN_SOLANA: Final = re.compile(r"\.config[/\\]solana|wallets?[/\\][\w-]*\.json$|keystore", re.IGNORECASE)


def is_own_wallet(path: str) -> bool:
    """Say whether a wallet's file is one that a bot of that chain is meant to open."""
    return bool(_OWN_SOLANA.search(path))
