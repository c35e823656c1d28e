"""Keys that are made and changed while the exchange runs."""

import pytest

from ringfence.paper.issuing import KeyOrder, issue
from ringfence.paper.keys import Keys, Right, Type
from tests.paper.venue import HERE, NOW


def test_a_new_key_trades_and_reads_and_does_nothing_else() -> None:
    keys = Keys(())
    made = issue(keys, KeyOrder("spare", "main"), NOW)
    assert (made.rights, made.addresses, made.created) == (frozenset({Right.READ, Right.TRADE}), frozenset(), NOW)
    assert keys.find(made.key, HERE) == made
    assert issue(keys, KeyOrder("other", "main"), NOW).key != made.key


def test_a_key_that_is_changed_keeps_its_halves_and_its_age() -> None:
    keys = Keys(())
    before = issue(keys, KeyOrder("spare", "main"), NOW)
    order = KeyOrder("spare", "main", rights=frozenset({Right.WITHDRAW}), addresses=frozenset({HERE}))
    after = issue(keys, order, NOW + 1000)
    assert (after.key, after.secret, after.created) == (before.key, before.secret, NOW)
    assert keys.all() == [after]
    older = issue(keys, KeyOrder("spare", "main", created=1), NOW)
    assert (older.created, older.rights) == (1, frozenset({Right.READ, Right.TRADE}))


@pytest.mark.parametrize("kind", list(Type))
def test_a_new_key_is_of_the_type_that_is_asked_for(kind: Type) -> None:
    made = issue(Keys(()), KeyOrder("spare", "main", type=kind), NOW)
    assert made.type is kind
    assert made.secret.startswith("-----BEGIN PRIVATE KEY-----") is (kind is not Type.HMAC)


IMPOSSIBLE = [
    (KeyOrder("spare", "main", rights=frozenset({Right.WITHDRAW})), "addresses"),
    (KeyOrder("spare", "main", rights=frozenset({Right.FIX_TRADE})), "Ed25519"),
    (KeyOrder("spare", "main", type=Type.RSA, rights=frozenset({Right.FIX_READ})), "Ed25519"),
    (KeyOrder("taken", "main"), "its account"),
    (KeyOrder("taken", "bare", type=Type.RSA), "its type"),
]


@pytest.mark.parametrize(("order", "why"), IMPOSSIBLE)
def test_a_key_that_the_site_would_not_make_is_not_made(order: KeyOrder, why: str) -> None:
    keys = Keys(())
    taken = issue(keys, KeyOrder("taken", "bare"), NOW)
    with pytest.raises(ValueError, match=why):
        issue(keys, order, NOW)
    assert keys.all() == [taken]


def test_an_ed25519_key_may_use_fix() -> None:
    order = KeyOrder("spare", "main", type=Type.ED25519, rights=frozenset({Right.FIX_TRADE}))
    assert issue(Keys(()), order, NOW).rights == {Right.FIX_TRADE}
