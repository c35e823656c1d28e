"""What shows that something is a key, whatever it is called: a client is made of it, a signature, a wallet."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.names import EXCHANGE_KEY, SECRET, words
from ringfence.audit.code.state import State
from ringfence.audit.code.values import Taint, Value

_OPTIONS: Final = {
    "api_key": EXCHANGE_KEY, "apikey": EXCHANGE_KEY, "key": EXCHANGE_KEY, "access_key": EXCHANGE_KEY,
    "secret": SECRET, "api_secret": SECRET, "secret_key": SECRET, "password": SECRET, "passphrase": SECRET,
    "api_passphrase": SECRET, "private_key": SECRET,
}  # fmt: skip
_WALLETS: Final = frozenset(
    {"from_key", "from_mnemonic", "from_base58_string", "from_secret_key", "from_seed", "privateKeyToAccount"}
)
TAKERS: Final = _WALLETS | {"new", "digest"}
"""Methods that may take a credential, beside those of an exchange's client."""
_ITSELF: Final = re.compile(r"(?:\.(?:encode|strip|decode)\(\))+$")  # what is still the same key
_VARIABLE: Final = re.compile(r"@:\w+")
_PAIR: Final = 2


def used(state: State, call: Call) -> None:
    """Note that what is given here is a credential: then it is one wherever else it goes."""
    for value, kind in _given(call):
        bare = _ITSELF.sub("", value.ref)
        names = [taint for taint in value.taints if _VARIABLE.fullmatch(taint.kind)]
        for taint in value.taints:
            asked = taint.kind.startswith("@env:") and bare == f"os.environ[{taint.kind[5:]}]"
            # what a function gives back is a credential here, and may be anything elsewhere
            itself = taint.kind == f"@{bare}" and not bare.endswith(")")
            if itself or asked or names == [taint]:
                way = (*taint.way, (call.line, f"{call.method}() takes {taint.label} for a credential"))
                state.notes.passed(Taint(kind, taint.label, way), taint.kind, call.line)


def _given(call: Call) -> Iterator[tuple[Value, str]]:
    if call.of_exchange:
        for table in (call.kwargs, *(arg.items for arg in call.args if arg.items)):
            yield from ((value, kind) for name, value in table.items() if (kind := _OPTIONS.get(words(name))))
        if call.method[:1].isupper() and len(call.args) >= _PAIR and call.args[0].items is None:
            yield from zip(call.args, (EXCHANGE_KEY, SECRET), strict=False)
    elif (call.root == "hmac" and call.method in {"new", "digest"}) or call.method in _WALLETS:
        yield from ((value, SECRET) for value in call.args[:1])
