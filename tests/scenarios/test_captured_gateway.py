"""G17: whoever has taken over the gateway can ask, and drop its own bot's replies, and nothing more."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from ringfence.errors import Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Answered, Ask, Carry, Fetch, Message, Outcome, Quotes
from tests.deployment import Deployment, sign
from tests.scenarios.test_attacks import limit, low, orders


class Captured:
    """A gateway in an attacker's hands: it speaks to the signer's socket itself."""

    def __init__(self, link: Link[Answered]) -> None:
        self.link = link
        self.heard: list[Answered] = []
        self.arrived = asyncio.Event()

    async def ask(self, number: int, method: str, target: str, key: str, listener: str = "paper") -> Answered:
        path, _, query = target.partition("?")
        headers = (("X-MBX-APIKEY", key),)
        self.link.send(Ask(number, listener, method, "127.0.0.1", path, query.encode(), headers, b""))
        async with asyncio.timeout(20):
            while True:
                for answer in self.heard:
                    if answer.id == number:
                        self.heard.remove(answer)
                        return answer
                self.arrived.clear()
                await self.arrived.wait()


def capture(deployment: Deployment, attack: Callable[[Captured], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        captured: list[Captured] = []

        def received(_: Link[Answered], answer: Answered) -> None:
            captured[0].heard.append(answer)
            captured[0].arrived.set()

        link = await connect(deployment.settings.socket("asks"), Answered, deployment.settings.uids("signer"), received)
        captured.append(Captured(link))
        await attack(captured[0])
        link.close()
        await link.gone.wait()

    asyncio.run(go())


def test_it_cannot_send_an_order_that_the_bot_did_not_sign(shared: Deployment) -> None:
    key, _ = shared.bots["grid"]
    before = len(orders(shared))

    async def attack(gateway: Captured) -> None:
        target = sign("/api/v3/order", "A" * 64, limit("0.001", low(shared)))
        answer = await gateway.ask(1, "POST", target, key)
        assert b"-1022" in answer.body

    capture(shared, attack)
    assert len(orders(shared)) == before


def test_it_cannot_repeat_an_order(shared: Deployment) -> None:
    key, secret = shared.bots["grid"]
    before = len(orders(shared))

    async def attack(gateway: Captured) -> None:
        target = sign("/api/v3/order", secret, limit("0.001", low(shared)))
        answers = await asyncio.gather(*(gateway.ask(n, "POST", target, key) for n in range(20)))
        assert len({answer.body for answer in answers}) == 1

    capture(shared, attack)
    assert len(orders(shared)) == before + 1


def test_it_cannot_alter_an_order(shared: Deployment) -> None:
    key, secret = shared.bots["grid"]
    before = len(orders(shared))

    async def attack(gateway: Captured) -> None:
        target = sign("/api/v3/order", secret, limit("0.001", low(shared)))
        for altered in (
            target.replace("quantity=0.001", "quantity=0.002"),
            target.replace("side=BUY", "side=SELL"),
            target.replace("BTCUSDT", "ETHUSDT"),
            target + "&newClientOrderId=x",
            target.replace("&timestamp", "&recvWindow=60000&timestamp"),
        ):
            answer = await gateway.ask(1, "POST", altered, key)
            assert answer.status >= 400

    capture(shared, attack)
    assert len(orders(shared)) == before


def test_it_cannot_settle_an_order(shared: Deployment) -> None:
    """Outcomes come from the courier alone; on the gateway's socket they end the connection."""

    async def attack(gateway: Captured) -> None:
        messages: list[Message] = [
            Outcome(1, sent=False, status=None, body=b""),
            Carry(1, "paper-binance", "127.0.0.1", "GET", "/", (), b"", 1),
            Quotes(()),
            Fetch(1, "paper-binance", "time", ()),
        ]
        for message in messages:
            link = await connect(
                shared.settings.socket("asks"), Answered, shared.settings.uids("signer"), lambda _link, _answer: None
            )
            link.send(message)
            await asyncio.wait_for(link.gone.wait(), 5)

    capture(shared, attack)
    assert shared.status()["processes"]["courier"]


def test_a_peer_that_claims_a_huge_frame_is_dropped(shared: Deployment) -> None:
    async def go() -> None:
        reader, writer = await asyncio.open_unix_connection(str(shared.settings.socket("asks")))
        writer.write((2**31).to_bytes(4, "big") + b"x" * 100)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    asyncio.run(go())


def test_a_listener_it_invents_opens_nothing_s52(shared: Deployment) -> None:
    key, secret = shared.bots["grid"]

    async def attack(gateway: Captured) -> None:
        answer = await gateway.ask(1, "GET", sign("/api/v3/account", secret, {}), key, listener="binance")
        assert answer.status == 404

    capture(shared, attack)


def test_flooding_the_signer_does_not_keep_the_owner_out(shared: Deployment) -> None:
    key, secret = shared.bots["grid"]

    async def attack(gateway: Captured) -> None:
        for n in range(5_000):
            query = b"symbol=BTCUSDT&signature=00"
            gateway.link.send(
                Ask(n, "paper", "POST", "127.0.0.1", "/api/v3/order", query, (("X-MBX-APIKEY", key),), b"")
            )
        target = sign("/api/v3/openOrders", secret, {"symbol": "BTCUSDT"})
        gateway.link.send(Ask(9_999, "paper", "DELETE", "127.0.0.1", *_split(target), (("X-MBX-APIKEY", key),), b""))

    shared.buy("0.001", low(shared))
    capture(shared, attack)
    started = time.monotonic()
    assert shared.status()["switch"] == "trading"
    assert time.monotonic() - started < 10


def _split(target: str) -> tuple[str, bytes]:
    path, _, query = target.partition("?")
    return path, query.encode()


def test_another_user_is_not_let_in(shared: Deployment) -> None:
    """Peers are checked by uid before a byte of theirs is read: here the rule is asked with a uid that is not ours."""

    async def go() -> None:
        gone: list[bool] = []
        try:
            link = await connect(
                shared.settings.socket("asks"),
                Answered,
                frozenset({12_345}),
                lambda _link, _answer: None,
                lambda _link, up: gone.append(up),
            )
        except Unreachable:
            return
        await asyncio.wait_for(link.gone.wait(), 5)
        assert gone == []

    asyncio.run(go())
