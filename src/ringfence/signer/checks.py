"""Whether an account's keys work and may do what they are for, and no more: asked of the exchange itself."""

from ringfence.dialects.rights import accepted
from ringfence.errors import Misconfigured, Unreachable
from ringfence.model.action import Read
from ringfence.model.facts import Role
from ringfence.model.finding import Level
from ringfence.model.names import AccountName
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands


class Checks:
    """Looks at one key at a time."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands

    async def check(self, account: AccountName, role: Role) -> object:
        """Say what the exchange shows of a key; raises `Misconfigured` where there is none, and `Unreachable`."""
        keyring = self._desk.keyring
        if account not in keyring.accounts:
            raise Misconfigured(f"account {account} has no key", hint=f"ringfence key add {account}")
        if role is Role.WATCH and account not in keyring.watching:
            hint = f"ringfence key add {account} --read-only"
            raise Misconfigured(f"account {account} has no read-only key", hint=hint)
        outcome, reply = await self._errands.send(account, Read("account"), role)
        if outcome.status is None:
            raise Unreachable(f"{keyring.accounts[account].exchange} did not answer: {outcome.error}")
        works = accepted(reply)
        rights = await self._errands.questions.rights(account, role)
        fit = works.level is Level.OK and rights.unfit == ""
        return {"account": account, "ok": fit, "findings": (works, *rights.findings)}
