"""What was refused, and why: kept for `ringfence why`, and journalled without letting a flood fill the disk."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.journal.store import Store
from ringfence.model.decision import Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.signer.writer import Writer

# The first twenty in a second are written out, the rest are counted (docs/explanation/attacks.md, S30 and S57).
VERBATIM_PER_SECOND = 20
_KEPT = 500
_MAX_TEXT = 500  # a bot chooses some of these words; no entry may grow with them
_SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal, as `why` shows it; `at` in timeline ms, `order` what its entry says of an order.

    `shadow`: it was none, and would have been but for the limit being in shadow.
    """

    at: int
    bot: str
    action: str
    request: str
    reasons: tuple[Reason, ...]
    order: Mapping[str, Value] = field(default_factory=dict)
    shadow: bool = False

    def told(self) -> list[Value]:
        """Return the reasons as JSON has them, cut where a bot made them long."""
        return [{"code": str(reason.code), "text": reason.text[:_MAX_TEXT]} for reason in self.reasons]


class Refusals:
    """The last refusals of all bots."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._last: deque[Refusal] = deque(maxlen=_KEPT)
        self._second = 0
        self._written = 0
        self._unwritten: dict[str, int] = {}
        self.total: dict[str, int] = {}

    def add(self, refusal: Refusal, store: Store | None = None) -> None:
        """Keep a refusal, and write it down or count it; in the transaction that decided it, where there is one."""
        self._last.append(refusal)
        self.total[refusal.bot] = self.total.get(refusal.bot, 0) + 1
        second = refusal.at // _SECOND_MS
        if second != self._second:
            self._second, self._written = second, 0
            self.flush()
        if self._written < VERBATIM_PER_SECOND:
            self._written += 1
            said: dict[str, Value] = {"action": refusal.action, "request": refusal.request, "reasons": refusal.told()}
            note = self._writer.note if store is None else store.append
            note(EntryKind.REFUSAL, refusal.bot, said | dict(refusal.order))
        else:
            self._unwritten[refusal.bot] = self._unwritten.get(refusal.bot, 0) + 1

    def note(self, refusal: Refusal) -> None:
        """Keep what a limit in shadow had against an order that passes; the entry of the order says so itself."""
        self._last.append(refusal)

    def flush(self) -> None:
        """Write down how many were only counted."""
        counts, self._unwritten = self._unwritten, {}
        for bot, count in counts.items():
            self._writer.note(EntryKind.REFUSALS, bot, {"count": count})

    def last(self, bot: str | None, limit: int) -> list[dict[str, object]]:
        """Return the newest refusals first, in the shape that `ringfence why --json` prints."""
        chosen = [refusal for refusal in reversed(self._last) if bot in (None, refusal.bot)]
        return [
            {"at": r.at, "bot": r.bot, "action": r.action, "reasons": r.told(), "shadow": r.shadow}
            for r in chosen[:limit]
        ]
