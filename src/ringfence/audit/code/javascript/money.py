"""Money on its way out: withdrawals from an exchange, transfers on a chain, and whom they pay.

A bot that signs its own trades moves money too; what is bad is an address that stands in the code.
"""

import re
from typing import Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.javascript.addresses import is_address, may_be_address, shortened
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.names import of_an_exchange
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import End
from ringfence.audit.code.javascript.scopes import CLASSES
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, Kind, Value

_WITHDRAW: Final = re.compile(r"(?i)withdraw")
_ASKING: Final = re.compile(
    r"(?i)^(?:fetch|get|list|load|is|has|can|on|parse|handle|calc|check|show|format|valid|log|watch|cancel|estimate|update"
    r"|set|render|use|describe|sapiGet|privateGet|v\d+PrivateGet|assert|test)|histor|status|margin|earn|stak|liquidity|getEth|records?$|address|fees?$|quota|"
    r"limits?$|info|list$|parse"
)
_ENDPOINT: Final = re.compile(
    r"(?i)(?:post|put|capital|request|submit|apply|create|private).*withdraw|withdraw.*(?:apply|crypto)"
)
_CHAIN: Final = TABLES["chain"]
_PAID: Final = {
    "createTransferInstruction": 1,
    "createTransferCheckedInstruction": 2,
    "transferFrom": 1,
    "safeTransferFrom": 1,
}
_TIPS: Final = re.compile(r"(?i)tip|jito|bloxroute|nozomi|0slot|bundle")
_HOPS: Final = 60  # how far a call stands inside its method, at most
_COIN: Final = re.compile(r"^[A-Z][A-Z0-9]{1,9}$")
_CONSTANT: Final = 3  # arguments of a withdrawal, as every library of an exchange takes at least


def look(finds: Finds, called: Called) -> None:
    """Look at one call."""
    last = called.last or (called.names[0].rpartition(".")[2] if called.names else "")
    if _WITHDRAW.search(last) and not _ASKING.search(last):
        _withdrawal(finds, called, last)
    elif last == "transfer":
        _transfer(finds, called)
    elif last in _PAID:
        _paid(finds, called, _argument(finds, called, _PAID[last]))
    elif last in _CHAIN:
        _on_chain(finds, called, last)


def _argument(finds: Finds, called: Called, at: int) -> Value | None:
    return finds.reader.value(called.arguments[at]) if at < len(called.arguments) else None


def _withdrawal(finds: Finds, called: Called, last: str) -> None:
    given = [finds.reader.value(one) for one in called.arguments]
    inner = [
        member(finds.reader, value, key, None) for value in given for key in ("address", "to", "addr") if value.nodes
    ]
    paid = next((text for value in (*given, *inner) for text in value.texts if is_address(text)), "")
    finds.can(Power.MONEY, last[:60], called.node)
    if not paid:
        finds.end(End.PAID, called.node, {taint for value in (*given[1:], *inner) for taint in value.taints})
    if called.hidden:
        finds.say("hidden-withdrawal", called.node, subject=last[:60])
    if paid:
        finds.say(
            "fixed-address",
            called.node,
            f"withdraws to {shortened(paid)}, which is written in the code",
            shortened(paid),
        )
    elif not called.hidden and _asks_exchange(finds, called, last) and not _of_a_library(finds, called.node):
        finds.say("withdraw-call", called.node, subject=last[:60])


def _to_fixed(finds: Finds, called: Called, does: str, address: str, rule: str = "fixed-address") -> None:
    ends = shortened(address)
    finds.say(rule, called.node, f"{does} {ends}, which is written in the code", ends)


def _asks_exchange(finds: Finds, called: Called, last: str) -> bool:
    callee = called.node.child("function")
    owner = finds.reader.head(callee.child("object"), 80) if callee is not None else ""
    if _ENDPOINT.search(last) or of_an_exchange(owner):
        return True
    if any(of_an_exchange(name) for name in called.value.names):
        return True
    first = _argument(finds, called, 0)
    coin = first is not None and any(_COIN.match(text) for text in first.texts)
    return bool(called.method) and coin and len(called.arguments) >= _CONSTANT


def _of_a_library(finds: Finds, node: Node) -> bool:
    """Say whether it stands in a method that is itself a client's withdrawal: a library offers it."""
    at: Node | None = node
    for _ in range(_HOPS):
        at = at.parent if at is not None and at.type != "method_definition" else at
    home = at.parent.parent if at is not None and at.parent is not None else None
    if at is None or at.type != "method_definition" or home is None or home.type not in CLASSES:
        return False
    return bool(_WITHDRAW.search(finds.reader.text(at.child("name"))))


def _transfer(finds: Finds, called: Called) -> None:
    names = " ".join(called.names)
    first = _argument(finds, called, 0)
    if "SystemProgram" in names or "SystemProgram" in finds.reader.head(called.node.child("function"), 60):
        to = member(finds.reader, first, "toPubkey", None) if first is not None else None
        amount = member(finds.reader, first, "lamports", None) if first is not None else UNKNOWN
        whole = bool(amount.has(Kind.BALANCE)) or "alance" in member_node(finds, called, "lamports")
        _paid(finds, called, to, tip=not whole, whole=whole)
    elif of_an_exchange(names):
        finds.say("transfer-call", called.node)
        finds.can(Power.MONEY, "transfer", called.node)
    elif called.method and first is not None:
        _paid(finds, called, first)


def member_node(finds: Finds, called: Called, key: str) -> str:
    """Return the text of one field of the first argument, where that is written out."""
    first = called.arguments[0] if called.arguments else None
    for kid in first.kids if first is not None else ():
        if finds.reader.text(kid.child("key")) == key or finds.reader.text(kid) == key:
            return finds.reader.head(kid, 200)
    return ""


def _paid(finds: Finds, called: Called, to: Value | None, *, tip: bool = False, whole: bool = False) -> None:
    finds.can(Power.MONEY, called.last[:60] or "transfer", called.node)
    if to is None:
        return
    paid = next((text for text in to.texts if is_address(text) or (whole and may_be_address(text))), "")
    if not paid:
        finds.end(End.PAID, called.node, to.taints)
        return
    if tip and _TIPS.search(finds.reader.head(called.node, 2000)):
        finds.say(
            "chain-transfer",
            called.node,
            f"pays a tip to {shortened(paid)}, which is written in the code",
            shortened(paid),
        )
    else:
        _to_fixed(finds, called, "pays", paid)


def _on_chain(finds: Finds, called: Called, last: str) -> None:
    finds.can(Power.MONEY, last, called.node)
    first = _argument(finds, called, 0)
    if first is not None and any(".prototype." in name for name in called.names):
        fixed = next((text for text in member(finds.reader, first, "to", None).texts if is_address(text)), "")
        if fixed:  # in a method that stands in for a wallet's own
            _to_fixed(finds, called, "replaces whom a payment goes to by", fixed, "address-swap")
            return
    if first is not None and any(node.type == "object" for node in first.nodes):
        data, value = member_node(finds, called, "data"), member_node(finds, called, "value")
        if value and not data:
            to = member(finds.reader, first, "to", None)
            _paid(finds, called, to)
        _paid(finds, called, member(finds.reader, first, "Destination", None))
    finds.say("chain-transfer", called.node, subject=last)
