"""What prices doubts reaches the owner, once, and drowns nothing else (S56, S57)."""

import asyncio
from pathlib import Path

import pytest

from ringfence.ipc.client import connect
from ringfence.ipc.messages import Quotes, Watch
from ringfence.signer.doubts import FORGET_SECONDS, MOST, Doubts
from tests.deployment import Deployment

NOW = 10_000.0


def test_a_doubt_is_told_once_and_again_only_after_it_was_gone_for_an_hour() -> None:
    doubts = Doubts()
    assert doubts.fresh(("a",), NOW) == ("a",)
    for second in range(1, 3 * int(FORGET_SECONDS), 60):
        assert doubts.fresh(("a",), NOW + second) == ()
    last = NOW + second
    assert doubts.fresh(("b",), last + FORGET_SECONDS - 1) == ("b",)
    assert doubts.fresh(("a", "b"), last + FORGET_SECONDS) == ("a",)


@pytest.mark.parametrize(("gap", "told"), [(0.0, 1), (FORGET_SECONDS - 0.001, 1), (FORGET_SECONDS, 2)])
def test_a_doubt_that_comes_and_goes_is_told_once_an_hour(gap: float, told: int) -> None:
    doubts = Doubts()
    found = doubts.fresh(("a", "a"), NOW) + doubts.fresh((), NOW) + doubts.fresh(("a",), NOW + gap)
    assert found == ("a",) * told


def test_ever_new_doubts_are_told_no_more_than_a_few_times_an_hour() -> None:
    doubts = Doubts()
    told = [text for n in range(1_000) for text in doubts.fresh((f"doubt {n}", "also this"), NOW + n)]
    assert len(told) == MOST
    assert "also this" in told
    later = NOW + 999 + FORGET_SECONDS
    assert doubts.fresh(("another",), later) == ("another",)


def test_the_owner_hears_of_a_broken_peg_in_status_once(tmp_path: Path) -> None:
    text = "USDT is more than 2% away from 1 USD: nothing that is quoted in it has a reference price"

    async def tell(deployment: Deployment) -> None:
        settings = deployment.settings
        link = await connect(settings.socket("quotes"), Watch, settings.uids("signer"), lambda _link, _watch: None)
        for _ in range(3):
            link.send(Quotes((), (text, f"{text} \u2026 {'x' * 2_000}")))
        await asyncio.sleep(0.2)
        link.close()

    def alarms(deployment: Deployment) -> list[str]:
        return [alarm["text"] for alarm in deployment.status()["alarms"] if alarm["text"].startswith("prices: ")]

    with Deployment.make(tmp_path / "home") as deployment:
        assert alarms(deployment) == []  # a rehearsal has no dollars, and doubts nothing
        deployment.kill("prices")
        asyncio.run(tell(deployment))
        deployment.wait(lambda: len(alarms(deployment)) == 2)
        first, second = alarms(deployment)
        assert first == f"prices: {text}"
        assert len(second) <= 500
        assert second.isascii()
