"""GET /sapi/v1/account/apiRestrictions: what a key may do, as its owner sees it on the exchange's site.

The members are those of the wallet documents, "Get API Key Permission"; the address list itself is not told.
"""

from ringfence.paper.call import Call, Json
from ringfence.paper.keys import Right
from ringfence.paper.refused import Refused


def restrictions(call: Call) -> Json:
    """GET /sapi/v1/account/apiRestrictions."""
    key = call.caller
    if key.silent:
        raise Refused(-1000, "An unknown error occurred while processing the request.", status=500)
    allowed = key.rights_at(call.now)
    told: dict[str, Json] = {
        "ipRestrict": bool(key.addresses),
        "createTime": key.created,
        **{right.value: right in allowed for right in Right},
        **({"tradingAuthorityExpirationTime": key.expires} if key.expires else {}),
    }
    return {name: value for name, value in told.items() if name not in key.unsaid}
