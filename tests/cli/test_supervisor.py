import contextlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.cli.supervisor import Patience, Supervisor
from tests.cli.programs import DYING, QUICK, READING, STEADY, STUBBORN, Stage, until


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def _alive(pid: str) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid), 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_what_is_stopped_ends_in_the_opposite_order(stage: Stage) -> None:
    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) == 3)

    programs = [stage.program(name, STEADY) for name in ("signer", "courier", "gateway")]
    assert stage.run(*programs, act=act) is None
    assert [note[1] for note in stage.notes if note[0] == "end"] == ["gateway", "courier", "signer"]
    assert not any(_alive(pid) for pid in stage.noted("start"))
    assert stage.told == []


def test_what_was_killed_is_started_again_and_the_others_are_let_be(stage: Stage) -> None:
    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) == 2)
        os.kill(int(stage.noted("start", "signer")[0]), signal.SIGKILL)
        await until(lambda: len(stage.noted("start", "signer")) == 2)

    assert stage.run(stage.program("signer", STEADY), stage.program("gateway", STEADY), act=act) is None
    first, second = stage.noted("start", "signer")
    assert first != second
    assert len(stage.noted("start", "gateway")) == 1
    assert stage.told == ["signer was killed (SIGKILL); starting it again"]


def test_one_that_cannot_stay_up_ends_them_all_and_its_last_words_say_why(stage: Stage) -> None:
    failure = stage.run(stage.program("steady", STEADY), stage.program("dying", DYING))
    assert failure == "dying ended with code 7: \x1b[31mno such port"
    assert len(stage.noted("start", "dying")) == QUICK.most
    assert stage.noted("end", "steady") or not stage.noted("start", "steady")


def test_ends_that_were_not_fast_do_not_add_up(stage: Stage) -> None:
    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) > QUICK.most + 1)

    never_fast = Patience(fast=0.0, most=QUICK.most, pause=0.01, end=5.0)
    assert stage.run(stage.program("dying", DYING), act=act, patience=never_fast) is None


def test_one_that_does_not_heed_is_killed(stage: Stage) -> None:
    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) == 1)

    assert stage.run(stage.program("stubborn", STUBBORN), act=act) is None
    assert stage.told == ["stubborn does not end; killing it"]
    assert not _alive(stage.noted("start")[0])


def test_a_stop_before_anything_has_started_leaves_nothing_running(stage: Stage) -> None:
    async def act(_: Supervisor) -> None:
        return

    assert stage.run(stage.program("steady", STEADY), act=act) is None
    assert not any(_alive(pid) for pid in stage.noted("start"))


def test_every_start_is_lent_a_descriptor_of_its_own(stage: Stage) -> None:
    lent: list[int] = []

    def lend() -> int:
        reading, writing = os.pipe()
        os.write(writing, b"secret-%d" % len(lent))
        os.close(writing)
        lent.append(reading)
        return reading

    stage.run(stage.program("reading", READING, lend))
    assert stage.noted("start", "reading") == ["secret-0", "secret-1", "secret-2"]
    for fd in lent:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_no_other_program_inherits_what_one_was_lent(stage: Stage) -> None:
    """A descriptor that leaked would hand the passphrase to the gateway."""
    listing = f"import os\n{STEADY}".replace(
        'note("start")', 'note("start")\nnote("fds " + ",".join(sorted(os.listdir("/proc/self/fd"))))'
    )

    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("fds")) == 1 and len(stage.noted("start", "signer")) == 1)

    def lend() -> int:
        reading, writing = os.pipe()
        os.close(writing)
        return reading

    stage.run(stage.program("signer", STEADY, lend), stage.program("gateway", listing), act=act)
    [line] = [note for note in stage.notes if note[0] == "fds"]
    assert set(line[1].split(",")) <= {"0", "1", "2", "3"}  # 3 is the listing itself


def test_what_is_run_ends_with_a_supervisor_that_is_killed_outright(stage: Stage) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from ringfence.cli.supervisor import Program, Supervisor\n"
        "steady = Program('steady', (sys.executable, '-c', sys.argv[1], 'steady', sys.argv[2] + '/notes'))\n"
        "asyncio.run(Supervisor((steady,), Path(sys.argv[2]) / 'logs', print).run())\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code, STEADY, str(stage.path)])

    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) == 1)
        supervisor.kill()
        supervisor.wait()
        await until(lambda: len(stage.noted("end")) == 1)

    stage.run(act=act)
    assert stage.noted("end") == stage.noted("start")


def test_a_module_of_the_same_name_where_we_stand_is_not_run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = stage.path / "ringfence" / "__init__.py"
    trap.parent.mkdir()
    trap.write_text(f"open({str(stage.path / 'trapped')!r}, 'w')\n")
    monkeypatch.chdir(stage.path)

    async def act(_: Supervisor) -> None:
        await until(lambda: len(stage.noted("start")) == 1)

    stage.run(stage.program("steady", STEADY), act=act)
    assert not (stage.path / "trapped").exists()


def test_logs_are_private_and_a_full_one_makes_room(stage: Stage) -> None:
    logs = stage.path / "logs"
    logs.mkdir()
    (logs / "dying.log").write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    stage.run(stage.program("dying", DYING))
    assert (logs / "dying.log.old").stat().st_size == 8 * 1024 * 1024 + 1
    assert stat.S_IMODE((logs / "dying.log").stat().st_mode) == 0o600
    assert (logs / "dying.log").read_text().count("no such port") == QUICK.most
