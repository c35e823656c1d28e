"""The VPN of a server: each check passes, fails, and does not know where it cannot look."""

import json
from collections.abc import Mapping

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Verdict
from ringfence.audit.host.checks.vpn import CHECKS
from ringfence.audit.host.source import Status
from tests.audit.host.fake import file, folder, host, link
from tests.audit.host.servers import ADDRESS, ETH0, WG0, addresses, ask, interface, rules_of

PASS, FAIL, UNKNOWN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
TAILSCALE0 = interface("tailscale0", "tun", "100.64.0.9")


def test_every_check_has_its_words_and_every_word_its_check() -> None:
    assert {each.rule for each in CHECKS} == {f"host/{name}" for name in rules_of("vpn")}


@pytest.mark.parametrize("rule", ["no-vpn", "wireguard-peers", "tailscale-open"])
@pytest.mark.parametrize("commands", [{}, {ADDRESS: (1, "[]")}, {ADDRESS: "{}"}])
def test_interfaces_that_cannot_be_seen_are_unknown(rule: str, commands: dict[str, str]) -> None:
    assert ask(CHECKS, rule, host(commands=commands)).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (WG0, PASS),
        (TAILSCALE0, PASS),
        (interface("vpn", "wireguard"), PASS),
        (interface("wg0", "wireguard", up=False), FAIL),
        (interface("wg0", "dummy"), FAIL),
        (interface("tailscale0", ""), FAIL),
        (ETH0, FAIL),
    ],
)
def test_a_tunnel_is_up_and_is_one(one: Mapping[str, object], verdict: Verdict) -> None:
    assert ask(CHECKS, "no-vpn", host(commands=addresses(ETH0, one))).verdict is verdict


CONF = "/etc/wireguard/wg0.conf"
NETDEV = "/etc/systemd/network/wg0.netdev"


@pytest.mark.parametrize(
    ("stats", "verdict"),
    [
        ({"/etc/wireguard": folder(0o700), CONF: file(0o600)}, PASS),
        ({"/etc/wireguard": folder(0o700), CONF: file(0o400)}, PASS),
        ({"/etc/wireguard": folder(0o700), CONF: file(0o640)}, FAIL),
        ({"/etc/wireguard": folder(0o700), CONF: file(0o604)}, FAIL),
        ({"/etc/wireguard": folder(0o750), CONF: file(0o600)}, FAIL),
        ({"/etc/wireguard": folder(0o700), CONF: file(0o600, uid=1000)}, FAIL),
        ({"/etc/wireguard": folder(0o700, uid=1000), CONF: file(0o600)}, FAIL),
        ({"/etc/wireguard": folder(0o700), "/etc/wireguard/private.key": file(0o644)}, FAIL),
        ({"/etc/wireguard": folder(0o700), CONF: link("/srv/wg0.conf"), "/srv/wg0.conf": file(0o644)}, FAIL),
        ({"/etc/wireguard": folder(0o700), CONF: link("../wg0.conf"), "/etc/wg0.conf": file(0o600)}, PASS),
        ({"/etc/wireguard": folder(0o700), CONF: link("gone.conf")}, UNKNOWN),
        ({"/etc/wireguard": folder(0o700), CONF: link("wg0.conf")}, UNKNOWN),
        ({"/etc/wireguard": folder(0o755)}, NONE),
        ({}, NONE),
    ],
)
def test_only_root_reads_wireguards_keys(stats: dict[str, Status], verdict: Verdict) -> None:
    assert ask(CHECKS, "wireguard-files", host(stats=stats)).verdict is verdict


@pytest.mark.parametrize(
    ("text", "mode", "verdict"),
    [
        ("[WireGuard]\nPrivateKey=x\n", 0o640, PASS),
        ("[WireGuard]\nPrivateKey=x\n", 0o644, FAIL),
        ("[WireGuard]\nPrivateKey=x\n", 0o660, FAIL),
        ("[NetDev]\nKind=bridge\n", 0o644, NONE),
    ],
)
def test_a_key_in_a_unit_of_the_network_is_for_that_program_alone(text: str, mode: int, verdict: Verdict) -> None:
    assert ask(CHECKS, "wireguard-files", host({NETDEV: text}, stats={NETDEV: file(mode)})).verdict is verdict


def test_keys_that_cannot_be_looked_at_are_unknown() -> None:
    assert ask(CHECKS, "wireguard-files", host(hidden=frozenset(("/etc/wireguard",)))).verdict is UNKNOWN


ALICE, BOB = "hV2cN8xkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "bOb2cN8xkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def met(allowed: str | tuple[int, str], seen: str | tuple[int, str] = "") -> Answer:
    commands = {**addresses(ETH0, WG0), "wg show all allowed-ips": allowed, "wg show all latest-handshakes": seen}
    return ask(CHECKS, "wireguard-peers", host(commands=commands))


SEEN = f"wg0\t{ALICE}\t1795850000\nwg0\t{BOB}\t1795850000\n"


@pytest.mark.parametrize(
    ("addresses_", "verdict"),
    [
        ("10.8.0.2/32", PASS),
        ("10.8.0.2/32 fd00::2/128", PASS),
        ("(none)", PASS),
        ("10.8.0.0/31", FAIL),
        ("10.8.0.2/24", FAIL),
        ("10.8.0.2/32 fd00::/127", FAIL),
        ("0.0.0.0/0", FAIL),
        ("10.8.0.2/33", UNKNOWN),
    ],
)
def test_a_peer_sends_as_one_address_only(addresses_: str, verdict: Verdict) -> None:
    assert met(f"wg0\t{ALICE}\t{addresses_}\n", SEEN).verdict is verdict


def test_every_peer_is_asked_and_none_is_shown_in_full() -> None:
    answer = met(f"wg0\t{ALICE}\t10.8.0.2/32\nwg0\t{BOB}\t0.0.0.0/0\n", SEEN)
    assert answer.evidence == "bOb2cN8x... on wg0: 0.0.0.0/0"


@pytest.mark.parametrize("seen", [f"wg0\t{ALICE}\t0\n", "", f"wg1\t{ALICE}\t1795850000\n"])
def test_a_peer_that_never_came_is_milder(seen: str) -> None:
    answer = met(f"wg0\t{ALICE}\t10.8.0.2/32\n", seen)
    assert (answer.verdict, answer.severity) == (FAIL, Severity.LOW)


@pytest.mark.parametrize(
    ("allowed", "seen"), [((1, ""), SEEN), (f"wg0\t{ALICE}\t10.8.0.2/32\n", (1, "")), ("wg0\tx\n", SEEN)]
)
def test_peers_that_cannot_be_seen_are_unknown(allowed: str | tuple[int, str], seen: str | tuple[int, str]) -> None:
    assert met(allowed, seen).verdict is UNKNOWN


def test_no_secret_key_is_asked_for() -> None:
    commands = {**addresses(WG0), "wg show all allowed-ips": "", "wg show all latest-handshakes": ""}
    assert ask(CHECKS, "wireguard-peers", host(commands=commands)).verdict is PASS


def test_without_wireguard_there_is_nothing_to_ask() -> None:
    assert ask(CHECKS, "wireguard-peers", host(commands=addresses(ETH0, TAILSCALE0))).verdict is NONE


RUNNING = {"BackendState": "Running", "Self": {"HostName": "bot", "KeyExpiry": "2027-01-01T00:00:00Z"}, "Peer": None}


def tailnet(serving: object = None, **changed: object) -> Answer:
    status = json.dumps({**RUNNING, **changed})
    commands = {
        **addresses(ETH0, TAILSCALE0),
        "tailscale status --json": status,
        "tailscale serve status --json": json.dumps(serving or {}),
    }
    return ask(CHECKS, "tailscale-open", host({"/usr/bin/tailscale": "x"}, commands=commands))


FUNNEL = {"AllowFunnel": {"bot.example.ts.net:443": True}}


@pytest.mark.parametrize(
    ("serving", "verdict"),
    [
        ({}, PASS),
        ({"TCP": {"443": {"HTTPS": True}}, "Web": {"bot.example.ts.net:443": {}}}, PASS),
        ({"AllowFunnel": {"bot.example.ts.net:443": False}}, PASS),
        ({"AllowFunnel": None, "Foreground": None}, PASS),
        (FUNNEL, FAIL),
        ({"Foreground": {"1": FUNNEL}}, FAIL),
        ({"AllowFunnel": "yes"}, UNKNOWN),
    ],
)
def test_what_tailscale_shows_to_the_internet_is_a_failure(serving: object, verdict: Verdict) -> None:
    assert tailnet(serving).verdict is verdict


@pytest.mark.parametrize(
    ("changed", "verdict", "severity"),
    [
        ({"Peer": {"k": {"HostName": "laptop"}}}, PASS, None),
        ({"Peer": {"k": {"HostName": "laptop", "ShareeNode": True}}}, FAIL, None),
        ({"Self": {"HostName": "bot"}}, FAIL, Severity.MEDIUM),
        ({"BackendState": "Stopped"}, NONE, None),
        ({"BackendState": 3}, UNKNOWN, None),
    ],
)
def test_a_tailnet_is_ones_own_and_its_keys_expire(
    changed: dict[str, object], verdict: Verdict, severity: Severity | None
) -> None:
    answer = tailnet(**changed)
    assert (answer.verdict, answer.severity) == (verdict, severity)


def test_tailscale_that_does_not_answer_is_unknown() -> None:
    for commands in ({}, {"tailscale status --json": (1, "")}, {"tailscale status --json": json.dumps(RUNNING)}):
        made = host({"/usr/bin/tailscale": "x"}, commands={**addresses(ETH0), **commands})
        assert ask(CHECKS, "tailscale-open", made).verdict is UNKNOWN


def test_an_interface_of_tailscales_is_asked_about_wherever_its_program_is() -> None:
    assert ask(CHECKS, "tailscale-open", host(commands=addresses(TAILSCALE0))).verdict is UNKNOWN


def test_without_tailscale_there_is_nothing_to_ask() -> None:
    assert ask(CHECKS, "tailscale-open", host(commands=addresses(ETH0))).verdict is NONE
