"""The filter for what Landlock does not cover, as bytes; what it does is shown in test_alone.py."""

import struct
from pathlib import Path

import pytest

from ringfence.audit.engines import filter as filter_
from ringfence.confine import calls
from tests.confine.child import run

TRIED = """
from pathlib import Path
from ringfence.audit.engines import filter as filter_
if os.fork():  # the parent waits and tells; the child is the one that gives it up
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
top = Path({top!r})
found["live"] = filter_.alone().live
def opened(name, how):
    os.close(os.open(top / name, how))
found["read"] = attempt(opened, "file", os.O_RDONLY)
found["empty by reading"] = attempt(opened, "file", os.O_RDONLY | os.O_TRUNC)
found["write"] = attempt(opened, "file", os.O_WRONLY)
found["write anew"] = attempt(opened, "other", os.O_WRONLY | os.O_TRUNC | os.O_CREAT)
found["truncate"] = attempt(os.truncate, top / "file", 0)
found["mode"] = attempt(os.chmod, top / "file", 0o777)
found["parent"] = attempt(os.kill, os.getppid(), 0)
found["group"] = attempt(os.kill, 0, 0)
found["itself"] = attempt(os.kill, os.getpid(), 0)
found["fork"] = attempt(os.fork)
found["memory"] = attempt(os.memfd_create, "x")
found["others limits"] = attempt(resource.prlimit, os.getppid(), resource.RLIMIT_CORE)
found["own limits"] = attempt(resource.prlimit, os.getpid(), resource.RLIMIT_CORE)
found["openat2"] = raw(437, -100, 0, 0, 0)
thread = threading.Thread(target=int)
found["thread"] = attempt(thread.start)
"""

ROWS = (filter_.REFUSED, filter_.UNKNOWN, filter_.SIGNALS)


@pytest.mark.parametrize("column", [0, 1])
def test_every_jump_lands_in_the_program_and_every_end_is_a_return(column: int) -> None:
    code = list(struct.iter_unpack("<HBBI", filter_.assemble(4_711, column)))
    assert len(code) < 4_096  # BPF_MAXINSNS
    for at, (kind, then, otherwise, _) in enumerate(code):
        if kind in (0x15, 0x45):
            assert at + 1 + max(then, otherwise) < len(code)
    assert code[-1] == (0x06, 0, 0, 0x7FFF0000)


@pytest.mark.parametrize("column", [0, 1])
def test_no_number_means_two_calls(column: int) -> None:
    tables = [calls.DENIED, *ROWS]
    numbers = [row[column] for table in tables for row in table.values() if row[column] is not None]
    assert len(set(numbers)) == len(numbers)


def test_it_holds_where_landlock_does_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("as it was")
    (tmp_path / "other").write_text("to be written over")
    found = run(TRIED.format(top=str(tmp_path)))
    refused = {"empty by reading", "truncate", "mode", "parent", "group", "fork", "memory", "others limits"}
    worked = {"read", "write", "write anew", "itself", "own limits", "thread"}
    assert found == {
        "live": True, "openat2": "ENOSYS", **dict.fromkeys(refused, "EPERM"), **dict.fromkeys(worked, "worked"),
    }  # fmt: skip
    assert (tmp_path / "file").read_text() == "as it was"


def test_it_names_the_process_that_may_be_signalled() -> None:
    assert struct.pack("<HBBI", 0x15, 1, 0, 4_711) in filter_.assemble(4_711, 0)
    assert struct.pack("<HBBI", 0x15, 1, 0, 4_711) not in filter_.assemble(4_712, 0)
