"""What a key may do, from the exchange's own answer and a dialect's table of it. Pure; times in ms since 1970."""

from typing import Literal, Self

import msgspec

from ringfence.dialects.answers import Said, said, shown
from ringfence.errors import Misread
from ringfence.model.facts import Role
from ringfence.model.finding import Finding, KeyRights, Level
from ringfence.model.reply import Limited, Rejected, Reply, Told, Unclear

_DAY_MS = 24 * 3600 * 1000
OLD_DAYS = 90  # the usual advice is to change keys every three to six months
_SOON_DAYS = 14
_OK = 200
_MOST = 9_999_999_999_999  # ms since 1970: the year 2286


class Right(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member of the answer, whether it should be true, and what to click where it is not as it should be.

    `level` critical: no order that adds risk is placed with a key that has it, or of which nobody told. `untick` is
    what to click where a key that should only read has a right that a trading key wants.
    """

    name: str
    says: str
    level: Literal["critical", "warning"]
    click: str
    wanted: bool = False
    untick: str = ""

    def of(self, role: Role) -> Self:
        """Say the same of a key in a role: one that only watches must not have what else could be done with it."""
        if role is Role.TRADE or (self.wanted and not self.untick):
            return self
        return msgspec.structs.replace(self, wanted=False, level="critical", click=self.untick or self.click)


class Rights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dialect's table; `page` is where a person changes a key."""

    page: str
    created: str
    expires: str
    owner: str
    right: tuple[Right, ...]

    def hear(self, status: int, body: bytes, now: int, role: Role = Role.TRADE) -> KeyRights:
        """Say what an answer shows, and which of its members are not there; what was not told is never a pass."""
        try:
            answer = said(body)
        except Misread:
            answer = Said({})
        if status != _OK:
            why = shown(str(answer.values.get("msg", f"HTTP {status}" if status else "no answer")))
            return KeyRights((Finding(Level.UNANSWERED, f"what the key may do was not told: {why}"),), None)
        found = [(right.level, self._right(right, answer)) for right in (each.of(role) for each in self.right)]
        findings = (*(finding for _, finding in found), *self._times(answer, now))
        return KeyRights(findings, _unfit([finding for level, finding in found if level == "critical"]))

    def owner_of(self, body: bytes) -> str | None:
        """Say whose account an answer about an account tells of; None where it does not say."""
        try:
            return str(said(body).whole(self.owner, _MOST))
        except Misread:
            return None

    def _right(self, right: Right, answer: Said) -> Finding:
        value = answer.values.get(right.name)
        if not isinstance(value, bool):
            return Finding(Level.UNANSWERED, f"whether it can {right.says} was not told ({right.name})")
        text = f"it can {right.says}" if value else f"it cannot {right.says}"
        if value is right.wanted:
            return Finding(Level.OK, text)
        return Finding(Level(right.level), text, f"{self.page}: {right.click}")

    def _times(self, answer: Said, now: int) -> tuple[Finding, ...]:
        fix = f"{self.page}: make a new key, then `ringfence key remove` and `key add`"
        created = _moment(answer, self.created)
        if created is None:
            return (Finding(Level.UNANSWERED, f"how old it is was not told ({self.created})"),)
        days = (now - created) // _DAY_MS
        age = _finding(f"it is {days} days old", fix, warn=days > OLD_DAYS)
        expires = _moment(answer, self.expires)
        if expires is None:
            return (age,)  # told only of keys that are bound to no address
        left = (expires - now) // _DAY_MS
        return age, _finding(f"its right to trade ends in {left} days", fix, warn=left < _SOON_DAYS)


def accepted(reply: Reply) -> Finding:
    """Say whether an exchange accepts a key, from its answer to a read: only a refusal speaks against the key."""
    match reply:
        case Told():
            return Finding(Level.OK, "the exchange accepts the key")
        case Rejected(_, text):
            return Finding(Level.CRITICAL, f"the exchange refuses the key: {text}")
        case Limited(_, text) | Unclear(text):
            return Finding(Level.UNANSWERED, f"whether the exchange accepts the key was not told: {text}")
        case _:
            return Finding(Level.UNANSWERED, "whether the exchange accepts the key was not told")


def _unfit(grave: list[Finding]) -> str | None:
    """Say what speaks against a key; what speaks is enough, what is silent speaks neither for it nor against."""
    against = ", ".join(finding.text for finding in grave if finding.level is Level.CRITICAL)
    return against or (None if any(finding.level is Level.UNANSWERED for finding in grave) else "")


def _moment(answer: Said, name: str) -> int | None:
    try:
        return answer.whole(name, _MOST) or None
    except Misread:
        return None


def _finding(text: str, fix: str, *, warn: bool) -> Finding:
    return Finding(Level.WARNING, text, fix) if warn else Finding(Level.OK, text)
