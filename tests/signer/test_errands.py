"""What the signer asks and does by itself: an incomplete poll is no look, and what nobody knows of is swept."""

import pytest

from ringfence.ipc.messages import Outcome
from ringfence.model.entry import EntryKind
from ringfence.signer.errands import Errands
from ringfence.signer.intent import State
from tests.replay.world import MAIN, Driven, desk, place, policy
from tests.signer.owner import HOUR, MINUTE

__all__ = ["desk"]


class Deaf:
    """An exchange that tells what rests, and does not answer a question about one order."""

    def __init__(self, venue: object) -> None:
        self.venue = venue

    async def carry(self, *sent: object) -> Outcome:
        """Answer, or not."""
        if "/api/v3/order?" in sent[1].target:  # type: ignore[attr-defined]
            return Outcome(1, sent=True, status=None, body=b"", error="silence")
        answer: Outcome = await self.venue.carry(*sent)  # type: ignore[attr-defined]
        return answer


@pytest.fixture
def two(desk: Driven) -> Driven:
    """A signer with two orders that rest."""
    desk.begin(policy())
    desk.place(("grid", place("buy", "0.5", "99")), ("grid", place("buy", "0.4", "98")))
    desk.machine.wait(MINUTE)
    desk.quote()
    return desk


def test_a_poll_that_was_told_everything_is_a_look(two: Driven) -> None:
    two.poll()
    assert two.desk.looked[MAIN] == two.now


def test_a_poll_that_was_not_told_of_one_order_is_no_look(two: Driven) -> None:
    """That order may have filled at a price of before, so its fills are held against all since the last look."""
    two.poll()
    before = two.desk.looked[MAIN]
    two.machine.wait(MINUTE)
    gone = next(iter(two.venue.rows))
    two.venue.rows.pop(gone)
    carrier = two.desk.carrier
    two.desk.carrier = Deaf(carrier)  # type: ignore[assignment]
    two.poll()
    assert two.desk.looked[MAIN] == before
    two.desk.carrier = carrier
    two.poll()
    assert two.desk.looked[MAIN] == two.now, "it is known to be nowhere"


def swept(desk: Driven) -> list[int]:
    return [entry["cancel"] for entry in desk.entries if entry["kind"] == str(EntryKind.ERRAND) and "cancel" in entry]


@pytest.mark.parametrize("fate", ["rest", "lost"])
def test_what_is_too_old_is_swept_whether_its_answer_came_or_not(desk: Driven, fate: str) -> None:
    desk.begin(policy('order_lifetime = "1h"'))
    desk.venue.next = fate
    desk.place(("grid", place("buy", "0.5", "99")))
    (intent,) = desk.desk.ledger.live()
    assert intent.state is (State.OPEN if fate == "rest" else State.RESERVED)
    for wait, expected in ((HOUR - 1, []), (1, [intent.seq])):
        desk.machine.wait(wait)
        desk.quote()
        desk.run(sweep(desk))
        desk.run(desk.desk.writer.flush())
        assert swept(desk) == expected


async def sweep(desk: Driven) -> None:
    errands: Errands = desk.errands
    errands._sweep(MAIN)
