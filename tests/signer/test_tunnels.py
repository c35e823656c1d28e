"""The courier is told where bots may be led: what is in force, at once when it narrows, and only once it has waited."""

import pytest

from ringfence.ipc.link import Link
from ringfence.ipc.messages import Follow, Message, Tunnels
from ringfence.signer.carrier import Carrier
from tests.signer.owner import HOUR, POLICY, House

CHAT, OTHER = "api.telegram.org", "ntfy.sh"


def tunnelled(*hosts: str) -> str:
    listed = ", ".join(f'"{host}"' for host in hosts)
    return POLICY.replace("[bot.grid]\n", f"[bot.grid]\ntunnels = [{listed}]\n")


def told(house: House) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return house.exchange.tunnels[-1].bots


def test_a_tunnel_more_waits_and_one_less_comes_at_once(house: House) -> None:
    house.apply(POLICY)
    assert told(house) == ()
    house.wide(tunnelled(CHAT, OTHER))
    assert told(house) == ()
    house.pass_(HOUR)
    assert house.in_force == tunnelled(CHAT, OTHER)
    assert told(house) == (("grid", (CHAT, OTHER)),)
    house.apply(tunnelled(OTHER), proven=False)
    assert told(house) == (("grid", (OTHER,)),)
    house.apply(POLICY, proven=False)
    assert told(house) == ()


class Courier(Link[object]):
    """The other end, as far as the carrier sees it."""

    def __init__(self) -> None:
        self.heard: list[Message] = []

    def send(self, message: Message) -> None:
        self.heard.append(message)


@pytest.mark.parametrize("bots", [(), (("grid", (CHAT,)),)])
def test_a_courier_that_comes_anew_is_told_before_anything_else(
    bots: tuple[tuple[str, tuple[str, ...]], ...],
) -> None:
    carrier, first, second = Carrier(), Courier(), Courier()
    carrier.changed(first, True)  # type: ignore[arg-type]
    carrier.lead(Tunnels(bots))
    carrier.changed(first, False)  # type: ignore[arg-type]
    carrier.changed(second, True)  # type: ignore[arg-type]
    assert first.heard == [Tunnels(()), Tunnels(bots)]
    assert second.heard == [Tunnels(bots)]
    assert not any(isinstance(message, Follow) for message in second.heard)
