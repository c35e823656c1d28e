"""Tunnels in the policy: exact names and no exchange's, and each one more is a change that lets more happen."""

import pytest

from ringfence.cli.radius import of_policy
from ringfence.errors import Misconfigured
from ringfence.policy.diff import Effect, diff
from ringfence.policy.load import load
from ringfence.policy.policy import Policy
from ringfence.policy.tunnels import MOST, against
from tests.policy.world import TEXT

TELEGRAM, NTFY = "api.telegram.org", "ntfy.sh"


def policy(*hosts: str, bot: str = "grid") -> Policy:
    listed = ", ".join(f'"{host}"' for host in hosts)
    return load(TEXT.replace(f"[bot.{bot}]\n", f"[bot.{bot}]\ntunnels = [{listed}]\n"))


TAKEN = [TELEGRAM, NTFY, "a.b", "xn--bcher-kva.example", "hooks.slack.com", "a" * 63 + ".example", "notbinance.com"]


@pytest.mark.parametrize("host", TAKEN)
def test_a_hosts_full_name_is_taken(host: str) -> None:
    assert against(host) is None
    assert policy(host).bots["grid"].tunnels == (host,)  # type: ignore[index]


REFUSED = [
    ("*.telegram.org", "is not a host's full name"),
    (".telegram.org", "is not a host's full name"),
    ("api.telegram.org.", "is not a host's full name"),
    ("API.telegram.org", "is not a host's full name"),
    ("api.telegram.org:443", "is not a host's full name"),
    ("https://api.telegram.org", "is not a host's full name"),
    ("api.telegram.org/bot", "is not a host's full name"),
    ("user@api.telegram.org", "is not a host's full name"),
    ("telegram", "is not a host's full name"),
    ("localhost", "is not a host's full name"),
    ("127.0.0.1", "is not a host's full name"),
    ("0x7f.1", "is not a host's full name"),
    ("1.1", "is not a host's full name"),
    ("::1", "is not a host's full name"),
    ("", "is not a host's full name"),
    ("a_b.example", "is not a host's full name"),
    ("-a.example", "is not a host's full name"),
    ("a-.example", "is not a host's full name"),
    ("a" * 64 + ".example", "is not a host's full name"),
    ("a." * 126 + "ab", "is not a host's full name"),
    ("bücher.example", "is not a host's full name"),
    ("api.binance.com", "is binance's"),
    ("binance.com", "is binance's"),
    ("testnet.binance.vision", "is binance's"),
    ("api.bytick.com", "is bybit's"),
    ("api.kraken.com", "is kraken's"),
]


@pytest.mark.parametrize(("host", "said"), REFUSED)
def test_anything_else_and_any_exchange_is_refused_with_the_reason(host: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=r"bot\.grid\.tunnels") as refused:
        policy(host)
    assert said in str(refused.value)


def test_an_empty_list_is_not_the_same_as_none_and_is_refused() -> None:
    with pytest.raises(Misconfigured, match="a list of at least one host"):
        policy()
    with pytest.raises(Misconfigured, match="twice"):
        policy(NTFY, NTFY)


@pytest.mark.parametrize(("count", "taken"), [(MOST, True), (MOST + 1, False)])
def test_there_are_few_of_them(count: int, taken: bool) -> None:
    hosts = [f"h{n}.example" for n in range(count)]
    if taken:
        assert len(policy(*hosts).bots["grid"].tunnels) == count  # type: ignore[index]
    else:
        with pytest.raises(Misconfigured, match=f"more than {MOST} hosts"):
            policy(*hosts)


def test_a_bot_that_only_watches_may_have_one_too() -> None:
    assert policy(NTFY, bot="eyes").bots["eyes"].tunnels == (NTFY,)  # type: ignore[index]


CHANGES = [
    ((), (NTFY,), [(f"bot.grid.tunnels {NTFY}", Effect.WIDER)]),
    ((NTFY,), (NTFY, TELEGRAM), [(f"bot.grid.tunnels {TELEGRAM}", Effect.WIDER)]),
    ((NTFY, TELEGRAM), (TELEGRAM, NTFY), []),
    ((NTFY, TELEGRAM), (TELEGRAM,), [(f"bot.grid.tunnels {NTFY}", Effect.NARROWER)]),
    ((NTFY,), (), [(f"bot.grid.tunnels {NTFY}", Effect.NARROWER)]),
    (
        (NTFY,),
        (TELEGRAM,),
        [(f"bot.grid.tunnels {NTFY}", Effect.NARROWER), (f"bot.grid.tunnels {TELEGRAM}", Effect.WIDER)],
    ),
]


@pytest.mark.parametrize(("before", "after", "told"), CHANGES)
def test_one_more_is_wider_and_one_less_is_narrower(
    before: tuple[str, ...], after: tuple[str, ...], told: list[tuple[str, Effect]]
) -> None:
    old, new = (policy(*hosts) if hosts else load(TEXT) for hosts in (before, after))
    assert [(change.what, change.effect) for change in diff(old, new)] == told


def test_the_radius_names_whom_a_captured_bot_can_tell() -> None:
    [bot, *_] = of_policy(policy(NTFY, TELEGRAM)).bots
    assert bot.tunnels == (NTFY, TELEGRAM)
    assert of_policy(load(TEXT)).bots[0].tunnels == ()
