"""Keys that are made or changed while the exchange runs, as their owner would on its site. They are not kept. Pure."""

import msgspec

from ringfence.paper.keyfile import fresh
from ringfence.paper.keys import ApiKey, Keys, Right, Type

_FIX = frozenset({Right.FIX_TRADE, Right.FIX_READ})


class KeyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /key: how the key of this name is to be; the members are those of `ApiKey`. Without `created`, it is new."""

    name: str
    account: str
    type: Type = Type.HMAC
    rights: frozenset[Right] = frozenset({Right.READ, Right.TRADE})
    addresses: frozenset[str] = frozenset()
    created: int | None = None
    expires: int = 0
    unsaid: frozenset[str] = frozenset()
    silent: bool = False


def issue(keys: Keys, order: KeyOrder, now: int) -> ApiKey:
    """Make a key, or change the one of that name; raises `ValueError` for one that Binance would not make."""
    _check(order)
    before = keys.named(order.name)
    if before is not None and (before.account, before.type) != (order.account, order.type):
        raise ValueError("a key keeps its account and its type")
    key, secret = fresh(order.type) if before is None else (before.key, before.secret)
    since = now if before is None else before.created
    made = ApiKey(
        order.name,
        order.account,
        key,
        secret,
        order.rights,
        order.addresses,
        created=since if order.created is None else order.created,
        type=order.type,
        expires=order.expires,
        unsaid=order.unsaid,
        silent=order.silent,
    )
    keys.put(made)
    return made


def _check(order: KeyOrder) -> None:
    """What the site itself does not let its owner do."""
    if Right.WITHDRAW in order.rights and not order.addresses:
        raise ValueError("a key that may withdraw has to be bound to addresses")
    if order.rights & _FIX and order.type is not Type.ED25519:
        raise ValueError("only Ed25519 keys may use FIX")
