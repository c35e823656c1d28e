"""Who used a decoy, told to the owner: at most once an hour for each, so that no thief drowns another alarm (S57).

It refuses nobody: a decoy's key is nobody's, and is refused as such. What it knows must never reach who asks.
"""

from collections import Counter

from ringfence.model.names import KeyId
from ringfence.vault.record import Record

QUIET_MS = 3_600_000  # as long as a doubt of prices is not told again (doubts.py)


class Decoys:
    """Counts the uses of each decoy since the signer began. Times are timeline ms."""

    def __init__(self) -> None:
        self.uses: Counter[KeyId] = Counter()
        self._told: dict[KeyId, tuple[int, str]] = {}

    def used(self, decoy: Record, way: str, now: int) -> tuple[str, str]:
        """Count a use; say what was told of it before and what is to be told now, which may be nothing."""
        key = KeyId(decoy.key)
        self.uses[key] += 1
        at, before = self._told.get(key, (now - QUIET_MS, ""))
        if now - at < QUIET_MS:
            return before, ""
        which, place = f"{decoy.exchange} key {key[:4]}...", decoy.account or "the place where you put it"
        text = f"decoy {decoy.bot} ({which}) was used by way of {way}, use {self.uses[key]}: somebody has read {place}"
        self._told[key] = (now, text)
        return before, text
