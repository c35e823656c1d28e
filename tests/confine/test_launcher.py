"""The launcher where it is nobody in particular: a user who may do nothing but make a user namespace."""

from tests.confine.child import run

_START = """
import msgspec
from ringfence.confine import launcher
from ringfence.confine.bot import Asked, Door
import array, tempfile, traceback
nobody()
libc.prctl(4, 1, 0, 0, 0)  # leaving root made us undumpable; begin as any program does
home = Path(tempfile.mkdtemp(prefix="ringfence-"))
work = Path(tempfile.mkdtemp(prefix="ringfence-"))
(home / "vault").write_text("secret")
def start(script, **changes):
    told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    source, sink = os.pipe()
    given = dict(
        command=("/bin/sh", "-c", script, "sh", str(home / "vault"), str(work)), run=(), read=(), write=(str(work),),
        home=str(home), doors=(Door("127.0.0.1", 443),), listen=(), apart=True, partly=False,
    )
    os.write(sink, msgspec.json.encode(Asked(**given | changes))); os.close(sink)
    child = os.fork()
    if child == 0:
        told.close()
        os.dup2(os.open(work / "said", os.O_WRONLY | os.O_CREAT, 0o600), 1)
        sys.argv[1:] = [str(source), str(theirs.fileno())]
        try:
            launcher.main()
        except SystemExit as ended:
            os._exit(ended.code)
        finally:
            os._exit(99)
    theirs.close()
    said, handles, _, _ = socket.recv_fds(told, 9999, 9)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return said.decode(), len(handles), code
"""
_TRIES = """
cat "$1" && exit 1
grep -h -e CapEff -e NoNewPrivs -e '^Seccomp:' /proc/self/status 2>/dev/null || while read -r line; do
  case "$line" in CapEff*|NoNewPrivs*|Seccomp:*) echo $line;; esac
done < /proc/$$/status
echo x > "$2/new" || exit 2
chmod 777 /proc 2>/dev/null && exit 3
exit 7
"""


def test_a_user_without_any_right_gets_a_network_of_its_own_and_a_door_at_a_low_port() -> None:
    found = run(
        f"""{_START}
found["ended"] = start({_TRIES!r})
found["lines"] = sorted(line.replace("\\t", " ") for line in (work / "said").read_text().splitlines())
found["new"] = (work / "new").read_text()
"""
    )
    assert found == {
        "ended": ["ready", 1, 7], "lines": ["CapEff: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"], "new": "x\n",
    }  # fmt: skip


def test_what_cannot_be_taken_is_said_and_nothing_starts() -> None:
    found = run(
        f"""{_START}
column = seccomp.MACHINES[os.uname().machine].column
refuse = lambda *rows: seccomp.install(seccomp.assemble(seccomp.Profile(rows)))
assert refuse((444, 444)) is None  # Landlock
found["files"] = start("echo ran")
found["partly"] = start("exit 7", partly=True)
assert refuse(calls.SYSTEM["mount_setattr"]) is None
found["changes"] = start("echo ran")
assert refuse((317, 277)) is None  # seccomp itself
found["calls"] = start("echo ran", apart=False, partly=True)
found["ran"] = "ran" in (work / "said").read_text()
"""
    )
    assert found.pop("ran") is False
    assert found.pop("partly") == ["ready", 1, 7]
    told = {name: str(one) for name, one in found.items()}
    assert "it cannot be confined: this kernel has no Landlock" in told["files"]
    assert "Operation not permitted" in told["changes"]
    assert "system calls cannot be taken from it" in told["calls"]
    assert all(one.endswith("0, 126]") for one in told.values())
