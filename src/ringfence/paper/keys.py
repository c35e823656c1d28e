"""API keys: whose they are, what they may do, and from where. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ringfence.paper.refused import Refused, no_permission


class Right(StrEnum):
    """The permissions of a Binance key, by their names in /sapi/v1/account/apiRestrictions."""

    READ = "enableReading"
    TRADE = "enableSpotAndMarginTrading"
    WITHDRAW = "enableWithdrawals"
    INTERNAL = "enableInternalTransfer"
    UNIVERSAL = "permitsUniversalTransfer"
    MARGIN = "enableMargin"
    FUTURES = "enableFutures"
    OPTIONS = "enableVanillaOptions"
    PORTFOLIO = "enablePortfolioMarginTrading"
    FIX_TRADE = "enableFixApiTrade"
    FIX_READ = "enableFixReadOnly"


class Type(StrEnum):
    """What a key signs with."""

    HMAC = "hmac"
    ED25519 = "ed25519"
    RSA = "rsa"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key; `secret` is the private half in PEM where it signs with a pair. No address in `addresses` means any.

    Times are in milliseconds; from `expires` on, where it is not zero, the key may no longer trade. Asked what it may
    do, the exchange leaves out what is `unsaid`, and gives no answer where it is `silent`.
    """

    name: str
    account: str
    key: str
    secret: str
    rights: frozenset[Right]
    addresses: frozenset[str] = frozenset()
    created: int = 0
    type: Type = Type.HMAC
    expires: int = 0
    unsaid: frozenset[str] = frozenset()
    silent: bool = False

    def rights_at(self, now: int) -> frozenset[Right]:
        """What it may do at a time."""
        return self.rights - {Right.TRADE} if self.expires and now >= self.expires else self.rights


class Keys:
    """All keys of the exchange."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys = {each.key: each for each in keys}

    def find(self, key: str | None, address: str) -> ApiKey:
        """The key that a request names; raises `Refused` where it is malformed, unknown, or at a wrong address."""
        if key is None or len(key) != _KEY_LENGTH or not (key.isascii() and key.isalnum()):
            raise Refused(-2014, "API-key format invalid.", status=401)
        found = self._keys.get(key)
        if found is None or (found.addresses and address not in found.addresses):
            raise no_permission()
        return found

    def all(self) -> list[ApiKey]:
        """Every key."""
        return list(self._keys.values())

    def named(self, name: str) -> ApiKey | None:
        """The key of that name."""
        return next((each for each in self._keys.values() if each.name == name), None)

    def put(self, key: ApiKey) -> None:
        """Take in a new key, or one that was changed."""
        self._keys[key.key] = key

    def revoke(self, key: str) -> None:
        """Delete a key, as its owner would on the web site."""
        self._keys.pop(key, None)


_KEY_LENGTH = 64
