"""The second factor: whether a code is right, that none is used twice, and that nobody tries them all.

What was used and what was wrong are journal entries, so a restart forgets neither. Must never tell a wrong code from
one that was used, and never write one down.
"""

import hmac
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ringfence.errors import Misconfigured
from ringfence.model.entry import Value
from ringfence.vault.opened import Opened
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.totp import Code, matching_step, read

TRIES = 5  # ours: three codes in a million are right at any time, so who guesses is heard of long before he is right
TRIES_MS = 600_000


class Given(msgspec.Struct, frozen=True):
    """A code that was given, as its journal entry has it: right or wrong, of which record, and of an app which step."""

    right: bool
    factor: str = ""
    step: int = 0
    t_wall: int = 0


@dataclass(frozen=True, slots=True)
class Right:
    """A code that is right and is now used up; `fields` are for its journal entry."""

    fields: dict[str, Value]


class SecondFactor:
    """Judges codes by the vault's seed and recovery code; `wrong` is how many were wrong, ever."""

    def __init__(self, vault: Opened, past: Iterable[Given]) -> None:
        self._vault = vault
        self._steps: dict[str, int] = {}
        self._wrong: deque[int] = deque(maxlen=TRIES)
        self.wrong = 0
        for given in past:
            if given.right:
                self._use(given.factor, given.step)
            else:
                self._wrong.append(given.t_wall)
                self.wrong += 1

    def name(self) -> str | None:
        """Say which second factor the vault has now."""
        record = self._record(RecordKind.TOTP)
        return None if record is None else record.key

    def check(self, text: str, now: int, seconds: int) -> Right | None:
        """Use a code up and return what to write down; None where it is wrong, which counts (`now`: timeline ms).

        `seconds` since 1970 is what an app goes by. Raises `Misconfigured` where there is no second factor, no code, or
        there were too many wrong ones.
        """
        if self._record(RecordKind.TOTP) is None:
            raise Misconfigured("the vault has no second factor", hint="`ringfence second-factor new` makes one")
        if not text:
            raise Misconfigured("this needs a code of the second factor", hint="an authenticator app shows it")
        if self.locked(now):
            minutes = -(-(self._wrong[-1] + TRIES_MS - now) // 60_000)
            raise Misconfigured(f"there were {TRIES} wrong codes", hint=f"no code is looked at for {minutes} minutes")
        code = read(text)
        right = None if code is None else self._by_app(code, seconds) or self._by_recovery(code)
        if right is None:
            self._wrong.append(now)
            self.wrong += 1
        return right

    def locked(self, now: int) -> bool:
        """Say whether so many codes were wrong within ten minutes that none is looked at for ten more."""
        wrong = self._wrong
        return len(wrong) == TRIES and wrong[-1] - wrong[0] <= TRIES_MS and now - wrong[-1] < TRIES_MS

    def _by_app(self, code: Code, seconds: int) -> Right | None:
        record = self._record(RecordKind.TOTP)
        if record is None or not code.digits:
            return None
        with self._vault.reveal(record.id) as seed:
            step = matching_step(seed.view(), code.digits, seconds)
        return None if step is None else self._use(record.key, step)

    def _by_recovery(self, code: Code) -> Right | None:
        record = self._record(RecordKind.RECOVERY)
        if record is None or not code.recovery:
            return None
        with self._vault.reveal(record.id) as kept:
            same = hmac.compare_digest(kept.view(), code.recovery)
        return self._use(record.key, 1) if same else None

    def _use(self, factor: str, step: int) -> Right | None:
        """Use up a step and all before it; a recovery code has just one."""
        if step <= self._steps.get(factor, 0):
            return None
        self._steps[factor] = step
        return Right({"right": True, "factor": factor, "step": step})

    def _record(self, kind: RecordKind) -> Record | None:
        return next((record for record in self._vault.records if record.kind is kind), None)
