"""Intents as the signer had made them, from their entries, and as a candidate would have them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.action import ListForm
from ringfence.model.decision import Charge, Lane
from ringfence.model.names import Asset, BotName
from ringfence.policy.policy import BotPolicy
from ringfence.replay.asked import sent
from ringfence.replay.entries import IntentLine
from ringfence.signer.intent import Intent

SIZES: Mapping[ListForm, int] = {ListForm.OCO: 2, ListForm.OTO: 2, ListForm.OTOCO: 3}
"""How many orders a list has."""


def granted(lines: Sequence[IntentLine], policy: BotPolicy | None) -> bool:
    """Say whether a person must have allowed this request: it is larger than what passes without one."""
    most = None if policy is None or policy.limits is None else policy.limits.hold_above
    return most is not None and any(line.lane is Lane.ORDINARY and line.notional > most for line in lines)


def made(lines: Sequence[IntentLine], policy: BotPolicy | None) -> list[Intent]:
    """Make the intents of one request again; `policy` is its bot's at that time."""
    intents = [_made(line, policy) for line in lines]
    pair = None if lines[0].form is None else lines[0].form.pair
    if pair is not None:
        intents[pair + 1] = replace(intents[pair + 1], shares=intents[pair].seq)
    return intents


def charged(intents: Sequence[Intent], charges: Sequence[Charge], policy: BotPolicy | None) -> list[Intent]:
    """Count intents by what a candidate would have reserved for them; as they are, where it did not say."""
    if not charges or policy is None:
        return list(intents)
    return [_charged(intent, charge, policy) for intent, charge in zip(intents, charges, strict=True)]


def _charged(intent: Intent, charge: Charge, policy: BotPolicy) -> Intent:
    quantity, price = charge.order.quantity or intent.quantity, charge.order.price or intent.price
    return replace(intent, charge=charge, quantity=quantity, price=price, fee=policy.fee)


def _made(line: IntentLine, policy: BotPolicy | None) -> Intent:
    bot, limits = BotName(line.actor), None if policy is None else policy.limits
    collar = Decimal(0) if limits is None else limits.exit_collar if line.lane is Lane.EXIT else limits.collar
    return Intent(
        seq=line.seq,
        bot=bot if policy is None else policy.books,
        account=line.account,
        exchange=line.exchange,
        base=Asset(line.symbol.partition("/")[0]),
        charge=Charge(sent(line), line.lane, line.reference, line.notional, line.loss, collar),
        quantity=line.quantity,
        price=line.price,
        client_id=line.client_id,
        fee=Decimal(0) if policy is None else policy.fee,
        at=line.t_wall,
        content="",
        digest="",
        list_name=line.list,
        by=None if policy is None or policy.guards is None else bot,
    )
