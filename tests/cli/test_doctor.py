"""What doctor says of a machine: each protection there, lacking and unreadable; and of processes that run."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ringfence.cli import doctor
from ringfence.cli.answers import Journal, Protection, Status, Wall
from ringfence.cli.examining import Row, State, kernel, systemd
from ringfence.cli.running import Running, processes, running, walls
from ringfence.cli.trying import Tried, try_all
from ringfence.settings import PROCESSES, Settings
from tests.cli.terminal import ringfence
from tests.confine.child import run

_ALL = Tried(
    landlock=7, files=True, filters=True, secret_memory=True, no_new_privileges=True, namespaces=True, synchronised=True
)
_GOOD = {
    "proc/sys/kernel/yama/ptrace_scope": "1\n",
    "proc/swaps": "Filename\t\t\t\tType\n",
    "proc/sys/kernel/core_pattern": "|/bin/false\n",
    "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
}


def machine(root: Path, tried: Tried = _ALL, **files: str | None) -> dict[str, Row]:
    for path, content in (_GOOD | {name.replace("__", "/"): text for name, text in files.items()}).items():
        if content is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
    return {row.name: row for row in kernel(root, tried)}


def test_a_machine_that_has_everything_is_live_throughout(tmp_path: Path) -> None:
    rows = machine(tmp_path).values()
    assert {row.state for row in rows} == {State.LIVE}
    assert not any(row.wrong or row.do for row in rows)


@pytest.mark.parametrize(
    ("change", "name", "state", "wrong"),
    [
        ({"landlock": 6}, "files (Landlock)", State.LIVE, False),
        ({"landlock": 5}, "files (Landlock)", State.PARTLY, False),
        ({"landlock": 1}, "files (Landlock)", State.PARTLY, False),
        ({"landlock": 0, "files": False}, "files (Landlock)", State.MISSING, True),
        ({"files": False}, "files (Landlock)", State.MISSING, True),  # it says so, and does not do it
        ({"filters": False}, "system calls (seccomp)", State.MISSING, True),
        ({"no_new_privileges": False}, "no new privileges", State.MISSING, True),
        ({"secret_memory": False}, "secret memory", State.PARTLY, False),
        ({"namespaces": False}, "network of its own", State.MISSING, False),
        ({"synchronised": False}, "clock", State.MISSING, True),
        ({"synchronised": None}, "clock", State.UNKNOWN, True),
    ],
)
def test_what_was_tried_in_vain_is_said(
    tmp_path: Path, change: dict[str, object], name: str, state: State, wrong: bool
) -> None:
    row = machine(tmp_path, replace(_ALL, **change))[name]  # type: ignore[arg-type]
    assert (row.state, row.wrong) == (state, wrong)
    assert bool(row.do) is (state is not State.LIVE)


@pytest.mark.parametrize(
    ("version", "said"),
    [(2, "emptied"), (3, "TCP ports are not kept"), (4, "signals"), (5, "signals to other processes pass")],
)
def test_each_version_of_landlock_says_what_it_lacks(tmp_path: Path, version: int, said: str) -> None:
    assert said in machine(tmp_path, replace(_ALL, landlock=version))["files (Landlock)"].means


@pytest.mark.parametrize(
    ("path", "content", "name", "state"),
    [
        ("proc__sys__kernel__yama__ptrace_scope", "0\n", "reading other processes (Yama)", State.PARTLY),
        ("proc__sys__kernel__yama__ptrace_scope", "3\n", "reading other processes (Yama)", State.LIVE),
        ("proc__sys__kernel__yama__ptrace_scope", "yes\n", "reading other processes (Yama)", State.UNKNOWN),
        ("proc__sys__kernel__yama__ptrace_scope", None, "reading other processes (Yama)", State.PARTLY),
        ("proc__swaps", "Filename\tType\n/dev/vda2\tpartition\t1\t0\t-2\n", "swap", State.PARTLY),
        ("proc__swaps", "", "swap", State.UNKNOWN),
        ("proc__swaps", None, "swap", State.UNKNOWN),
        ("proc__sys__kernel__core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n", "core dumps", State.PARTLY),
        ("proc__sys__kernel__core_pattern", "\n", "core dumps", State.LIVE),
        ("proc__sys__kernel__core_pattern", None, "core dumps", State.UNKNOWN),
        ("sys__fs__cgroup__cgroup.controllers", None, "limits (cgroup v2)", State.MISSING),
    ],
)
def test_what_the_machine_is_set_to_is_read(
    tmp_path: Path, path: str, content: str | None, name: str, state: State
) -> None:
    assert machine(tmp_path, _ALL, **{path: content})[name].state is state


def test_the_firewall_of_systemd_is_never_called_live(tmp_path: Path) -> None:
    assert systemd(tmp_path, "").state is State.MISSING
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    old = systemd(tmp_path, "systemd 252 (252.39-1)\n+PAM -BPF_FRAMEWORK default-hierarchy=unified\n")
    new = systemd(tmp_path, "systemd 257 (257.4)\n+PAM +BPF_FRAMEWORK\n")
    assert {old.state, new.state, systemd(tmp_path, "").state} == {State.UNKNOWN}
    assert "systemd 252" in old.means
    assert "SocketBindDeny" in old.means
    assert "SocketBindDeny" not in new.means


_STATUS = "Name:\tpython\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nNoNewPrivs:\t{privileges}\nSeccomp:\t{seccomp}\n"


def process(
    root: Path, pid: int, words: tuple[str, ...], *, uid: int = 1, privileges: int = 1, seccomp: int = 2
) -> None:
    folder = root / "proc" / str(pid)
    folder.mkdir(parents=True)
    (folder / "cmdline").write_text("".join(f"{word}\0" for word in words))
    (folder / "status").write_text(_STATUS.format(uid=uid, privileges=privileges, seccomp=seccomp))


def ours(name: str, home: str = "/h") -> tuple[str, ...]:
    return ("python", "-I", "-S", "-c", "begin", "paths", f"ringfence.{name}", "--home", home, "--passphrase-fd", "3")


def test_processes_are_known_by_their_module_and_their_home(tmp_path: Path) -> None:
    process(tmp_path, 10, ours("signer"))
    process(tmp_path, 9, ours("gateway"), seccomp=0)
    process(tmp_path, 11, ours("courier", "/other"))
    process(tmp_path, 12, ("cat", "ringfence.prices"))
    process(tmp_path, 13, ours("paper"))
    (tmp_path / "proc" / "14").mkdir()  # gone while we looked
    assert list(running(tmp_path, Path("/h"))) == [
        Running("gateway", 9, 1, no_new_privileges=True, filtered=False),
        Running("signer", 10, 1, no_new_privileges=True, filtered=True),
    ]


def settings(tmp_path: Path, **users: int) -> Settings:
    return Settings(tmp_path, users=dict.fromkeys(PROCESSES, 1) | users)


def all_four(**change: object) -> tuple[Running, ...]:
    found = (Running(name, 10 + at, 1, no_new_privileges=True, filtered=True) for at, name in enumerate(PROCESSES))
    return tuple(replace(one, **change) if one.name == "gateway" else one for one in found)  # type: ignore[arg-type]


def test_processes_that_gave_up_what_they_should_are_live(tmp_path: Path) -> None:
    rows = {row.name: row for row in processes(settings(tmp_path), all_four(), None)}
    assert rows["processes"].state is State.LIVE


@pytest.mark.parametrize("change", [{"filtered": False}, {"no_new_privileges": False}])
def test_one_process_without_its_filter_is_enough(tmp_path: Path, change: dict[str, object]) -> None:
    rows = {row.name: row for row in processes(settings(tmp_path), all_four(**change), None)}
    assert rows["processes"].wrong
    assert "gateway (12)" in rows["processes"].means


def test_a_process_that_does_not_run_is_named(tmp_path: Path) -> None:
    rows = {row.name: row for row in processes(settings(tmp_path), all_four()[1:], None)}
    assert (rows["processes"].state, rows["processes"].wrong) == (State.PARTLY, False)
    assert rows["processes"].means.startswith("signer does not run")


def test_where_nothing_runs_nothing_is_promised_and_nothing_is_wrong(tmp_path: Path) -> None:
    (row,) = processes(settings(tmp_path), (), None)
    assert (row.state, row.wrong) == (State.UNKNOWN, False)


def test_users_are_a_wall_only_where_each_process_has_its_own(tmp_path: Path) -> None:
    one = {row.name: row for row in processes(settings(tmp_path), all_four(), None)}["users"]
    assert (one.state, one.wrong) == (State.PARTLY, False)
    foreign = {row.name: row for row in processes(settings(tmp_path), all_four(uid=7), None)}["users"]
    assert (foreign.state, foreign.wrong) == (State.MISSING, True)
    users = {name: 10 + at for at, name in enumerate(PROCESSES)}
    found = tuple(replace(each, uid=users[each.name]) for each in all_four())
    each = {row.name: row for row in processes(settings(tmp_path, **users), found, None)}["users"]
    assert each.state is State.LIVE


@pytest.mark.parametrize(("live", "state"), [(True, State.LIVE), (False, State.MISSING)])
def test_the_signer_says_itself_what_it_gave_up(tmp_path: Path, live: bool, state: State) -> None:
    said = (Protection("files", live, "landlock: no"), Protection("no-internet", True, ""))
    rows = {row.name: row for row in processes(settings(tmp_path), all_four(), _status(said))}
    assert (rows["signer"].state, rows["signer"].wrong) == (state, not live)
    silent = {row.name: row for row in processes(settings(tmp_path), all_four(), None)}["signer"]
    assert (silent.state, silent.wrong) == (State.UNKNOWN, True)


def _status(protections: tuple[Protection, ...]) -> Status:
    return Status(
        switch="trading",
        why="",
        since=0,
        policy=None,
        warm_up={},
        suspect=None,
        processes={},
        journal=Journal(0, ""),
        memory="memfd_secret",
        protections=protections,
        accounts=(),
        bots=(),
        alarms=(),
    )


def test_this_machine_is_tried_and_told_as_json(tmp_path: Path) -> None:
    said = ringfence(tmp_path, "doctor", "--json")
    rows = {row["name"]: row for row in said.json()["rows"]}
    assert rows["system calls (seccomp)"]["state"] == "live"
    assert rows["processes"]["state"] == "unknown"
    assert "there is no deployment" in rows["processes"]["means"]
    wrong = any(row["needed"] and row["state"] in {"missing", "unknown"} for row in rows.values())
    assert said.code == (1 if wrong else 0)
    json.dumps(rows).encode("ascii")


@pytest.mark.parametrize(("tried", "code"), [(_ALL, 0), (replace(_ALL, filters=False), 1)])
def test_the_exit_code_is_1_where_something_that_is_counted_on_is_not_live(
    tmp_path: Path, tried: Tried, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(tmp_path, tried)
    monkeypatch.setattr(doctor, "_ROOT", tmp_path)
    monkeypatch.setattr(doctor, "try_all", lambda: tried)
    said = ringfence(tmp_path / "none", "doctor")
    assert said.code == code
    assert ("not as it should be: system calls (seccomp)" in said.out) is bool(code)
    assert ("everything that Ringfence counts on is live" in said.out) is not bool(code)


def test_trying_changes_nothing_in_the_process_that_tries(tmp_path: Path) -> None:
    found = run(
        """
from ringfence.cli.trying import try_all
found["tried"] = try_all().filters
found["socket"] = attempt(socket.socket, socket.AF_INET)
found["files"] = attempt(os.listdir, "/")
found["privileges"] = libc.prctl(39, 0, 0, 0, 0)
"""
    )
    assert found == {"tried": True, "socket": "worked", "files": "worked", "privileges": 0}


def test_a_kernel_that_refuses_is_found_by_trying() -> None:
    found = run(
        """
import platform
from ringfence.cli.trying import try_all
column = seccomp.MACHINES[platform.machine()].column
refused = [(444, 444), (447, 447), calls.SYSTEM["unshare"], (159, 171), (305, 266)]  # the clock, by both calls
assert seccomp.install(seccomp.assemble(seccomp.Profile(tuple(refused)))) is None
tried = try_all()
found |= {name: getattr(tried, name) for name in tried.__slots__}
"""
    )
    expected = {"landlock": 0, "files": False, "secret_memory": False, "namespaces": False, "synchronised": None}
    assert {name: found[name] for name in expected} == expected
    assert found["filters"] is True


def test_the_machine_that_runs_this_has_what_the_other_tests_count_on() -> None:
    tried = try_all()
    assert tried.filters
    assert tried.no_new_privileges


@pytest.mark.parametrize(
    ("wall", "state", "said"),
    [
        (Wall("grid", held=True, age_s=125, tried=95), State.LIVE, "95 things were tried 2 min ago"),
        (Wall("grid", held=False, age_s=9_000, tried=95), State.MISSING, "its canary last ran 2 h ago"),
        (
            Wall("grid", held=False, age_s=9, tried=95, failed=("read the vault: open",)),
            State.MISSING,
            "read the vault",
        ),
    ],
)
def test_each_bots_place_is_as_its_canary_found_it(wall: Wall, state: State, said: str) -> None:
    [row] = walls(msgspec.structs.replace(_status(()), walls=(wall,)))
    assert (row.name, row.state, row.wrong) == ("bot grid", state, state is State.MISSING)
    assert said in row.means


def test_without_a_signer_nothing_is_said_of_bots() -> None:
    assert list(walls(None)) == []
