"""Pieces of made-up servers: interfaces, sockets, processes, rules, in the forms in which a real one shows them."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ringfence.audit.host.answer import Answer, Check, Verdict
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status, Unseen
from tests.audit.host.fake import link

ADDRESS = "ip -d -j address"
RULES = "nft -j list ruleset"
NFT = {"/usr/sbin/nft": "binary"}
LISTINGS = Path(__file__).with_name("listings")
CHECKS = Path(__file__).parents[3] / "src/ringfence/audit/host/checks"
USERS = (
    "root:x:0:0:root:/home/root:/bin/bash\n"
    "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
    "alice:x:1000:1000::/home/alice:/bin/bash\n"
    "bot:x:1001:1001::/home/bot:/usr/sbin/nologin\n"
    "gate:x:1002:1002::/nonexistent:/usr/sbin/nologin\n"
)
BOT = Expected(bots=("bot",))


def ask(checks: Iterable[Check], rule: str, host: Host, expected: Expected | None = None) -> Answer:
    """Ask one check as the runner does: what it could not see is unknown."""
    check = next(each for each in checks if each.rule == f"host/{rule}")
    try:
        return check.ask(host, expected or Expected())
    except Unseen as error:
        return Answer(Verdict.UNKNOWN, str(error))


def rules_of(group: str) -> dict[str, dict[str, str]]:
    """Read the words of a group's rules."""
    return tomllib.loads((CHECKS / f"{group}.toml").read_text("utf-8"))


def interface(name: str, kind: str = "", *addresses: str, up: bool = True, loopback: bool = False) -> dict[str, object]:
    flags = [*(["LOOPBACK"] if loopback else ["BROADCAST"]), *(["UP"] if up else [])]
    info = [{"family": "inet6" if ":" in each else "inet", "local": each, "prefixlen": 24} for each in addresses]
    return {"ifname": name, "flags": flags, "addr_info": info, **({"linkinfo": {"info_kind": kind}} if kind else {})}


LO = interface("lo", "", "127.0.0.1", "::1", loopback=True)
ETH0 = interface("eth0", "", "198.51.100.7")
ETH0_BOTH = interface("eth0", "", "198.51.100.7", "2001:db8::7")
WG0 = interface("wg0", "wireguard", "10.8.0.1")
DOCKER0 = interface("docker0", "bridge", "172.17.0.1")


def addresses(*interfaces: Mapping[str, object]) -> dict[str, str]:
    return {ADDRESS: json.dumps([LO, *interfaces])}


def nets(*rows: tuple[str, str, int, int, int], udp6: bool = True) -> dict[str, str]:
    """Write /proc/net: protocol as in `tcp6`, address as the kernel has it, port, user, inode."""
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    tables = {"tcp": head, "udp": head, "tcp6": head, **({"udp6": head} if udp6 else {})}
    for protocol, address, port, uid, inode in rows:
        state = "0A" if protocol.startswith("tcp") else "07"
        zeros = "0" * len(address)
        tables[protocol] += (
            f"   0: {address}:{port:04X} {zeros}:0000 {state} 00000000:00000000 00:00000000 00000000 "
            f"{uid:5d}        0 {inode} 1 00000000d9b12290 100 0 0 10 0\n"
        )
    return {f"/proc/net/{name}": text for name, text in tables.items()}


ANY, ANY6, LOCAL, VPN = "00000000", "0" * 32, "0100007F", "0100080A"  # 0.0.0.0, ::, 127.0.0.1, 10.8.0.1


def process(pid: int, name: str, uid: int = 0, args: str = "") -> dict[str, str]:
    words = args.split(" ") if args else [name]
    return {
        f"/proc/{pid}/status": f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n",
        f"/proc/{pid}/cmdline": "\0".join(words) + "\0",
    }


def runs(pid: int, path: str, *inodes: int, network: str = "net:[1]") -> dict[str, Status]:
    sockets = {f"/proc/{pid}/fd/{number}": link(f"socket:[{inode}]") for number, inode in enumerate(inodes, 3)}
    return {f"/proc/{pid}/exe": link(path), f"/proc/{pid}/ns/net": link(network), **sockets}


INIT = process(1, "systemd")
INIT_RUNS = runs(1, "/usr/lib/systemd/systemd")


def listing(*objects: Mapping[str, object]) -> dict[str, str]:
    return {RULES: json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *objects]})}


Statement = Mapping[str, object]
ACCEPT: Statement = {"accept": None}
DROP: Statement = {"drop": None}


def chain(
    name: str,
    *rules: Iterable[Statement],
    hook: str = "",
    policy: str = "accept",
    family: str = "inet",
    kind: str = "filter",
    table: str = "t",
) -> tuple[Mapping[str, object], ...]:
    base = {"type": kind, "hook": hook, "prio": 0, "policy": policy} if hook else {}
    at = {"family": family, "table": table}
    return (
        {"chain": {**at, "name": name, **base}},
        *({"rule": {**at, "chain": name, "expr": list(each)}} for each in rules),
    )


def match(left: object, right: object, op: str = "==") -> Statement:
    return {"match": {"op": op, "left": left, "right": right}}


def meta(key: str, right: object, op: str = "==") -> Statement:
    return match({"meta": {"key": key}}, right, op)


def port(right: object, op: str = "==", protocol: str = "tcp") -> Statement:
    return match({"payload": {"protocol": protocol, "field": "dport"}}, right, op)


def source(right: object, op: str = "==", family: str = "ip") -> Statement:
    return match({"payload": {"protocol": family, "field": "saddr"}}, right, op)


def target(right: object, op: str = "==", family: str = "ip") -> Statement:
    return match({"payload": {"protocol": family, "field": "daddr"}}, right, op)


def state(*names: str) -> Statement:
    return match({"ct": {"key": "state"}}, list(names), "in")


def jump(name: str, kind: str = "jump") -> Statement:
    return {kind: {"target": name}}


def prefix(address: str, length: int) -> dict[str, object]:
    return {"prefix": {"addr": address, "len": length}}
