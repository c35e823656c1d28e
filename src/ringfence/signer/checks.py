"""Whether an account's keys work and may do what they are for, and no more: asked of the exchange itself."""

from ringfence.dialects.registry import dialect_of
from ringfence.dialects.rights import accepted
from ringfence.errors import Misconfigured, Unreachable
from ringfence.model.action import Read
from ringfence.model.facts import Role
from ringfence.model.finding import Finding, Level
from ringfence.model.names import AccountName
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands

_READ = Read("account")


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
        outcome, reply = await self._errands.send(account, _READ, role)
        if outcome.status is None:
            raise Unreachable(f"{keyring.accounts[account].exchange} did not answer: {outcome.error}")
        works: tuple[Finding, ...] = (accepted(reply),)
        if role is Role.TRADE:
            rights = await self._errands.questions.rights(account)
        else:
            rights = await self._errands.questions.watching(account)
            works = (*works, await self._same_owner(account, outcome.body))
        fit = all(found.level is Level.OK for found in works) and rights.unfit == ""
        return {"account": account, "ok": fit, "findings": (*works, *rights.findings)}

    async def _same_owner(self, account: AccountName, body: bytes) -> Finding:
        """Compare whose account the two keys open: events of another would be taken for this one's."""
        dialect = dialect_of(self._desk.keyring.accounts[account].exchange)
        theirs = dialect.hear_owner(body)
        outcome, _ = await self._errands.send(account, _READ)
        ours = dialect.hear_owner(outcome.body)
        if theirs is None or ours is None:
            return Finding(Level.UNANSWERED, "whether it is a key of the same account was not told")
        if theirs != ours:
            fix = "make one on the account of the key that trades"
            return Finding(Level.CRITICAL, "it is a key of another account", fix)
        return Finding(Level.OK, "it is a key of the same account")
