"""What comes in: SSH's real ports stay open, nobody's rules are touched, and what will be shut is said before."""

import json
from collections.abc import Mapping

import pytest

from ringfence.audit.host.host import Host
from ringfence.deploy.wants import File, Folder, Running
from ringfence.errors import Misconfigured
from ringfence.harden import firewall
from ringfence.harden.area import Area, Asked, Proposal
from ringfence.harden.names import INBOUND, RULES, TABLE
from ringfence.harden.offer import offer
from tests.audit.host.fake import folder
from tests.harden.ground import TEXTS, stock, told

NFT = {"/usr/sbin/nft": ""}
SS = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=39,fd=3))\n'
NOTHING = {"nftables": [{"metainfo": {"version": "1.0.6"}}]}
ACTIVE, LISTEN = "systemctl is-active ssh.socket", "systemctl show -p Listen --value ssh.socket"


def chain(family: str, table: str, policy: str = "accept", hook: str = "input", name: str = "in") -> dict[str, object]:
    found = {"family": family, "table": table, "name": name, "hook": hook, "policy": policy, "prio": 0}
    return {"chain": found}


def rule(family: str, table: str, *expr: object, name: str = "in") -> dict[str, object]:
    return {"rule": {"family": family, "table": table, "chain": name, "expr": list(expr)}}


def server(
    *entries: object,
    texts: Mapping[str, str] | None = None,
    commands: Mapping[str, str | tuple[int, str]] | None = None,
    hidden: tuple[str, ...] = (),
) -> Host:
    said: dict[str, str | tuple[int, str]] = {
        "nft -j list ruleset": json.dumps({"nftables": [*NOTHING["nftables"], *entries]}),
        "ss -Hltunp": SS,
        ACTIVE: (3, "inactive\n"),
    }
    stats = {"/sys/class/net/wg0": folder()}
    return stock({**NFT, **(texts or {})}, stats=stats, commands={**said, **(commands or {})}, hidden=hidden)


def ask(host: Host, *ssh_from: str, ports: tuple[str, ...] = ()) -> Proposal:
    return offer(Area.FIREWALL, host, Asked(ssh_from, ports))


def text(offered: Proposal) -> str:
    assert not offered.refused, offered.refused
    return next(want.content for want in offered.wants if isinstance(want, File) and want.path == RULES)


def test_a_server_without_a_wall_is_offered_one_that_stays() -> None:
    offered = ask(server())
    assert [type(want) for want in offered.wants] == [File, File, Folder, File, Running]
    assert Running(INBOUND, (RULES, f"/etc/systemd/system/{INBOUND}")) in offered.wants
    assert "policy drop" in text(offered)
    assert "    tcp dport { 22 } accept\n" in text(offered)
    assert "meta l4proto { 1, 58 } accept" in text(offered)
    assert offered.notes == ()


@pytest.mark.parametrize(
    ("commands", "ports"),
    [
        ({"sshd -T": told(listenaddress="0.0.0.0:2222")}, "22, 2222"),
        ({"sshd -T": told(listenaddress="[::]:2222"), "ss -Hltunp": ""}, "2222"),
        ({"sshd -T": told(listenaddress="0.0.0.0:22\nlistenaddress [::]:443")}, "22, 443"),
        ({ACTIVE: "active\n", LISTEN: "[::]:2200 (Stream)\n0.0.0.0:2201 (Stream)\n"}, "22, 2200, 2201"),
        ({"ss -Hltunp": 'tcp LISTEN 0 128 [::]:2022 [::]:* users:(("sshd",pid=1,fd=3))\n'}, "22, 2022"),
    ],
)
def test_wherever_sshd_answers_stays_open(commands: dict[str, str], ports: str) -> None:
    assert f"tcp dport {{ {ports} }} accept" in text(ask(server(commands=commands)))


def test_where_no_port_of_sshd_is_known_nothing_is_offered() -> None:
    silent = told(listenaddress="")
    assert "at which port" in ask(server(commands={"sshd -T": silent, "ss -Hltunp": ""})).refused


@pytest.mark.parametrize("printed", [(1, ""), "what is this\n"])
def test_where_open_ports_cannot_be_seen_nothing_is_offered(printed: str | tuple[int, str]) -> None:
    assert "ss -Hltunp" in ask(server(commands={"ss -Hltunp": printed})).refused


def test_what_answers_now_and_will_be_shut_is_said() -> None:
    lines = (
        'tcp LISTEN 0 9 0.0.0.0:8080 0.0.0.0:* users:(("python3",pid=7,fd=3))\n'
        "udp UNCONN 0 0 172.17.0.1%docker0:53 0.0.0.0:*\n"
        'tcp LISTEN 0 9 127.0.0.1:8300 0.0.0.0:* users:(("python3",pid=8,fd=3))\n'
        "tcp LISTEN 0 9 [::1]:8301 [::]:*\ntcp LISTEN 0 9 127.0.0.53%lo:53 0.0.0.0:*\n"
        "udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\ntcp LISTEN 0 9 *:443 *:*\n"
    )
    offered = ask(server(commands={"ss -Hltunp": SS + lines}), ports=("tcp/443",))
    assert [note.partition(" will")[0] for note in offered.notes] == ["tcp/8080 (python3)", "udp/53"]
    assert "    tcp dport 443 accept\n" in text(offered)


@pytest.mark.parametrize("port", ["443", "tcp/0", "tcp/65536", "icmp/1", "tcp/443 accept", "tcp/443\n"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Misconfigured, match="is no port"):
        ask(server(), ports=(port,))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("wg0", 'iifname "wg0" tcp dport'),
        ("203.0.113.0/24", "ip saddr 203.0.113.0/24 tcp dport"),
        ("2001:db8::/32", "ip6 saddr 2001:db8::/32 tcp dport"),
        ("any", "    tcp dport"),
    ],
)
def test_ssh_is_let_in_from_there_alone(place: str, words: str) -> None:
    assert f"{words} {{ 22 }} accept" in text(ask(server(), place))
    assert text(ask(server(), place)).count("dport { 22 }") == 1


def test_from_several_places_each_has_its_line() -> None:
    found = text(ask(server(), "wg0", "203.0.113.0/24"))
    assert found.count("dport { 22 }") == 2


@pytest.mark.parametrize(
    "place", ["wg1", "203.0.113.5/24", "203.0.113.0/33", 'wg0" accept #', "0.0.0.0/0 accept", "a" * 16, "", "any thing"]
)
def test_a_place_that_is_not_there_or_none_is_refused(place: str) -> None:
    with pytest.raises(Misconfigured):
        ask(server(), place or "/")


def test_the_place_is_remembered_until_another_is_said() -> None:
    there = {RULES: text(ask(server(), "wg0"))}
    assert text(ask(server(texts=there))) == there[RULES]
    assert 'iifname "wg0"' not in text(ask(server(texts=there), "any"))
    assert "ip saddr 10.0.0.0/8" in text(ask(server(texts=there), "10.0.0.0/8"))


def test_a_port_of_ssh_that_is_meant_to_be_open_is_not_opened_past_its_place() -> None:
    assert "    tcp dport 22 accept" not in text(ask(server(), "wg0", ports=("tcp/22",)))


def test_a_place_that_has_gone_since_is_refused_and_not_forgotten() -> None:
    there = {RULES: text(ask(server(), "wg0")).replace("wg0", "wg9")}
    with pytest.raises(Misconfigured, match="no network interface wg9"):
        ask(server(texts=there))


def test_tunnels_stay_open_by_what_runs_and_by_what_their_files_say() -> None:
    texts = {"/etc/wireguard/wg0.conf": "[Interface]\n listenport = 51820\n#ListenPort = 9\n", "/usr/bin/wg": ""}
    found = text(ask(server(texts=texts, commands={"wg show all listen-port": "wg0\t51821\nwg1\t0\n"})))
    assert "    udp dport 51820 accept\n    udp dport 51821 accept\n" in found
    assert "dport 9 " not in found
    assert "dport 0 " not in found


@pytest.mark.parametrize(
    "entries",
    [
        (chain("inet", "filter", "drop"),),
        (chain("ip", "filter", "drop", name="INPUT"),),
        (chain("ip6", "mine", "drop"),),
        (chain("inet", "firewalld"), rule("inet", "firewalld", {"reject": {"type": "icmpx"}})),
        (chain("inet", "x"), rule("inet", "x", {"counter": {}}, {"log": {}}, {"drop": None})),
    ],
)
def test_where_somebody_else_drops_already_nothing_is_done_and_it_is_said(entries: tuple[object, ...]) -> None:
    offered = ask(server(*entries))
    assert (offered.wants, offered.refused) == ((), "")
    assert "drops what comes in already" in offered.notes[0]


def test_a_wall_over_one_family_alone_is_said_to_be_one() -> None:
    assert "over IPv4 alone" in ask(server(chain("ip", "filter", "drop"))).notes[0]
    assert "over IPv6 alone" in ask(server(chain("ip6", "filter", "drop"))).notes[0]
    assert "alone" not in ask(server(chain("inet", "filter", "drop"))).notes[0]


@pytest.mark.parametrize(
    "entries",
    [
        (chain("inet", "filter"),),
        (chain("inet", "ringfence", "drop", hook="output"),),
        (chain("ip", "docker", "drop", hook="forward"),),
        (chain("inet", TABLE, "drop"),),
        (chain("inet", "f2b"), rule("inet", "f2b", {"match": {"left": 1}}, {"reject": None})),
        (chain("inet", "x"), rule("inet", "x", {"limit": {"rate": 1}}, {"drop": None})),
        (chain("inet", "x"), rule("inet", "x", {"drop": None}, name="other")),
        (chain("inet", "x"), rule("inet", "y", {"drop": None})),
    ],
)
def test_rules_that_let_in_what_nobody_named_are_no_wall(entries: tuple[object, ...]) -> None:
    assert ask(server(*entries)).wants


def test_ufw_that_is_switched_on_is_a_wall_and_one_that_is_off_is_none() -> None:
    assert "ufw is on" in ask(server(texts={"/etc/ufw/ufw.conf": "ENABLED=yes\n"})).notes[0]
    assert ask(server(texts={"/etc/ufw/ufw.conf": "# ENABLED=yes\nENABLED=no\n"})).wants


@pytest.mark.parametrize(
    ("printed", "is_wall"),
    [
        ("*filter\n:INPUT DROP [0:0]\n", True),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT --reject-with x\n", True),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\n", False),
    ],
)
def test_the_old_tables_are_looked_at_as_well(printed: str, is_wall: bool) -> None:
    texts = {"/proc/net/ip6_tables_names": "nat\nfilter\n"}
    offered = ask(server(texts=texts, commands={"ip6tables-legacy-save": printed}))
    assert bool(offered.wants) is not is_wall


@pytest.mark.parametrize("commands", [{}, {"iptables-legacy-save": (1, "")}])
def test_old_tables_that_cannot_be_seen_keep_everything_as_it_is(commands: dict[str, tuple[int, str]]) -> None:
    host = server(texts={"/proc/net/ip_tables_names": "filter\n"}, commands=commands)
    assert "cannot be looked at" in ask(host).refused


@pytest.mark.parametrize("printed", [(1, ""), "", "{}", '{"nftables": [{"chain": {"family": 1}}]}'])
def test_rules_that_cannot_be_read_keep_everything_as_it_is(printed: str | tuple[int, str]) -> None:
    assert "nft -j list ruleset" in ask(server(commands={"nft -j list ruleset": printed})).refused


def test_without_nft_it_says_what_to_install() -> None:
    assert "apt install nftables" in ask(stock()).refused


def test_the_table_is_checked_in_the_kernel_itself() -> None:
    assert firewall.verify(server(chain("inet", TABLE, "drop"))) == ""
    assert "no table" in firewall.verify(server())
    assert "no table" in firewall.verify(server(chain("inet", TABLE, "accept")))
    assert "no table" in firewall.verify(server(chain("inet", TABLE, "drop", hook="output")))
    assert "no table" in firewall.verify(server(chain("inet", TABLE, "drop"), chain("ip", TABLE, "accept")))


def test_the_unit_comes_back_where_nftables_is_loaded_anew() -> None:
    unit = next(want.content for want in ask(server()).wants if isinstance(want, File) and want.path.endswith(INBOUND))
    assert "PartOf=nftables.service" in unit
    assert "ReloadPropagatedFrom=nftables.service" in unit
    assert "WantedBy=sysinit.target" in unit


def test_without_an_ssh_server_nothing_is_opened_for_one() -> None:
    texts = {path: one for path, one in {**TEXTS, **NFT}.items() if path != "/usr/sbin/sshd"}
    host = server()
    host._source.texts = texts  # type: ignore[attr-defined]
    assert "dport" in text(ask(host))
    assert "tcp dport" not in text(ask(host))
