"""Say no in Binance's own shape, so that every client raises an ordinary error and none believes its key is broken."""

import msgspec

from ringfence.dialects.answers import shown
from ringfence.dialects.binance.catalogue import REFUSALS
from ringfence.dialects.dialect import Answer
from ringfence.model.decision import Reason


def refuse(reason: Reason) -> Answer:
    """Say no, with our reason's code in the text."""
    status, code, says = REFUSALS[reason.code]
    message = f"ringfence refused: {reason.code.value}: {shown(reason.text)}{says}"
    return Answer(status, msgspec.json.encode({"code": code, "msg": message}))
