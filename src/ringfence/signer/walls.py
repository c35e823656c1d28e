"""What is proven of each bot's confinement, and for how long that is believed: never by configuration alone."""

from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskProven
from ringfence.model.entry import EntryKind, Value
from ringfence.signer.clock import boot_ms
from ringfence.signer.desk import Desk

_FORGOTTEN_MS = 2 * 3_600_000 + 300_000  # a canary runs each hour: two have been missed, and five minutes have passed
_MOST = 200
_LONGEST = 200


class Walls:
    """The last canary of each bot. A restart forgets them all; each runs again when the signer starts."""

    def __init__(self, desk: Desk, *, apart: bool) -> None:
        self._desk = desk
        self._apart = apart  # one user is no wall, whatever was tried
        self._last: dict[str, tuple[int, AskProven]] = {}

    async def take(self, proven: AskProven) -> object:
        """Write down what a canary came to, and believe it from then on; one that failed raises an alarm."""
        if proven.held and not self._apart:
            raise Misconfigured("processes share a user here, so nothing is proven", hint="run `ringfence deploy`")
        failed: list[Value] = [text[:_LONGEST] for text in proven.failed[:_MOST]]
        fields: dict[str, Value] = {"bot": proven.bot, "held": proven.held, "tried": proven.tried, "failed": failed}
        if not proven.held:
            self._last[proven.bot] = (boot_ms(), proven)  # what is bad is believed before it is written
        await self._desk.writer.write(lambda store: store.append(EntryKind.CANARY, "owner", fields))
        self._last[proven.bot] = (boot_ms(), proven)
        if not proven.held:
            self._desk.alarm(f"bot {proven.bot} is not confined: {', '.join(proven.failed[:3])}")
        return {"done": True}

    def told(self) -> list[dict[str, object]]:
        """Say of each bot whether its confinement is proven now, and how old that is (seconds)."""
        now = boot_ms()
        return [
            {
                "bot": bot,
                "held": proven.held and now - at <= _FORGOTTEN_MS,
                "age_s": (now - at) // 1000,
                "tried": proven.tried,
                "failed": proven.failed[:_MOST],
            }
            for bot, (at, proven) in self._last.items()
        ]
