"""A small internet for a box: an exchange, an attacker, a resolver that answers anything, and a cloud's metadata.

It runs inside, in a network of its own behind the box's only way out, and counts who came.
"""

import json

from tests.hostbox.box import Box

EXCHANGE, ATTACKER, RESOLVER, METADATA = "203.0.113.10", "203.0.113.66", "192.0.2.53", "169.254.169.254"
_OWN = "192.0.2.10"
_CAME = "/srv-came"

_WORLD = """
import json, socket, threading
came = {}
def note(what):
    came[what] = came.get(what, 0) + 1
    open("%s", "w").write(json.dumps(came))
def tcp(address, port):
    one = socket.create_server((address, port))
    while True:
        wire, who = one.accept()
        note(f"tcp {address}:{port}")
        wire.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nhi")
        wire.close()
def udp(address, port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, port))
    while True:
        data, who = one.recvfrom(4096)
        note(f"udp {address}:{port}")
        if port == 53:  # A 203.0.113.66 for whatever is asked (RFC 1035)
            end = data.index(0, 12) + 5
            answer = bytes.fromhex("c00c000100010000003c0004") + socket.inet_aton("%s")
            one.sendto(data[:2] + bytes.fromhex("81800001000100000000") + data[12:end] + answer, who)
def icmp():
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    while True:
        if one.recv(4096)[20] == 8:
            note("icmp")
for address, port in %s:
    threading.Thread(target=tcp, args=(address, port)).start()
    threading.Thread(target=udp, args=(address, port)).start()
icmp()
"""
_PLACES = (
    (EXCHANGE, 443), (EXCHANGE, 9443), (ATTACKER, 443), (ATTACKER, 80), (ATTACKER, 53), (RESOLVER, 53), (METADATA, 80),
)  # fmt: skip


def build(box: Box) -> None:
    """Lay the wires, and start what answers."""
    lines = ["ip netns add world", "ip link add out type veth peer name in netns world", "ip link set out up"]
    lines += [f"ip addr add {_OWN}/24 dev out", "ip -n world link set lo up", "ip -n world link set in up"]
    lines += [f"ip -n world addr add {address}/32 dev in" for address in dict.fromkeys(one for one, _ in _PLACES)]
    lines += [f"ip -n world route add {_OWN}/32 dev in", f"ip route add default via {RESOLVER} dev out onlink"]
    box.must("sh", "-ec", "\n".join(lines))
    box.put("/etc/resolv.conf", f"nameserver {RESOLVER}\n")
    box.put("/srv-world.py", _WORLD % (_CAME, ATTACKER, repr(_PLACES)))
    _answer(box)


def came(box: Box) -> dict[str, int]:
    """Count what has come to any place of that internet."""
    path = box.root / _CAME.lstrip("/")
    found: dict[str, int] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def since(box: Box, before: dict[str, int]) -> dict[str, int]:
    """Count what has come since it was counted before."""
    return {place: count - before.get(place, 0) for place, count in came(box).items() if count > before.get(place, 0)}


def _answer(box: Box) -> None:
    box.must(
        "systemd-run", "-q", "-G", "--unit=world", "ip", "netns", "exec", "world", "/usr/bin/python3", "/srv-world.py"
    )
    listens = f"ip netns exec world ss -ltn | grep -q {METADATA}"
    box.must("sh", "-ec", f"for try in $(seq 50); do {listens} && exit 0; sleep .1; done; exit 1")
