"""What an exchange tells when it is asked without a signature: an answer, or the reason why there is none."""

from ringfence.dialects.dialect import Wire
from ringfence.errors import Unreachable
from ringfence.model.action import Read
from ringfence.model.reply import Told
from ringfence.signer.desk import Desk
from ringfence.signer.keyring import AccountKey


async def told(desk: Desk, key: AccountKey, wire: Wire, what: str) -> bytes:
    """Ask once, unless we are to be quiet; raises `Unreachable` where `what` was not told."""
    away = desk.waiting_out(key.account)
    if away:
        raise Unreachable(f"{key.exchange} did not say {what}: it asks us to stay away for {away} s")
    outcome = await desk.carrier.carry(key, wire)
    if not isinstance(desk.hear(key.exchange, key.account, Read(what), outcome), Told):
        said = outcome.error or outcome.body[:200].decode("ascii", "replace")
        raise Unreachable(f"{key.exchange} did not say {what}: {said}")
    return outcome.body
