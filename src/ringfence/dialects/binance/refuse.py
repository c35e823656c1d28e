"""Say no in Binance's own shape, so that every client raises an ordinary error and none believes its key is broken."""

import msgspec

from ringfence.dialects.answers import Said, said, shown
from ringfence.dialects.binance.catalogue import REFUSALS
from ringfence.dialects.dialect import Answer
from ringfence.errors import Misread
from ringfence.model.decision import Reason

_OK = 200
_UNKNOWN = 500  # from here on: it may or may not have been done


def refuse(reason: Reason) -> Answer:
    """Say no, with our reason's code in the text."""
    status, code, says = REFUSALS[reason.code]
    message = f"ringfence refused: {reason.code.value}: {shown(reason.text)}{says}"
    return Answer(status, msgspec.json.encode({"code": code, "msg": message}))


def replaced(cancelled: Answer, placed: Answer | None) -> Answer:
    """Tell what became of a cancelReplace as Binance does: 200 where both went well, 409 where one of them did.

    Where it is not known what became of either, that is the answer.
    """
    given = [answer for answer in (cancelled, placed) if answer is not None]
    for answer in given:
        if answer.status >= _UNKNOWN:
            return answer
    done, new = cancelled.status == _OK, placed is not None and placed.status == _OK
    told = {
        "cancelResult": "SUCCESS" if done else "FAILURE",
        "newOrderResult": "NOT_ATTEMPTED" if placed is None else "SUCCESS" if new else "FAILURE",
        "cancelResponse": _said(cancelled).values,
        "newOrderResponse": None if placed is None else _said(placed).values,
    }
    if done and new:
        return Answer(_OK, msgspec.json.encode(told))
    status, code, words = (409, -2021, "partially failed") if done or new else (400, -2022, "failed")
    why = [shown(_said(answer).text("msg")) for answer in given if answer.status != _OK]
    message = " ".join([f"Order cancel-replace {words}.", *why])
    return Answer(status, msgspec.json.encode({"code": code, "msg": message, "data": told}))


def _said(answer: Answer) -> Said:
    """Read one of the two answers; what is no answer of Binance's (a firewall's page) says so."""
    try:
        told = said(answer.body)
        return told if answer.status == _OK or told.has("msg") else _NOTHING
    except Misread:
        return _NOTHING


_NOTHING = Said({"code": -1000, "msg": "the exchange gave no reason"})
