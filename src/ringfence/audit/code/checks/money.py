"""Calls that move funds out: by an exchange's client under its many names, or on a chain."""

import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.names import words
from ringfence.audit.code.state import State
from ringfence.audit.code.values import NOTHING, Value
from ringfence.audit.code.wordlists import WORDS

SENDERS: Final = frozenset(
    {
        "send_transaction",
        "send_raw_transaction",
        "sign_transaction",
        "send_raw",
        "TransferParams",
        "sendTransaction",
        "sendtoaddress",
        "send_payment",
        "sweep",
        "send_to",
    }
)
"""Names of calls that send on a chain."""

_READS: Final = WORDS["looking"]
_OUT: Final = re.compile(r"(?:^|_)(?:withdraw|withdrawal|withdrawals)(?:_|$)")
_WITHIN: Final = re.compile(
    r"^(?:transfer|internal_transfer|universal_transfer|sub_account_transfer|asset_transfer|transfer_out|spot_transfer|futures_account_transfer|create_universal_transfer|create_internal_transfer|inner_transfer|user_universal_transfer|transfer_between_accounts)$"
)


def moved(state: State, call: Call) -> None:
    """Note a call that moves funds."""
    spelled = words(call.method)
    if call.method[:1].isupper() and call.method not in SENDERS:
        return
    if call.method in SENDERS:
        _sent(state, call)
    elif _OUT.search(spelled) and not _READS.intersection(spelled.split("_")) and (call.args or call.kwargs):
        _withdrawn(state, call)
    elif _WITHIN.match(spelled) and len(call.args) + len(call.kwargs) >= 2:  # noqa: PLR2004
        _transferred(state, call)


_PATH: Final = re.compile(
    r"(?:^|/)withdraw(?:al)?s?(?:[/_-](?:apply|crypto|create|submit|currency))?/?$", re.IGNORECASE
)
_ASKS: Final = frozenset(
    {"post", "request", "query_private", "private", "send", "signed", "query", "submit", "put", "api", "call"}
)


def asked(state: State, call: Call) -> None:
    """Note a request whose path is that of a withdrawal: `query_private("Withdraw", ...)`."""
    paths = [text.partition("?")[0] for value in call.args[:2] for text in value.texts]
    reads = any(text.upper() == "GET" for value in call.args[:2] for text in value.texts)
    # a client library's own method of that name asks by that path; a bot's calls such a method
    own = (
        state.scope.function is not None
        and "ithdraw" in state.scope.function.qual
        and call.receiver.ref.startswith(":")
    )
    asks = bool(_ASKS.intersection(words(call.method).split("_")))
    if asks and not reads and not own and any(_PATH.search(text) for text in paths):
        _withdrawn(state, call)


def _withdrawn(state: State, call: Call) -> None:
    state.notes.able(Power.MONEY, call.method, call.line)
    inside = state.scope.function.qual if state.scope.function is not None else ""
    if (
        state.class_of(call.receiver.ref) is not None
        or call.receiver.ref.endswith(("super()", "#self"))
        or call.receiver.ref == ""
    ) and ("ithdraw" in inside or call.receiver.ref == ""):
        return
    # what a test expects to be refused is a test of the refusal; where it is paid to is judged all the same
    state.notes.add("transfer-call" if state.refused else "withdraw-call", call.line, call.method, call.method)
    for value in call.every():
        state.notes.flow(value, "withdraw", call.line, words=f"given to {call.method}()")


def _transferred(state: State, call: Call) -> None:
    state.notes.able(Power.MONEY, call.method, call.line)
    on_chain = "functions" in call.receiver.ref or "contract" in call.receiver.ref.lower()
    if call.of_exchange or "exchange" in call.receiver.ref or "client" in call.receiver.ref:
        state.notes.add("transfer-call", call.line, call.method, call.method)
    if (
        on_chain
        or call.of_exchange
        or "exchange" in call.receiver.ref.lower()
        or "token" in call.receiver.ref.lower()
        or call.root in {"spl", "solana", "solders"}
    ):
        for value in call.every():
            state.notes.flow(value, "withdraw", call.line, words=f"given to {call.method}()")


def _sent(state: State, call: Call) -> None:
    state.notes.able(Power.MONEY, call.method, call.line)
    if call.method.startswith(("send", "sign")):
        state.notes.add("chain-transfer", call.line, call.method, call.method)
    for value in (*call.every(),):
        state.notes.flow(_payee(value, call), "withdraw", call.line, words=f"given to {call.method}()")


def _payee(value: Value, call: Call) -> Value:
    if call.method in {"TransferParams", "sendtoaddress", "send_payment", "send_to", "sweep"}:
        return value
    items = value.items
    if items is None or "to" not in items:
        return NOTHING
    data = items.get("data", items.get("input"))
    pays = data is None or data.const in {"0x", b"", ""}
    return items["to"] if pays and "value" in items else NOTHING


_ADDRESS: Final = re.compile(
    r"0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|(?:bc1|tb1|ltc1)[02-9ac-hj-np-z]{25,87}|r[1-9A-HJ-NP-Za-km-z]{24,34}|(?:cosmos|osmo|terra|dydx|inj)1[02-9ac-hj-np-z]{38}"
    r"|[13][1-9A-HJ-NP-Za-km-z]{25,34}|[48][1-9A-HJ-NP-Za-km-z]{94}|[1-9A-HJ-NP-Za-km-z]{43,44}|EQ[\w-]{46}|UQ[\w-]{46}"
)
_NOBODYS: Final = re.compile(r"0x(?:0{40}|0{36}dead|e{40})|1{32,44}|So1{39}2", re.IGNORECASE)
_TIPS: Final = WORDS["tips"]


SHORTEST: Final = 25  # characters of an address of Bitcoin
LONGEST: Final = 100  # of Monero, and a little


def is_address(text: str) -> bool:
    """Say whether a text is an address at which somebody can be paid."""
    if (
        not SHORTEST <= len(text) <= LONGEST
        or not _ADDRESS.fullmatch(text)
        or _NOBODYS.fullmatch(text)
        or text in _TIPS
    ):
        return False
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
