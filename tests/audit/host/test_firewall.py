"""The firewall of a server: each check passes, fails, and does not know where it cannot look."""

from collections.abc import Iterable, Mapping

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Verdict
from ringfence.audit.host.checks.firewall import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status
from tests.audit.host.fake import host, link
from tests.audit.host.servers import (
    ACCEPT,
    ANY,
    ANY6,
    BOT,
    DOCKER0,
    DROP,
    ETH0,
    ETH0_BOTH,
    INIT,
    INIT_RUNS,
    LISTINGS,
    LOCAL,
    NFT,
    RULES,
    USERS,
    VPN,
    WG0,
    Statement,
    addresses,
    ask,
    chain,
    interface,
    jump,
    listing,
    meta,
    nets,
    port,
    prefix,
    process,
    rules_of,
    runs,
    source,
    state,
    target,
)

PASS, FAIL, UNKNOWN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
ANYBODY = "0.0.0.0"  # noqa: S104
Objects = Iterable[Mapping[str, object]]
SSHD = {**INIT, **process(8, "sshd")}
SSHD_RUNS = {**INIT_RUNS, **runs(8, "/usr/sbin/sshd", 80)}
SSHD_T = {"sshd -T": "port 22\nlistenaddress 0.0.0.0:22\nlistenaddress [::]:22\npermitrootlogin no\n"}
SSH_OPEN = chain("in", [port(22), ACCEPT], hook="input", policy="drop")
CLOSED = chain("in", hook="input", policy="drop")


def server(
    *objects: Mapping[str, object],
    texts: Mapping[str, str] | None = None,
    stats: Mapping[str, Status] | None = None,
    links: Iterable[Mapping[str, object]] = (ETH0,),
) -> Host:
    return host(
        {**NFT, "/etc/passwd": USERS, "/usr/sbin/sshd": "binary", **SSHD, **nets(), **(texts or {})},
        stats={**SSHD_RUNS, **(stats or {})},
        commands={**addresses(*links), **listing(*objects), **SSHD_T},
    )


def test_every_check_has_its_words_and_every_word_its_check() -> None:
    words = rules_of("firewall")
    assert {each.rule for each in CHECKS} == {f"host/{name}" for name in words}
    assert {each.rule for each in CHECKS if each.optional} == {
        f"host/{name}" for name, row in words.items() if row["severity"] == "low"
    }


ABOUT_RULES = ["no-firewall", "firewall-not-kept", "idle-port", "loopback-spoofed", "bot-reaches-out"]


@pytest.mark.parametrize("rule", ABOUT_RULES)
@pytest.mark.parametrize("out", [(1, ""), "", "{}"])
def test_rules_that_cannot_be_seen_are_unknown(rule: str, out: str | tuple[int, str]) -> None:
    made = host(
        {**NFT, "/etc/passwd": USERS, **INIT, **nets()},
        stats={**INIT_RUNS},
        commands={**addresses(ETH0), RULES: out},
    )
    assert ask(CHECKS, rule, made, BOT).verdict is UNKNOWN


@pytest.mark.parametrize(
    "rule", ["no-firewall", "half-a-firewall", "idle-port", "bot-port-exposed", "loopback-spoofed"]
)
@pytest.mark.parametrize("links", [(), (WG0,), (DOCKER0, interface("dummy0", "dummy", "10.1.1.1"))])
def test_a_server_without_a_way_outside_is_unknown(rule: str, links: tuple[Mapping[str, object], ...]) -> None:
    assert ask(CHECKS, rule, server(*CLOSED, links=links)).verdict is UNKNOWN


# --- strangers


def test_a_server_that_drops_what_is_not_named_is_fine_and_says_what_is_open() -> None:
    answer = ask(CHECKS, "no-firewall", server(*SSH_OPEN))
    assert (answer.verdict, answer.evidence) == (PASS, "open: tcp/22")


def test_the_rules_that_debian_brings_are_no_firewall() -> None:
    made = host(NFT, commands={**addresses(ETH0), RULES: (LISTINGS / "stock.json").read_text()})
    answer = ask(CHECKS, "no-firewall", made)
    assert (answer.verdict, answer.evidence) == (FAIL, "open to everybody: tcp/0-65535, udp/0-65535")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "no program that makes a firewall is installed"),
        (NFT, "open to everybody: tcp/0-65535, udp/0-65535"),
        ({"/usr/sbin/iptables-save": "x"}, "open to everybody: tcp/0-65535, udp/0-65535"),
    ],
)
def test_a_server_without_a_firewall_says_whether_it_could_have_one(texts: dict[str, str], said: str) -> None:
    commands = {**addresses(ETH0), **listing(), "iptables-save": ""}
    answer = ask(CHECKS, "no-firewall", host(texts, commands=commands))
    assert (answer.verdict, answer.evidence) == (FAIL, said)


@pytest.mark.parametrize(("last", "verdict"), [(1024, PASS), (1025, FAIL)])
def test_a_thousand_open_ports_may_be_meant_and_more_may_not(last: int, verdict: Verdict) -> None:
    made = server(*chain("in", [port({"range": [1, last]}), ACCEPT], hook="input", policy="drop"))
    assert ask(CHECKS, "no-firewall", made).verdict is verdict


def test_open_udp_is_open() -> None:
    made = server(*chain("in", [meta("l4proto", "udp"), ACCEPT], hook="input", policy="drop"))
    assert ask(CHECKS, "no-firewall", made).evidence == "open to everybody: udp/0-65535"


def test_a_rule_that_cannot_be_read_is_unknown_but_not_where_all_is_open_anyhow() -> None:
    odd = [meta("mark", 1), ACCEPT]
    assert ask(CHECKS, "no-firewall", server(*chain("in", odd, hook="input", policy="drop"))).verdict is UNKNOWN
    assert ask(CHECKS, "no-firewall", server(*chain("in", odd, hook="input"))).verdict is FAIL


def test_every_card_must_be_closed() -> None:
    both = (ETH0, interface("eth1", "", "10.10.0.2"))
    rules = [[meta("iifname", "eth0"), DROP]]
    made = server(*chain("in", *rules, hook="input"), links=both)
    assert ask(CHECKS, "no-firewall", made).verdict is FAIL


def test_a_card_that_is_called_wg0_is_no_tunnel() -> None:
    rules = chain("in", [meta("iifname", "wg0"), ACCEPT], hook="input", policy="drop")
    real, false = server(*rules, links=(ETH0, WG0)), server(*rules, links=(interface("wg0", "", "198.51.100.7"),))
    assert ask(CHECKS, "no-firewall", real).verdict is PASS
    assert ask(CHECKS, "no-firewall", false).verdict is FAIL


def test_a_bridge_with_the_default_route_is_outside() -> None:
    route = "Iface\tDestination\tGateway\nbr0\t00000000\t0100A8C0\t0003\n"
    rules = chain("in", [meta("iifname", "br0"), ACCEPT], hook="input", policy="drop")
    links = (ETH0, interface("br0", "bridge", "192.168.0.2"))
    assert ask(CHECKS, "no-firewall", server(*rules, links=links)).verdict is PASS
    route6 = f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 00000400 00000001 00000000 00000003     br0\n"
    near6 = route6.replace("0" * 32, f"fe8{'0' * 29}", 1)
    for texts, verdict in (
        ({"/proc/net/route": route}, FAIL),
        ({"/proc/net/ipv6_route": route6}, FAIL),
        ({"/proc/net/ipv6_route": near6}, PASS),
    ):
        assert ask(CHECKS, "no-firewall", server(*rules, links=links, texts=texts)).verdict is verdict


@pytest.mark.parametrize(
    ("family", "links", "verdict"),
    [
        ("inet", (ETH0_BOTH,), PASS),
        ("ip6", (ETH0_BOTH,), PASS),
        ("ip", (ETH0_BOTH,), FAIL),
        ("ip", (ETH0,), PASS),
        ("ip", (ETH0, interface("wg0", "wireguard", "fd00::1")), PASS),
    ],
)
def test_ipv6_is_closed_or_not_there(family: str, links: tuple[Mapping[str, object], ...], verdict: Verdict) -> None:
    made = server(*chain("in", hook="input", policy="drop", family=family), links=links)
    assert ask(CHECKS, "half-a-firewall", made).verdict is verdict


# --- after a restart

CONF = """#!/usr/sbin/nft -f
flush ruleset
table inet t {
	chain in {
		type filter hook input priority filter; policy drop;
		tcp dport 22 accept
	}
}
"""
UNIT = "[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\nExecReload=/usr/sbin/nft -f /other\n"
WANTS = "/etc/systemd/system/sysinit.target.wants"


def kept(texts: dict[str, str], *objects: Mapping[str, object], stats: dict[str, Status] | None = None) -> Verdict:
    return ask(CHECKS, "firewall-not-kept", server(*(objects or SSH_OPEN), texts=texts, stats=stats)).verdict


def loaded(conf: str, unit: str = UNIT) -> dict[str, str]:
    return {f"{WANTS}/nftables.service": unit, "/etc/nftables.conf": conf}


INCLUDED = {
    f"{WANTS}/nftables.service": UNIT,
    "/etc/nftables.conf": 'flush ruleset\ninclude "/etc/nftables.d/*.nft"\n',
    "/etc/nftables.d/a.nft": CONF.replace("flush ruleset", ""),
}


@pytest.mark.parametrize(
    "texts",
    [
        loaded(CONF),
        loaded(CONF.replace("table inet", "table inet t\ndelete table inet t\ntable inet")),
        loaded(CONF, UNIT.replace("-f /etc", "--file /etc")),
        {f"{WANTS}/guard.service": UNIT.replace("/etc/", "/opt/"), "/opt/nftables.conf": CONF},
        INCLUDED,
    ],
)
def test_rules_that_a_unit_loads_at_boot_are_kept(texts: dict[str, str]) -> None:
    assert kept(texts) is PASS


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"/etc/nftables.conf": CONF},
        {"/lib/systemd/system/nftables.service": UNIT, "/etc/nftables.conf": CONF},
        loaded(""),
        loaded(CONF.replace("policy drop", "policy accept")),
        loaded(CONF.replace("policy drop;", "# policy drop;")),
        loaded("".join(f"# {line}\n" for line in CONF.splitlines())),
        loaded(CONF.replace("inet", "ip6")),
        loaded(CONF.replace("hook input", "hook forward")),
        loaded(f"{CONF}flush ruleset\n"),
        loaded(CONF, UNIT.replace("ExecStart=", "#ExecStart=")),
        {name: text for name, text in INCLUDED.items() if not name.endswith("a.nft")},
        {**INCLUDED, "/etc/nftables.d/a.nft": "", "/etc/nftables.d/a.nft.bak": CONF},
    ],
)
def test_rules_that_nothing_loads_as_they_are_are_lost(texts: dict[str, str]) -> None:
    assert kept(texts) is FAIL


@pytest.mark.parametrize("path", [f"{WANTS}/nftables.service", "/etc/systemd/system/nftables.service"])
def test_a_unit_that_is_masked_loads_nothing(path: str) -> None:
    assert kept(loaded(CONF), stats={path: link("/dev/null")}) is FAIL


def test_files_that_include_each_other_for_ever_are_unknown() -> None:
    assert kept(loaded('include "/etc/nftables.conf"\n')) is UNKNOWN


def test_a_drop_at_the_end_is_kept_like_a_policy() -> None:
    running = chain("in", [port(22), ACCEPT], [DROP], hook="input")
    assert kept(loaded(CONF.replace("policy drop;", "").replace("22 accept", "22 accept\n\t\tdrop")), *running) is PASS
    assert kept(loaded(CONF.replace("policy drop;", "")), *running) is FAIL


@pytest.mark.parametrize(
    ("table", "unit", "verdict"),
    [("firewalld", "firewalld.service", PASS), ("firewalld", "other.service", FAIL), ("t", "firewalld.service", FAIL)],
)
def test_firewalld_keeps_its_own_table(table: str, unit: str, verdict: Verdict) -> None:
    assert kept({f"{WANTS}/{unit}": ""}, *chain("in", hook="input", policy="drop", table=table)) is verdict


def test_without_rules_that_keep_anybody_out_there_is_nothing_to_keep() -> None:
    assert kept({}, *chain("in", hook="input")) is NONE


def test_a_configuration_that_cannot_be_read_is_unknown() -> None:
    texts = {**NFT, f"{WANTS}/nftables.service": UNIT}
    commands = {**addresses(ETH0), **listing(*SSH_OPEN)}
    made = host(texts, commands=commands, hidden=frozenset(("/etc/nftables.conf",)))
    assert ask(CHECKS, "firewall-not-kept", made).verdict is UNKNOWN


SAVE = (LISTINGS / "ufw.save").read_text()
IPTABLES = {"/usr/sbin/iptables-save": "x", "/usr/sbin/ip6tables-save": "x"}


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({f"{WANTS}/ufw.service": "", "/etc/ufw/ufw.conf": "# x\nENABLED=yes\n"}, PASS),
        ({f"{WANTS}/ufw.service": "", "/etc/ufw/ufw.conf": "ENABLED=no\n"}, FAIL),
        ({f"{WANTS}/ufw.service": "", "/etc/ufw/ufw.conf": "#ENABLED=yes\n"}, FAIL),
        ({"/etc/ufw/ufw.conf": "ENABLED=yes\n"}, FAIL),
        ({f"{WANTS}/netfilter-persistent.service": "", "/etc/iptables/rules.v4": SAVE}, PASS),
        (
            {
                f"{WANTS}/netfilter-persistent.service": "",
                "/etc/iptables/rules.v4": SAVE.replace(":INPUT DROP", ":INPUT ACCEPT"),
            },
            FAIL,
        ),
        ({"/etc/iptables/rules.v4": SAVE}, FAIL),
        ({f"{WANTS}/netfilter-persistent.service": "", "/etc/iptables/rules.v4": "nonsense"}, UNKNOWN),
    ],
)
def test_rules_of_ufw_and_of_iptables_are_kept_their_own_way(texts: dict[str, str], verdict: Verdict) -> None:
    commands = {**addresses(ETH0), "iptables-save": SAVE, "ip6tables-save": ""}
    assert ask(CHECKS, "firewall-not-kept", host({**IPTABLES, **texts}, commands=commands)).verdict is verdict


# --- sshd


def ssh(
    *objects: Mapping[str, object],
    rows: Iterable[tuple[str, str, int, int, int]],
    stats: Mapping[str, Status] | None = None,
) -> Answer:
    made = server(*objects, texts=nets(*rows), links=(ETH0_BOTH, WG0), stats=stats)
    return ask(CHECKS, "ssh-open", made)


WIDE = [("tcp", ANY, 22, 0, 80)]


@pytest.mark.parametrize(
    ("rules", "rows", "verdict"),
    [
        ([[port(22), ACCEPT]], WIDE, FAIL),
        ([[meta("iifname", "wg0"), port(22), ACCEPT]], WIDE, PASS),
        ([[source("203.0.113.5"), port(22), ACCEPT]], WIDE, PASS),
        ([[source(prefix(ANYBODY, 0)), port(22), ACCEPT]], WIDE, FAIL),
        ([[port(22), ACCEPT]], [("tcp", VPN, 22, 0, 80)], NONE),
        ([[port(22), ACCEPT]], [("tcp", LOCAL, 22, 0, 80)], NONE),
        ([[port(2222), ACCEPT]], [("tcp", ANY, 2222, 0, 80)], FAIL),
        ([[source("203.0.113.5"), port(22), ACCEPT], [meta("nfproto", "ipv6"), ACCEPT]], WIDE, PASS),
        ([[meta("nfproto", "ipv6"), ACCEPT]], [("tcp6", ANY6, 22, 0, 80)], FAIL),
        ([[meta("mark", 1), ACCEPT]], WIDE, UNKNOWN),
        ([[meta("mark", 1), port(22), ACCEPT]], [*WIDE, ("tcp", ANY, 2222, 0, 80)], UNKNOWN),
    ],
)
def test_sshd_is_for_the_tunnel_or_for_addresses_that_are_named(
    rules: list[list[Statement]], rows: list[tuple[str, str, int, int, int]], verdict: Verdict
) -> None:
    answer = ssh(*chain("in", *rules, hook="input", policy="drop"), rows=rows)
    assert answer.verdict is verdict


def test_systemd_that_listens_for_sshd_counts_as_sshd() -> None:
    rows, stats = [("tcp6", ANY6, 22, 0, 10)], {**INIT_RUNS, **runs(1, "/usr/lib/systemd/systemd", 10)}
    assert ssh(*SSH_OPEN, rows=rows, stats=stats).evidence == "tcp/22 on ::"


def test_without_sshd_there_is_nothing_to_ask() -> None:
    made = host({**INIT, **nets()}, stats=INIT_RUNS, commands=addresses(ETH0))
    assert ask(CHECKS, "ssh-open", made).verdict is NONE


def test_sshd_that_does_not_say_where_it_listens_is_unknown() -> None:
    texts = {"/usr/sbin/sshd": "x", **SSHD, **nets(*WIDE)}
    made = host(texts, stats=SSHD_RUNS, commands={**addresses(ETH0), "sshd -T": (255, "")})
    assert ask(CHECKS, "ssh-open", made).verdict is UNKNOWN


def test_a_listener_whose_process_is_hidden_may_be_sshd() -> None:
    texts = {**NFT, **SSHD, **nets(("tcp", ANY, 2222, 0, 81))}
    commands = {**addresses(ETH0), **listing(*CLOSED)}
    hidden = frozenset(("/proc/1/fd",))
    assert ask(CHECKS, "ssh-open", host(texts, stats=SSHD_RUNS, commands=commands, hidden=hidden)).verdict is UNKNOWN
    stats = {**SSHD_RUNS, **runs(8, "/usr/bin/redis-server", 81)}
    assert ask(CHECKS, "ssh-open", host(texts, stats=stats, commands=commands, hidden=hidden)).verdict is NONE
    texts |= nets(("udp", ANY, 2222, 0, 82))
    assert ask(CHECKS, "ssh-open", host(texts, stats=SSHD_RUNS, commands=commands, hidden=hidden)).verdict is NONE


# --- open and idle


@pytest.mark.parametrize(
    ("rules", "rows", "verdict", "severity"),
    [
        ([[port(22), ACCEPT]], WIDE, PASS, None),
        ([[port({"set": [22, 8080]}), ACCEPT]], WIDE, FAIL, None),
        ([[port(22), ACCEPT]], [("tcp", LOCAL, 22, 0, 80)], FAIL, None),
        ([[port(22), ACCEPT]], [("udp", ANY, 22, 0, 80)], FAIL, None),
        ([], WIDE, FAIL, Severity.LOW),
        ([], [("udp", ANY, 68, 0, 1)], PASS, None),
        ([[port(68, protocol="udp"), ACCEPT]], [], PASS, None),
        ([], [], PASS, None),
    ],
)
def test_what_is_open_and_what_listens_agree(
    rules: list[list[Statement]],
    rows: list[tuple[str, str, int, int, int]],
    verdict: Verdict,
    severity: Severity | None,
) -> None:
    made = server(*chain("in", *rules, hook="input", policy="drop"), texts=nets(*rows))
    answer = ask(CHECKS, "idle-port", made)
    assert (answer.verdict, answer.severity) == (verdict, severity)


# --- bots, databases, Ringfence

BOTS = Expected(bots=("bot",), ours=("gate",))


def exposed(*rows: tuple[str, str, int, int, int], objects: Objects = (), expected: Expected = BOTS) -> Answer:
    return ask(CHECKS, "bot-port-exposed", server(*objects, texts=nets(*rows), links=(ETH0, WG0)), expected)


@pytest.mark.parametrize(
    "row",
    [
        ("tcp", ANY, 8080, 0, 1),
        ("tcp6", ANY6, 5432, 0, 1),
        ("tcp", ANY, 6379, 0, 1),
        ("tcp", ANY, 30000, 1001, 1),
        ("tcp", ANY, 30000, 1002, 1),
        ("udp", ANY, 30000, 1001, 1),
    ],
)
def test_a_bots_port_where_strangers_are_is_a_failure(row: tuple[str, str, int, int, int]) -> None:
    answer = exposed(row)
    assert (answer.verdict, answer.severity) == (FAIL, None)


@pytest.mark.parametrize(
    "row",
    [("tcp", LOCAL, 8080, 1001, 1), ("tcp", VPN, 8080, 1001, 1), ("tcp", ANY, 30000, 0, 1), ("udp", ANY, 8080, 0, 1)],
)
def test_a_bots_port_where_strangers_are_not_is_fine(row: tuple[str, str, int, int, int]) -> None:
    assert exposed(row).verdict is PASS


def test_a_port_that_the_owner_opened_is_fine() -> None:
    assert exposed(("tcp", ANY, 8080, 1001, 1), expected=Expected(bots=("bot",), ports=("tcp/8080",))).verdict is PASS


def test_a_bots_port_that_only_the_firewall_closes_is_milder() -> None:
    answer = exposed(("tcp", ANY, 8080, 1001, 1), objects=CLOSED)
    assert (answer.verdict, answer.severity) == (FAIL, Severity.MEDIUM)


def test_the_firewall_must_close_every_one_of_them() -> None:
    rows = (("tcp", ANY, 8080, 1001, 1), ("tcp", ANY, 22, 1001, 1))
    named = Expected(bots=("bot",), ports=())
    assert exposed(*rows, objects=SSH_OPEN, expected=named).severity is None


def test_a_bots_port_is_open_where_the_firewall_cannot_be_seen() -> None:
    texts = {**NFT, "/etc/passwd": USERS, **nets(("tcp", ANY, 8080, 1001, 1))}
    made = host(texts, commands={**addresses(ETH0), RULES: (1, "")})
    answer = ask(CHECKS, "bot-port-exposed", made, BOTS)
    assert (answer.verdict, answer.severity) == (FAIL, None)


def test_a_bot_that_is_no_user_is_unknown() -> None:
    assert exposed(expected=Expected(bots=("ghost",))).verdict is UNKNOWN


# --- past the firewall


def sent(*rules: Iterable[Statement], forward: Objects = ()) -> Answer:
    nat = chain("pre", *rules, hook="prerouting", kind="nat", family="ip", table="nat")
    return ask(CHECKS, "forwarded-port", server(*CLOSED, *nat, *forward, links=(ETH0, DOCKER0)))


TO: Statement = {"dnat": {"addr": "172.17.0.2", "port": 80}}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ([port(8080), TO], "tcp/8080 to 172.17.0.2:80"),
        ([meta("iifname", "docker0", "!="), port(8080), TO], "tcp/8080 to 172.17.0.2:80"),
        ([port(53, protocol="udp"), TO], "udp/53 to 172.17.0.2:80"),
        ([target("198.51.100.7"), port(8080), TO], "tcp/8080 to 172.17.0.2:80"),
        ([port(8080), {"dnat": {"addr": {"map": {}}}}], "tcp/8080 to another address"),
    ],
)
def test_a_port_that_is_sent_on_is_a_failure_whatever_comes_in_is_dropped(rule: list[Statement], said: str) -> None:
    answer = sent(rule)
    assert (answer.verdict, answer.evidence) == (FAIL, said)


@pytest.mark.parametrize(
    "rule",
    [
        [meta("iifname", "docker0"), port(8080), TO],
        [target("127.0.0.1"), port(8080), TO],
        [source("203.0.113.5"), port(8080), TO],
        [port(8080), {"redirect": {"port": 80}}],
        [port(8080), ACCEPT],
    ],
)
def test_a_port_that_is_not_sent_on_for_strangers_is_fine(rule: list[Statement]) -> None:
    assert sent(rule).verdict is PASS


def test_a_port_that_is_sent_on_and_dropped_on_the_way_is_fine() -> None:
    user = chain("DOCKER-USER", [meta("iifname", "eth0"), DROP], family="ip", table="filter")
    way = chain("FORWARD", [jump("DOCKER-USER")], [ACCEPT], hook="forward", policy="drop", family="ip", table="filter")
    assert sent([port(8080), TO], forward=[*user, *way]).verdict is PASS
    assert sent([port(8080), TO], forward=way).verdict is FAIL


def test_what_docker_publishes_is_read_from_iptables() -> None:
    texts = {**IPTABLES, **INIT, "/etc/passwd": USERS}
    commands = {**addresses(ETH0, DOCKER0), "iptables-save": SAVE, "ip6tables-save": ""}
    answer = ask(CHECKS, "forwarded-port", host(texts, stats=INIT_RUNS, commands=commands))
    assert answer.evidence == "tcp/8080 to 172.17.0.2:8080"


def proxy(args: str) -> Answer:
    made = server(*CLOSED, texts=process(9, "docker-proxy", args=f"/usr/bin/docker-proxy {args}"))
    return ask(CHECKS, "forwarded-port", made)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2", "tcp/8080 on 0.0.0.0, by docker"),
        ("-proto tcp -host-ip :: -host-port 8080", "tcp/8080 on ::, by docker"),
        ("-proto udp -host-port 53", "udp/53 on 0.0.0.0, by docker"),
        ("--proto tcp --host-ip 198.51.100.7 --host-port 1", "tcp/1 on 198.51.100.7, by docker"),
    ],
)
def test_a_port_that_docker_holds_open_is_a_failure(args: str, said: str) -> None:
    assert proxy(args).evidence == said


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1"])
def test_a_port_that_docker_holds_on_loopback_is_fine(address: str) -> None:
    assert proxy(f"-proto tcp -host-ip {address} -host-port 8080").verdict is PASS


def test_a_rule_before_routing_that_cannot_be_read_is_unknown() -> None:
    assert sent([meta("mark", 1), TO]).verdict is UNKNOWN


def test_processes_that_are_hidden_are_unknown() -> None:
    made = host({**NFT}, commands={**addresses(ETH0), **listing(*CLOSED)})
    assert ask(CHECKS, "forwarded-port", made).verdict is UNKNOWN


# --- loopback from outside

SPOOFED = [meta("iif", "lo", "!="), source(prefix("127.0.0.0", 8)), DROP]
SPOOFED6 = [meta("iif", "lo", "!="), source("::1", family="ip6"), DROP]


@pytest.mark.parametrize(
    ("rules", "links", "verdict"),
    [
        ([SPOOFED, [port(22), ACCEPT]], ETH0, PASS),
        ([[port(22), ACCEPT], SPOOFED], ETH0, FAIL),
        ([[port(22), ACCEPT]], ETH0, FAIL),
        ([[meta("iif", "lo"), ACCEPT]], ETH0, PASS),
        ([SPOOFED, [port(22), ACCEPT]], ETH0_BOTH, FAIL),
        ([SPOOFED, SPOOFED6, [port(22), ACCEPT]], ETH0_BOTH, PASS),
    ],
)
def test_nobody_outside_is_the_server_itself(
    rules: list[list[Statement]], links: Mapping[str, object], verdict: Verdict
) -> None:
    made = server(*chain("in", *rules, hook="input", policy="drop"), links=(links,))
    assert ask(CHECKS, "loopback-spoofed", made).verdict is verdict


# --- out


def out(
    *rules: Iterable[Statement], more: Objects = (), links: Objects = (ETH0_BOTH,), policy: str = "accept"
) -> Answer:
    made = server(*chain("out", *rules, hook="output", policy=policy), *more, links=links)
    return ask(CHECKS, "bot-reaches-out", made, BOT)


MINE = meta("skuid", 1001)
GATE: list[Statement] = [meta("oif", "lo"), target("127.0.0.1"), port(8899), ACCEPT]
BOT_OUT = chain("bot_out", GATE, [{"reject": {"type": "icmpx"}}])


@pytest.mark.parametrize(
    "rules",
    [
        [[MINE, jump("bot_out", "goto")]],
        [[meta("skuid", "bot"), jump("bot_out", "goto")]],
        [[meta("skuid", {"set": ["bot", 33]}), jump("bot_out")]],
        [[meta("skuid", {"range": [1000, 1999]}), jump("bot_out")]],
        [[meta("skuid", {"range": [1000, "bot"]}), jump("bot_out")]],
        [[meta("skuid", 0, "!="), jump("bot_out")]],
        [[{"vmap": {"key": {"meta": {"key": "skuid"}}, "data": {"set": [["bot", jump("bot_out", "goto")]]}}}]],
        [[MINE, jump("bot_out", "goto")], [state("established", "related"), ACCEPT]],
    ],
)
def test_a_bot_whose_packets_are_dropped_but_for_the_gateway_is_confined(rules: list[list[Statement]]) -> None:
    assert out(*rules, more=BOT_OUT).verdict is PASS


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [[meta("skuid", 1002), jump("bot_out", "goto")]],
        [[MINE, jump("gone_through")]],
        [[ACCEPT], [MINE, DROP]],
        [[MINE, port(443), DROP]],
        [[MINE, port(443, "!="), DROP]],
        [[MINE, meta("l4proto", "tcp"), DROP]],
        [[MINE, target("203.0.113.66"), DROP]],
        [[MINE, meta("nfproto", "ipv4"), DROP]],
        [[MINE, meta("oifname", "eth9"), DROP]],
        [[MINE, meta("skgid", 1001), DROP]],
        [[MINE, {"limit": {"rate": 1, "per": "second"}}, ACCEPT], [MINE, DROP]],
        [[meta("l4proto", {"set": [1, 58]}), ACCEPT], [MINE, DROP]],
        [[port(53, protocol="udp"), ACCEPT], [MINE, DROP]],
        [[MINE, target(prefix(ANYBODY, 1)), ACCEPT], [MINE, DROP]],
        [[MINE, target("169.254.169.254"), ACCEPT], [MINE, DROP]],
    ],
)
def test_a_bot_that_gets_out_by_any_way_is_a_failure(rules: list[list[Statement]]) -> None:
    answer = out(*rules, more=[*BOT_OUT, *chain("gone_through", [port(22), DROP])])
    assert (answer.verdict, answer.severity) == (FAIL, None)


def test_a_policy_that_drops_all_confines_everybody() -> None:
    assert out(GATE, policy="drop").verdict is PASS


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ([state("established", "related"), ACCEPT], "bot: on a connection that was open before the rules came"),
        ([meta("oif", "lo"), ACCEPT], "bot: to the server's own resolver, which carries names out"),
    ],
)
def test_a_smaller_way_out_is_milder(first: list[Statement], said: str) -> None:
    answer = out(first, [MINE, jump("bot_out", "goto")], more=BOT_OUT)
    assert (answer.verdict, answer.severity, answer.evidence) == (FAIL, Severity.MEDIUM, said)


def test_a_rule_on_the_way_out_that_cannot_be_read_is_unknown() -> None:
    assert out([meta("mark", 1), ACCEPT], [MINE, DROP]).verdict is UNKNOWN


def test_our_own_rules_confine_the_bot_and_ourselves() -> None:
    commands = {**addresses(ETH0_BOTH), RULES: (LISTINGS / "guard.json").read_text()}
    made = host({**NFT, "/etc/passwd": USERS}, commands=commands)
    assert ask(CHECKS, "bot-reaches-out", made, BOT).verdict is PASS
    assert ask(CHECKS, "gateway-reaches-out", made, Expected(ours=("gate",))).verdict is PASS


@pytest.mark.parametrize(
    ("rule", "expected"), [("bot-reaches-out", BOT), ("gateway-reaches-out", Expected(ours=("gate",)))]
)
def test_everybody_gets_out_of_a_server_without_rules(rule: str, expected: Expected) -> None:
    answer = ask(CHECKS, rule, server(), expected)
    assert (answer.verdict, answer.severity) == (FAIL, None)


def test_the_gateway_may_ask_the_resolver_and_reach_named_addresses() -> None:
    own = meta("skuid", "gate")
    rules: list[list[Statement]] = [
        [own, state("established"), ACCEPT],
        [own, meta("oif", "lo"), ACCEPT],
        [own, target("203.0.113.10"), port(443), ACCEPT],
        [own, DROP],
    ]
    made = server(*chain("out", *rules, hook="output"))
    assert ask(CHECKS, "gateway-reaches-out", made, Expected(ours=("gate",))).verdict is PASS


def test_without_bots_or_users_of_our_own_there_is_nothing_to_ask() -> None:
    assert ask(CHECKS, "bot-reaches-out", server()).verdict is NONE
    assert ask(CHECKS, "gateway-reaches-out", server()).verdict is NONE


def test_a_user_that_is_not_there_is_unknown() -> None:
    assert ask(CHECKS, "bot-reaches-out", server(), Expected(bots=("ghost",))).verdict is UNKNOWN


SHOW = "systemctl show -p {} --value bot.service"
APART = Expected(bots=("bot",), units=("bot.service", "bot.timer"))


def apart(private: str, user: str = "bot", network: str = "net:[2]", uid: int = 1001, **rest: object) -> Verdict:
    commands = {
        **addresses(ETH0),
        **listing(),
        SHOW.format("User"): f"{user}\n",
        SHOW.format("PrivateNetwork"): f"{private}\n",
    }
    texts = {**NFT, "/etc/passwd": USERS, **INIT, **process(9, "python3", uid)}
    stats = {**INIT_RUNS, **runs(9, "/usr/bin/python3", network=network)}
    made = host(texts, **{"stats": stats, "commands": commands, **rest})
    return ask(CHECKS, "bot-reaches-out", made, APART).verdict


def test_a_bot_with_a_network_of_its_own_is_confined() -> None:
    assert apart("yes") is PASS


def test_a_bot_with_a_network_of_its_own_is_confined_while_it_does_not_run() -> None:
    assert apart("yes", uid=1000, network="net:[1]") is PASS


@pytest.mark.parametrize(
    ("private", "user", "network"),
    [("no", "bot", "net:[2]"), ("", "bot", "net:[2]"), ("yes", "other", "net:[2]"), ("yes", "bot", "net:[1]")],
)
def test_a_network_of_its_own_counts_only_where_unit_and_process_have_it(private: str, user: str, network: str) -> None:
    assert apart(private, user, network) is FAIL


def test_a_unit_or_a_network_that_is_not_shown_is_unknown() -> None:
    assert apart("yes", commands=addresses(ETH0)) is UNKNOWN
    assert apart("yes", hidden=frozenset(("/proc/9/ns/net",))) is UNKNOWN
    assert apart("yes", stats=runs(1, "/sbin/init")) is UNKNOWN
    assert apart("yes", commands={SHOW.format("User"): (1, "")}) is UNKNOWN


# --- passing packets on

FOUR, SIX = "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"


@pytest.mark.parametrize(
    ("texts", "links", "verdict"),
    [
        ({FOUR: "0\n", SIX: "0\n"}, ETH0, PASS),
        ({FOUR: "0\n"}, ETH0, PASS),
        ({FOUR: "1\n", SIX: "0\n"}, ETH0, FAIL),
        ({FOUR: "0\n", SIX: "1\n"}, ETH0, FAIL),
        ({FOUR: "1\n"}, DOCKER0, PASS),
        ({FOUR: "1\n"}, WG0, PASS),
        ({SIX: "0\n"}, ETH0, UNKNOWN),
    ],
)
def test_packets_are_passed_on_only_for_containers_and_tunnels(
    texts: dict[str, str], links: Mapping[str, object], verdict: Verdict
) -> None:
    assert ask(CHECKS, "forwarding", host(texts, commands=addresses(links))).verdict is verdict
