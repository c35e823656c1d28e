"""What another process of the same user can read, before and after."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.confine.child import run

_VICTIM = """
import ctypes, encodings.idna, os, sys
from pathlib import Path
from ringfence.confine import harden, memory
from ringfence.settings import Settings
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # leaving root made us undumpable already; begin as any program does
kept = bytearray(os.urandom(64))
held = (ctypes.c_ubyte * 64).from_buffer(kept)
{harden}
print(ctypes.addressof(held), kept.hex(), flush=True)
sys.stdin.readline()
"""
_THIEF = """
victim, address = int(sys.argv[1]), int(sys.argv[2])
nobody()
def read_memory():
    with open(f"/proc/{victim}/mem", "rb", buffering=0) as memory:
        memory.seek(address); found["bytes"] = memory.read(64).hex()
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
def read_vector():
    buffer = ctypes.create_string_buffer(64)
    ours, theirs = Vector(ctypes.addressof(buffer), 64), Vector(address, 64)
    one = (ctypes.c_void_p, ctypes.c_ulong)
    libc.process_vm_readv.argtypes = (ctypes.c_int, *one, *one, ctypes.c_ulong)
    if libc.process_vm_readv(victim, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "")
found["mem"] = attempt(read_memory)
found["vector"] = attempt(read_vector)
found["maps"] = attempt(lambda: open(f"/proc/{victim}/maps").read())
found["environ"] = attempt(lambda: open(f"/proc/{victim}/environ").read())
found["descriptors"] = attempt(os.listdir, f"/proc/{victim}/fd")
found["attach"] = raw({attach}, 16, victim, 0, 0)
"""
_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


def _theft(harden: str) -> tuple[dict[str, str], str]:
    attach = "101" if platform.machine() == "x86_64" else "117"
    with subprocess.Popen(
        [sys.executable, "-c", _VICTIM.format(harden=harden)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdin is not None
        assert victim.stdout is not None
        address, kept = victim.stdout.readline().split()
        script = _THIEF.replace("{attach}", attach).replace(
            "int(sys.argv[1]), int(sys.argv[2])", f"{victim.pid}, {address}"
        )
        try:
            found = {name: str(value) for name, value in run(script).items()}
        finally:
            victim.kill()
    return found, kept


@pytest.mark.parametrize("process", ["signer", "courier", "gateway", "prices"])
def test_another_process_of_the_same_user_reads_nothing_of_a_hardened_one(process: str, tmp_path: Path) -> None:
    found, _ = _theft(f"harden.harden({process!r}, Settings(Path({str(tmp_path)!r})))")
    assert "bytes" not in found
    assert set(found.values()) <= {"EACCES", "EPERM"}
    assert len(found) == 6


def test_without_that_the_same_user_simply_takes_the_secret() -> None:
    found, kept = _theft("")
    if _YAMA.exists() and _YAMA.read_text().strip() != "0":
        assert found["mem"] in {"EACCES", "EPERM"}  # a kernel with Yama refuses siblings by itself
    else:
        assert found["bytes"] == kept


@pytest.mark.parametrize("process", ["signer", "courier", "gateway", "prices"])
def test_every_protection_is_reported_as_it_is(process: str) -> None:
    found = run(
        f"""
for protection in hardening.harden({process!r}, home):
    found[protection.name] = protection.live
found["core"] = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
found["dumpable"] = libc.prctl(3, 0, 0, 0, 0)
found["privileges"] = libc.prctl(39, 0, 0, 0, 0)
"""
    )
    last = ("no-internet",) if process in {"signer", "prices"} else ("ports", "no-programs")
    names = ("no-new-privileges", "no-core", "not-dumpable", "files", *last)
    assert found == dict.fromkeys(names, True) | {"core": True, "dumpable": 0, "privileges": 1}


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    run(
        f"""
os.chdir({str(tmp_path)!r})
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
hardening.harden("signer", home)
os.abort()
""",
        status=-6,
    )
    assert list(tmp_path.iterdir()) == []


def test_where_the_kernel_refuses_a_protection_it_says_so_and_does_not_raise() -> None:
    found = run(
        """
import platform
prctl, limit = {"x86_64": (157, (160, 302)), "aarch64": (167, (164, 261))}[platform.machine()]
seccomp.no_programs(seccomp.UNIX)
refused = tuple((number, number) for number in (prctl, *limit))
assert seccomp.install(seccomp.assemble(seccomp.Profile(refused))) is None
for protection in hardening.harden("signer", home):
    found[protection.name] = protection.live
"""
    )
    told = dict.fromkeys(("no-new-privileges", "no-core", "not-dumpable", "no-internet"), False)
    assert found == told | {"files": True}  # that needs no prctl once the first filter has set it
