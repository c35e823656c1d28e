"""What becomes of a stranger's packet under rules as nft lists them; tables of rules, each with the ports they open."""

from collections.abc import Iterable, Mapping

import pytest

from ringfence.audit.host.firewall import load, open_ports
from ringfence.audit.host.host import Host
from ringfence.audit.host.packet import Odd
from ringfence.audit.host.ruleset import Act
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import host
from tests.audit.host.servers import (
    ACCEPT,
    DROP,
    ETH0_BOTH,
    LISTINGS,
    NFT,
    RULES,
    USERS,
    WG0,
    Statement,
    addresses,
    chain,
    jump,
    listing,
    match,
    meta,
    port,
    prefix,
    source,
    state,
    target,
)

ALL = ((0, 65535),)
ANYBODY = "0.0.0.0"  # noqa: S104
OTHERS = ((0, 21), (23, 65535))
SSH = ((22, 22),)


def server(*objects: Mapping[str, object], nft: str | None = None) -> Host:
    commands = {**addresses(ETH0_BOTH, WG0), **(listing(*objects) if nft is None else {RULES: nft})}
    return host({**NFT, "/etc/passwd": USERS}, commands=commands)


def opened(made: Host, family: str = "ip", protocol: str = "tcp") -> tuple[tuple[int, int], ...] | str:
    ports = open_ports(made, load(made), family, protocol)
    return "unclear" if ports.unclear else ports.open


def behind(*rules: Iterable[Statement], more: Iterable[Mapping[str, object]] = ()) -> Host:
    """Make rules of a chain that drops what they do not accept."""
    return server(*chain("in", *rules, hook="input", policy="drop"), *more)


LETS_IN_SSH = {
    "a port": [[port(22), ACCEPT]],
    "a port in a set": [[port({"set": [22]}), ACCEPT]],
    "a range": [[port({"range": [22, 22]}), ACCEPT]],
    "a new connection": [[state("new"), port(22), ACCEPT]],
    "a card by name": [[meta("iifname", "eth0"), port(22), ACCEPT]],
    "a card by the start of its name": [[meta("iifname", "eth*"), port(22), ACCEPT]],
    "every card but loopback": [[meta("iif", "lo", "!="), port(22), ACCEPT]],
    "either protocol by one word": [
        [meta("l4proto", {"set": ["tcp", 17]}), port(22, protocol="th"), ACCEPT],
    ],
    "half of the internet, and the other half": [
        [source({"set": [prefix(ANYBODY, 1), prefix("128.0.0.0", 1)]}), port(22), ACCEPT]
    ],
    "everybody but one": [[source("203.0.113.5", "!="), port(22), ACCEPT]],
    "this address": [[target("198.51.100.7"), port(22), ACCEPT]],
    "a rate": [[port(22), {"limit": {"rate": 3, "per": "minute"}}, ACCEPT]],
    "a flag": [[match({"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["syn"]]}, "syn"), port(22), ACCEPT]],
    "a chain of its own": [[port(22), jump("ok")]],
    "a chain that it goes to": [[port(22), jump("ok", "goto")]],
    "a map": [[{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[22, ACCEPT]]}}}]],
    "a named map": [[{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@m"}}]],
    "who is sent to this server": [[match({"fib": {"result": "type", "flags": ["daddr"]}}, "local"), port(22), ACCEPT]],
    "a pair of card and port": [
        [
            match(
                {"concat": [{"meta": {"key": "iifname"}}, {"payload": {"protocol": "tcp", "field": "dport"}}]},
                {"set": [{"concat": ["eth0", 22]}]},
            ),
            ACCEPT,
        ]
    ],
    "a ban that only some meet": [[source("203.0.113.5"), DROP], [port(22), ACCEPT]],
    "who may be routed back": [
        [match({"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, False), DROP],
        [port(22), ACCEPT],
    ],
    "a kind of address on a card": [
        [match({"fib": {"result": "type", "flags": ["daddr", "iif"]}}, "broadcast"), DROP],
        [port(22), ACCEPT],
    ],
    "a map that goes on": [
        [{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": {"set": [["eth0", {"continue": None}]]}}}],
        [port(22), ACCEPT],
    ],
    "a ban by rate": [[port(22), {"limit": {"rate": 3, "per": "minute", "inv": True}}, DROP], [port(22), ACCEPT]],
    "counted and logged": [[port(22), {"counter": {"packets": 1}}, {"log": {"prefix": "x"}}, ACCEPT]],
}
MORE: tuple[Mapping[str, object], ...] = (
    *chain("ok", [ACCEPT]),
    {"map": {"family": "inet", "table": "t", "name": "m", "map": "verdict", "elem": [[22, ACCEPT]]}},
)


@pytest.mark.parametrize("rules", LETS_IN_SSH.values(), ids=LETS_IN_SSH.keys())
def test_a_rule_that_may_let_a_stranger_in_opens_its_port_and_no_other(rules: list[list[Statement]]) -> None:
    assert opened(behind(*rules, more=MORE)) == SSH


LETS_NOBODY_IN = {
    "no rule": [],
    "loopback": [[meta("iif", "lo"), ACCEPT]],
    "loopback by kind": [[meta("iiftype", "loopback"), ACCEPT]],
    "the tunnel": [[meta("iifname", "wg0"), ACCEPT]],
    "tunnels by the start of their names": [[meta("iifname", "wg*"), ACCEPT]],
    "answers": [[state("established", "related"), ACCEPT]],
    "answers by a map": [
        [{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["established", ACCEPT], ["invalid", DROP]]}}}]
    ],
    "an address": [[source("203.0.113.5"), port(22), ACCEPT]],
    "addresses in a set": [[source("@admins"), port(22), ACCEPT]],
    "addresses and ports in a set": [
        [
            match(
                {
                    "concat": [
                        {"payload": {"protocol": "ip", "field": "saddr"}},
                        {"payload": {"protocol": "tcp", "field": "dport"}},
                    ]
                },
                "@pairs",
            ),
            ACCEPT,
        ]
    ],
    "every private network": [
        [
            source({"set": [prefix("10.0.0.0", 8), prefix("172.16.0.0", 12), prefix("192.168.0.0", 16)]}),
            ACCEPT,
        ]
    ],
    "pings": [[meta("l4proto", {"set": ["icmp", "ipv6-icmp"]}), ACCEPT]],
    "pings by kind": [[match({"payload": {"protocol": "icmp", "field": "type"}}, "echo-request"), ACCEPT]],
    "an empty set": [[source("@empty"), ACCEPT]],
    "what goes elsewhere": [[target("224.0.0.251"), ACCEPT]],
    "what is not for this server": [[match({"fib": {"result": "type", "flags": ["daddr"]}}, "broadcast"), ACCEPT]],
    "the other family": [[source(prefix("::", 0), family="ip6"), ACCEPT]],
    "a drop before": [[port(22), DROP], [port(22), ACCEPT]],
    "a drop of all but one, which is let in nowhere": [[port(22, "!="), DROP]],
    "a drop of what is sent to this server": [[meta("pkttype", "host"), DROP], [ACCEPT]],
    "a drop of the same by its number": [[meta("pkttype", 0), DROP], [ACCEPT]],
    "a drop of the same by its other name": [[meta("pkttype", "unicast"), DROP], [ACCEPT]],
    "what is sent to everybody at once": [[meta("pkttype", "broadcast"), ACCEPT]],
    "a chain that only returns": [[jump("back")]],
}
SETS: tuple[Mapping[str, object], ...] = (
    {"set": {"family": "inet", "table": "t", "name": "admins", "elem": [{"elem": {"val": "203.0.113.5"}}]}},
    {"set": {"family": "inet", "table": "t", "name": "empty"}},
    {"set": {"family": "inet", "table": "t", "name": "pairs", "elem": [{"concat": [prefix("203.0.113.0", 24), 22]}]}},
    *chain("back", [{"return": None}], [ACCEPT]),
)


@pytest.mark.parametrize("rules", LETS_NOBODY_IN.values(), ids=LETS_NOBODY_IN.keys())
def test_a_rule_that_means_others_than_strangers_opens_nothing(rules: list[list[Statement]]) -> None:
    assert opened(behind(*rules, more=SETS)) == ()


OPENS_ALL = {
    "everything": [[ACCEPT]],
    "everything, and drops after it": [[ACCEPT], [DROP]],
    "a protocol": [[meta("l4proto", "tcp"), ACCEPT]],
    "a source port": [[match({"payload": {"protocol": "tcp", "field": "sport"}}, 443), ACCEPT]],
    "every port in two ranges": [[port({"set": [{"range": [0, 999]}, {"range": [1000, 65535]}]}), ACCEPT]],
    "not a tunnel": [[meta("iifname", "wg0", "!="), ACCEPT]],
    "states with new among them": [[state("established", "new"), ACCEPT]],
    "all who are not private": [[source(prefix("10.0.0.0", 8), "!="), ACCEPT]],
}


@pytest.mark.parametrize("rules", OPENS_ALL.values(), ids=OPENS_ALL.keys())
def test_a_policy_that_drops_is_worth_nothing_behind_a_rule_that_accepts(rules: list[list[Statement]]) -> None:
    assert opened(behind(*rules)) == ALL


IIF = {"meta": {"key": "iifname"}}
UNCLEAR = {
    "a match that is not known": [[match({"osf": {"key": "name"}}, "Linux"), ACCEPT]],
    "a mark": [[meta("mark", 1), ACCEPT]],
    "a bit of a mark": [[match({"&": [{"meta": {"key": "mark"}}, 255]}, 1), ACCEPT]],
    "bytes by their place": [[match({"payload": {"base": "th", "offset": 16, "len": 16}}, 22), ACCEPT]],
    "a statement that is not known": [[{"queue": {"num": 0}}]],
    "a set that is not listed": [[source("@gone"), ACCEPT]],
    "a chain that is not listed": [[jump("gone")]],
    "a comparison that is not known": [[port(22, "<"), ACCEPT]],
    "a port by a name": [[port("ssh"), ACCEPT]],
    "a user that is not known": [[meta("skuid", "mallory"), ACCEPT]],
    "a map that is no list": [[{"vmap": {"key": {"meta": {"key": "iif"}}, "data": "@gone"}}]],
    "a map with an odd verdict": [[{"vmap": {"key": IIF, "data": {"set": [["eth0", {"queue": {}}]]}}}]],
    "a map with a verdict that is none": [[{"vmap": {"key": IIF, "data": {"set": [["eth0", "accept"]]}}}]],
    "a map with two verdicts at once": [[{"vmap": {"key": IIF, "data": {"set": [["eth0", {**ACCEPT, **DROP}]]}}}]],
    "a map of single values": [[{"vmap": {"key": IIF, "data": {"set": ["eth0"]}}}]],
    "a map of three values": [[{"vmap": {"key": IIF, "data": {"set": [["eth0", ACCEPT, 1]]}}}]],
    "a pair with a part too many": [
        [match({"concat": [IIF, IIF]}, {"set": [{"concat": ["eth0", "eth0", 22]}]}), ACCEPT],
    ],
    "an interface by number": [[meta("iif", 7), ACCEPT]],
    "a name that is none": [[meta("iifname", True), ACCEPT]],
    "a number that is none": [[port(True), ACCEPT]],
}


@pytest.mark.parametrize("rules", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_rule_that_is_not_understood_is_neither_open_nor_closed(rules: list[list[Statement]]) -> None:
    assert opened(behind(*rules)) == "unclear"


def test_a_rule_that_is_not_understood_does_not_hide_one_that_is() -> None:
    made = behind([meta("mark", 1), DROP], [port(22), ACCEPT])
    assert opened(made) == SSH


def test_chains_that_jump_in_a_circle_are_unclear() -> None:
    assert opened(behind([jump("a")], more=[*chain("a", [jump("b")]), *chain("b", [jump("a")])])) == "unclear"


def test_every_chain_at_the_way_in_must_let_a_packet_through() -> None:
    first = chain("one", [port(22), ACCEPT], [port(80), ACCEPT], hook="input", policy="drop")
    second = chain("two", [port(80), DROP], hook="input", table="u")
    assert opened(server(*first, *second)) == SSH


@pytest.mark.parametrize("family", ["ip6", "bridge", "arp", "netdev"])
def test_a_chain_of_another_family_keeps_no_ipv4_out(family: str) -> None:
    assert opened(server(*chain("in", hook="input", policy="drop", family=family))) == ALL


@pytest.mark.parametrize("hook", ["forward", "output", "postrouting", ""])
def test_a_chain_at_another_place_keeps_nothing_out(hook: str) -> None:
    assert opened(server(*chain("in", [DROP], hook=hook, policy="drop"))) == ALL


def test_a_table_for_ipv4_leaves_ipv6_open() -> None:
    made = server(*chain("in", hook="input", policy="drop", family="ip"))
    assert (opened(made), opened(made, "ip6")) == ((), ALL)


def test_a_chain_for_addresses_keeps_nothing_out() -> None:
    assert opened(server(*chain("in", [DROP], hook="input", kind="nat"))) == ALL


def test_rules_before_routing_count() -> None:
    assert opened(server(*chain("pre", [port(22, "!="), DROP], hook="prerouting"))) == SSH


@pytest.mark.parametrize("flags", ["dormant", ["dormant"], "t", ["owner", "dormant"]])
def test_a_table_that_is_switched_off_keeps_nothing_out(flags: object) -> None:
    table = {"table": {"family": "inet", "name": "t", "flags": flags}}
    assert opened(server(table, *chain("in", hook="input", policy="drop"))) == ALL


@pytest.mark.parametrize("flags", [None, "owner", ["persist"]])
def test_a_table_that_somebody_owns_is_in_force(flags: object) -> None:
    table = {"table": {"family": "inet", "name": "t", "flags": flags}}
    assert opened(server(table, *chain("in", hook="input", policy="drop"))) == ()


def test_packets_without_a_state_are_strangers_too() -> None:
    rules = chain("in", [state("untracked"), ACCEPT], hook="input", policy="drop")
    raw = chain("raw", [port(22), {"notrack": None}], hook="prerouting")
    assert (opened(server(*rules)), opened(server(*rules, *raw))) == ((), ALL)


@pytest.mark.parametrize(
    ("networks", "is_open"),
    [
        ([prefix("11.0.0.0", 8)], False),
        ([prefix("11.0.0.0", 8), "12.0.0.0"], True),
        ([{"range": ["11.0.0.0", "12.0.0.0"]}], True),
        ([prefix("10.0.0.0", 7)], False),
        ([prefix("8.0.0.0", 7)], True),
        (["*"], True),
    ],
)
def test_more_than_a_large_network_is_anybody(networks: list[object], is_open: bool) -> None:
    assert (opened(behind([source({"set": networks}), ACCEPT])) == ALL) is is_open


@pytest.mark.parametrize(
    ("network", "is_open"),
    [
        (prefix("2001::", 16), False),
        (prefix("2000::", 15), True),
        (prefix("2000::", 3), True),
        (prefix("fc00::", 7), False),
    ],
)
def test_more_than_a_large_network_is_anybody_over_ipv6(network: object, is_open: bool) -> None:
    assert (opened(behind([source(network, family="ip6"), ACCEPT]), "ip6") == ALL) is is_open


def test_a_list_of_ten_thousand_banned_addresses_bans_nobody_else() -> None:
    banned = [f"{one}.{two}.{three}.1" for one in (11, 12) for two in range(20) for three in range(250)]
    made = behind([source({"set": banned}), DROP], *([port(number), ACCEPT] for number in range(100, 300, 2)))
    assert len(opened(made)) == 100


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nftables": 1}', '{"nftables": [{"rule": 1}]}'])
def test_what_is_no_listing_is_unseen(text: str) -> None:
    with pytest.raises(Unseen):
        load(server(nft=text))


def test_nft_that_may_not_look_is_unseen() -> None:
    made = host(NFT, commands={**addresses(ETH0_BOTH), RULES: (1, "")})
    with pytest.raises(Unseen, match="CAP_NET_ADMIN"):
        load(made)


def test_the_rules_that_debian_brings_keep_nothing_out() -> None:
    made = server(nft=(LISTINGS / "stock.json").read_text())
    assert opened(made) == ALL


@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_our_own_rules_let_nobody_in(family: str) -> None:
    made = server(nft=(LISTINGS / "guard.json").read_text())
    assert (opened(made, family), opened(made, family, "udp")) == ((), ())


def test_every_statement_of_a_real_listing_is_understood_but_for_a_mark() -> None:
    rules = load(server(nft=(LISTINGS / "many.json").read_text()))
    held = [rule for each in rules.chains for rule in each.rules]
    assert [rule.act for rule in held if Odd() in rule.conditions] == [Act.ACCEPT]
    assert len(held) == 48
    assert rules.untracked
    assert "dead" not in {each.table for each in rules.chains}
