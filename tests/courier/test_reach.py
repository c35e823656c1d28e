"""Out in the wide internet and nowhere else: no name leads to this machine, its network or its cloud."""

import asyncio

import pytest

from ringfence.courier.reach import is_public, reach
from ringfence.errors import Unreachable

PUBLIC = [
    "149.154.167.220",
    "1.1.1.1",
    "2001:67c:4e8:f004::9",
    "8.8.8.8",
    "::ffff:1.1.1.1",
    "172.32.0.1",
    "172.15.255.255",
]
NOT = [
    "127.0.0.1", "127.255.255.255", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fe80::1%lo", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1", "100::1",
    "", "localhost", "1", "0x7f000001", "127.1", "1.1.1.1:443",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT)
def test_an_address_of_ours_of_our_network_or_of_a_cloud_is_not(address: str) -> None:
    assert not is_public(address)


def looking_up(*addresses: str) -> "object":
    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return look_up


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("1.1.1.1", "127.0.0.1"), ("127.0.0.1", "1.1.1.1"), ("169.254.169.254",), ()]
)
async def test_a_name_that_leads_home_is_not_followed_at_all(addresses: tuple[str, ...]) -> None:
    """One address of several is enough: whoever answers so for a name means to mislead (DNS rebinding)."""
    came = asyncio.Event()
    server = await asyncio.start_server(lambda *_: came.set(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unreachable, match="not public"):
        await reach("ntfy.sh", port, looking_up(*addresses))  # type: ignore[arg-type]
    await asyncio.sleep(0.02)
    assert not came.is_set()
    server.close()


async def test_the_name_is_looked_up_once_and_what_was_looked_at_is_where_it_connects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    tried: list[str] = []

    async def look_up(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("1.1.1.1",) if len(asked) == 1 else ("127.0.0.1",)

    async def at(address: str, port: int) -> object:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("ringfence.courier.reach._at", at)
    with pytest.raises(Unreachable, match="could not be connected to"):
        await reach("ntfy.sh", 443, look_up)
    assert (asked, tried) == (["ntfy.sh"], ["1.1.1.1"])


async def test_a_name_that_does_not_exist_says_so() -> None:
    with pytest.raises(Unreachable, match="could not be looked up"):
        await reach("does-not-exist.invalid", 443)


async def test_the_machines_own_name_leads_nowhere() -> None:
    with pytest.raises(Unreachable, match="not public"):
        await reach("localhost", 443)
