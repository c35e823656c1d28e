"""What the filter refuses, found by trying it in child processes."""

import platform
import signal
import struct

import pytest

from ringfence.confine import calls
from ringfence.confine.calls import DENIED
from ringfence.confine.seccomp import MACHINES, UNIX, Machine, Profile, Word, assemble, ours
from tests.confine.child import run

_FAMILIES = """
for family, kind in [("AF_INET", 1), ("AF_INET", 2), ("AF_INET", 3), ("AF_INET6", 1), ("AF_INET6", 2), ("AF_PACKET", 3),
                     ("AF_NETLINK", 3), ("AF_VSOCK", 1), ("AF_ALG", 5), ("AF_UNIX", 1), ("AF_UNIX", 2)]:
    found[f"{family} {kind}"] = attempt(socket.socket, getattr(socket, family), kind)
found["pair"] = attempt(socket.socketpair, socket.AF_UNIX)
found["inet pair"] = attempt(socket.socketpair, socket.AF_INET)
"""
_ALL = ("AF_INET 1", "AF_INET 2", "AF_INET 3", "AF_INET6 1", "AF_INET6 2", "AF_PACKET 3", "AF_NETLINK 3", "AF_VSOCK 1")
_MACHINE = MACHINES[platform.machine()]
_SOCKET = calls.SOCKET[_MACHINE.column]
_NUMBERS = {name: row[_MACHINE.column] for name, row in DENIED.items()}


@pytest.mark.parametrize("process", ["signer", "prices"])
def test_no_socket_but_a_unix_one_can_be_made(process: str) -> None:
    found = run(f"hardening.harden({process!r}, home)\n{_FAMILIES}")
    assert {name: found[name] for name in (*_ALL, "AF_ALG 5", "inet pair")} == dict.fromkeys(
        (*_ALL, "AF_ALG 5", "inet pair"), "EPERM"
    )
    assert [found["AF_UNIX 1"], found["AF_UNIX 2"], found["pair"]] == ["worked", "EPERM", "worked"]


def test_the_upper_half_of_the_family_cannot_hide_an_internet_socket() -> None:
    # The kernel takes an int: 2 with rubbish above it is AF_INET, and 1 with rubbish above it is AF_UNIX.
    found = run(
        f"""
seccomp.no_internet()
for family in (2, 2 | 1 << 32, 2 | 0x7fff << 33, 10 | 1 << 40, 1 | 1 << 32):
    found[str(family & 0xffff) + ("+" if family >> 16 else "")] = raw({_SOCKET}, family, 1, 0)
"""
    )
    assert found == {"2": "EPERM", "2+": "EPERM", "10+": "EPERM", "1+": "worked"}


@pytest.mark.parametrize("process", ["signer", "prices", "courier", "gateway"])
def test_no_process_starts_a_program(process: str) -> None:
    found = run(
        f"""
program = os.open("/bin/true", os.O_RDONLY)
hardening.harden({process!r}, home)
found["exec"] = attempt(os.execv, "/bin/true", ["true"])
found["fexec"] = attempt(os.execve, program, ["true"], {{}})
found["spawn"] = attempt(os.posix_spawn, "/bin/true", ["true"], {{}})
found["run"] = attempt(subprocess.run, ["/bin/true"])
found["shell"] = os.waitstatus_to_exitcode(os.system("true"))
"""
    )
    assert found.pop("shell") == 127
    assert found == dict.fromkeys(found, "EPERM")
    assert len(found) == 4


@pytest.mark.parametrize("process", ["signer", "courier"])
def test_every_denied_call_fails_with_eperm(process: str) -> None:
    numbers = {name: number for name, number in _NUMBERS.items() if number is not None}
    assert set(_NUMBERS) - set(numbers) <= {"iopl", "ioperm", "modify_ldt", "uselib"}  # calls that only x86 has
    found = run(
        f"""
hardening.harden({process!r}, home)
for name, number in {numbers!r}.items():
    found[name] = raw(number, 0, 0, 0, 0, 0, 0)
"""
    )
    assert found == dict.fromkeys(numbers, "EPERM")


def test_threads_that_ran_before_are_covered() -> None:
    found = run(
        """
ready, go, answers = threading.Event(), threading.Event(), []
def late():
    ready.set(); go.wait(); answers.append(attempt(socket.socket, socket.AF_INET))
threads = [threading.Thread(target=late) for _ in range(4)]
for thread in threads: thread.start()
ready.wait()
seccomp.no_internet()
go.set()
for thread in threads: thread.join()
found["threads"] = answers
"""
    )
    assert found == {"threads": ["EPERM"] * 4}


def test_children_are_covered_where_there_may_be_any() -> None:
    found = run(
        """
seccomp.no_sockets()
ours, theirs = os.pipe()
if os.fork() == 0:
    os.write(theirs, attempt(socket.socket, socket.AF_INET6).encode()); os._exit(0)
found["child"] = os.read(ours, 20).decode()
"""
    )
    assert found == {"child": "EPERM"}


_LOOP = """
import asyncio, uvloop
where = str(home.home / "run" / "s")
async def main(harden):
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, int)  # a thread of the pool is there
    harden()
    found["pool"] = await loop.run_in_executor(None, attempt, socket.socket, socket.AF_INET)
    heard = loop.create_future()
    server = await asyncio.start_unix_server(lambda r, w: heard.set_result("heard"), path=where)
    await asyncio.open_unix_connection(where)
    found["unix"] = await heard
    try:
        await loop.create_connection(asyncio.Protocol, "127.0.0.1", 1)
    except OSError as error:
        found["inet"] = errno.errorcode[error.errno]
def protect():
    found["live"] = hardening.harden("signer", home)[-1].live
"""


@pytest.mark.parametrize(
    "start", ["asyncio.run(main(protect))", "protect(); uvloop.run(main(int))", "protect(); asyncio.run(main(int))"]
)
def test_the_threads_of_an_event_loop_are_covered_and_the_loop_works(start: str) -> None:
    found = run(f"{_LOOP}\n{start}")
    assert found == {"live": True, "pool": "EPERM", "unix": "heard", "inet": "EPERM"}


def test_a_running_uvloop_with_its_ring_lives_on_and_is_never_called_protected() -> None:
    found = run(f"{_LOOP}\nuvloop.run(main(protect))")
    assert found["unix"] == "heard"
    assert found["live"] is (found["pool"] == "EPERM")


@pytest.mark.parametrize(("process", "name"), [("signer", "no-internet"), ("courier", "no-programs")])
def test_a_ring_that_is_already_open_could_make_sockets_so_it_is_reported_and_the_loop_lives(
    process: str, name: str
) -> None:
    found = run(
        f"""
parameters = ctypes.create_string_buffer(120)
ring = libc.syscall(ctypes.c_long({_NUMBERS["io_uring_setup"]}), ctypes.c_uint(4), parameters)
assert ring >= 0 or ctypes.get_errno() in (errno.EPERM, errno.ENOSYS), "neither a ring nor a kernel without rings"
protection = hardening.harden({process!r}, home)[-1]
found["ring"], found["live"], found["detail"] = ring >= 0, protection.live, protection.detail
found["name"] = protection.name
found["enter"] = raw({_NUMBERS["io_uring_enter"]}, ring, 0, 0, 0, 0, 0)
"""
    )
    assert found["name"] == name
    assert found["live"] is not found["ring"]
    if found["ring"]:
        assert "io_uring is already open" in str(found["detail"])
        assert found["enter"] == "worked"


def test_a_second_filter_cannot_give_back_what_the_first_took() -> None:
    found = run(
        """
seccomp.no_internet()
found["second"] = seccomp.no_programs(seccomp.UNIX).live
found["inet"] = attempt(socket.socket, socket.AF_INET)
"""
    )
    assert found == {"second": True, "inet": "EPERM"}


def test_it_works_for_an_ordinary_user() -> None:
    found = run(
        """
import tempfile
nobody()
home = Settings(Path(tempfile.mkdtemp(prefix="ringfence-")))
found["live"] = [protection.live for protection in hardening.harden("signer", home)]
found["inet"] = attempt(socket.socket, socket.AF_INET)
"""
    )
    assert found == {"live": [True] * 5, "inet": "EPERM"}


def test_a_kernel_that_refuses_the_filter_is_reported_and_not_taken_for_protection() -> None:
    found = run(
        f"""
assert seccomp.install(seccomp.assemble(seccomp.Profile((({_MACHINE.seccomp},) * 2,)))) is None
for protection in hardening.harden("signer", home):
    found[protection.name] = [protection.live, protection.detail]
found["courier"] = hardening.harden("courier", home)[-1].live
found["inet"] = attempt(socket.socket, socket.AF_INET)
"""
    )
    assert found.pop("no-internet") == [False, "seccomp: Operation not permitted"]
    assert (found.pop("courier"), found.pop("inet")) == (False, "worked")
    assert all(live for live, _ in found.values())  # type: ignore[misc, has-type]


def test_a_thread_with_a_filter_of_its_own_is_reported() -> None:
    found = run(
        f"""
ready, end = threading.Event(), threading.Event()
def own():
    program = seccomp.assemble(seccomp.Profile(()))
    steps = ctypes.create_string_buffer(program, len(program))
    head = __import__("struct").pack("@HP", len(program) // 8, ctypes.addressof(steps))
    libc.prctl(38, 1, 0, 0, 0)
    assert libc.syscall({_MACHINE.seccomp}, 1, 0, head) == 0
    ready.set(); end.wait()
thread = threading.Thread(target=own); thread.start(); ready.wait()
protection = seccomp.no_internet()
found["live"], found["detail"] = protection.live, protection.detail
end.set(); thread.join()
"""
    )
    assert found["live"] is False
    assert str(found["detail"]).endswith("has a filter of its own")


def test_on_an_unknown_machine_nothing_is_promised() -> None:
    found = run(
        """
seccomp.MACHINES.clear()
for protection in (seccomp.no_internet(), seccomp.no_programs(seccomp.UNIX)):
    found[protection.name] = [protection.live, protection.detail.startswith("no filter is written for")]
"""
    )
    assert found == {"no-internet": [False, True], "no-programs": [False, True]}


def test_the_x32_numbers_are_refused() -> None:
    found = run(f"seccomp.no_internet()\nfound['answer'] = raw(0x40000000 + {_SOCKET}, 2, 1, 0)")
    assert found == {"answer": "EPERM" if _MACHINE.x32 else "ENOSYS"}


_I386_GETPID = bytes.fromhex("b814000000cd80c3")  # mov eax, 20; int 0x80; ret: the 32-bit door of an x86_64 kernel


def test_a_call_through_the_door_of_another_architecture_ends_the_process() -> None:
    if platform.machine() != "x86_64":
        program = assemble(ours(UNIX))
        assert _run(program, audit=0x40000028, number=0) == 0x80000000  # 32-bit ARM
        return
    run(
        f"""
import mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write({_I386_GETPID!r})
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
assert call() == os.getpid()
seccomp.no_internet()
call()
""",
        status=-signal.SIGSYS,
    )


def _run(program: bytes, audit: int, number: int, *words: int) -> int:
    """Interpret the five instructions of classic BPF that the filter uses."""
    steps = list(struct.iter_unpack("<HBBI", program))
    data = struct.pack("<IIQ6Q", number, audit, 0, *words, *[0] * (6 - len(words)))
    held, at = 0, 0
    while True:
        code, then, otherwise, k = steps[at]
        at += 1
        match code:
            case 0x20:
                held = int(struct.unpack_from("<I", data, k)[0])
            case 0x54:
                held &= k
            case 0x15 | 0x35:
                at += then if (held == k if code == 0x15 else held >= k) else otherwise
            case 0x06:
                return int(k)
            case _:
                raise AssertionError(code)


_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_TABLES = (calls.DENIED, calls.CHILDREN, calls.UNNAMED)
_THREAD = 0x3D0F00  # the flags with which glibc makes a thread (nptl/pthread_create.c)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_each_machines_filter_refuses_exactly_its_table_and_foreign_calls(machine: Machine) -> None:
    numbers = {row[machine.column] for table in _TABLES for row in table.values()} - {None}
    looked_at = {row[machine.column] for row in (calls.SOCKET, calls.SOCKETPAIR, calls.CLONE)}
    program = assemble(ours(UNIX), machine)
    for number in set(range(600)) - looked_at:
        absent = number == calls.IN_MEMORY["clone3"][machine.column]
        expected = _REFUSE if number in numbers else _ABSENT if absent else _ALLOW
        assert _run(program, machine.audit, number) == expected
    assert _run(program, machine.audit, 0x40000000) == (_REFUSE if machine.x32 else _ALLOW)
    assert _run(program, machine.audit, 0x3FFFFFFF) == _ALLOW
    for other in MACHINES.values():
        if other is not machine:
            assert _run(program, other.audit, 1) == _KILL


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
@pytest.mark.parametrize(
    ("row", "words", "answer"),
    [
        (calls.SOCKET, (1, 1, 0), _ALLOW),
        (calls.SOCKET, (1, 1 | 0o2004000, 0), _ALLOW),  # SOCK_CLOEXEC, SOCK_NONBLOCK
        (calls.SOCKET, (1 | 7 << 32, 1 | 7 << 32, 7 << 32), _ALLOW),  # the kernel reads the lower halves
        (calls.SOCKET, (2, 1, 0), _REFUSE),
        (calls.SOCKET, (1, 2, 0), _REFUSE),
        (calls.SOCKET, (1, 3 | 0o2000000, 0), _REFUSE),
        (calls.SOCKET, (1, 1, 262), _REFUSE),  # MPTCP
        (calls.SOCKETPAIR, (1, 1, 0), _ALLOW),
        (calls.SOCKETPAIR, (1, 2, 0), _REFUSE),
        (calls.SOCKETPAIR, (2, 1, 0), _REFUSE),
        (calls.CLONE, (_THREAD,), _ALLOW),
        (calls.CLONE, (17,), _REFUSE),  # a child, as fork makes it
        (calls.CLONE, (_THREAD | 0x10000000,), _REFUSE),  # a thread in a user namespace of its own
        (calls.CLONE, (_THREAD | 0x40000000,), _REFUSE),
        (calls.CLONE, (_THREAD | 0x00020000,), _REFUSE),
        (calls.CLONE, (0x10000000 << 32 | _THREAD,), _ALLOW),  # above the flags there is nothing
    ],
)
def test_sockets_and_children_are_judged_by_their_arguments(
    machine: Machine, row: calls.Numbers, words: tuple[int, ...], answer: int
) -> None:
    number = row[machine.column]
    assert number is not None
    assert _run(assemble(ours(UNIX), machine), machine.audit, number, *words) == answer


def test_a_word_that_must_be_none_of_some_passes_with_any_other() -> None:
    where = MACHINES["x86_64"]
    program = assemble(Profile((), (), (Word((16, 29), 1, (5, 6), none_of=True),)), where)
    told = {value: _run(program, where.audit, 16, 0, value) for value in (4, 5, 6, 7, 5 | 1 << 32)}
    assert told == {4: _ALLOW, 5: _REFUSE, 6: _REFUSE, 7: _ALLOW, 5 | 1 << 32: _REFUSE}


def test_the_tables_name_no_number_twice() -> None:
    tables = (*_TABLES, calls.SHARED, calls.IN_MEMORY, calls.TRUNCATE)
    single = (calls.CLONE, calls.SOCKET, calls.SOCKETPAIR, calls.LISTEN, calls.IOCTL)
    taken = [row for table in (calls.SENDING, calls.OPENING) for row, _ in table.values()]
    rows = [row for table in tables for row in table.values()] + [*single, *taken]
    for machine in MACHINES.values():
        numbers = [row[machine.column] for row in rows if row[machine.column] is not None]
        assert len(set(numbers)) == len(numbers)
