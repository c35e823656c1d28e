"""Workers that hang, die, lie and flood: each costs the file that it had, and the rest is read all the same."""

import sys
import time
from pathlib import Path

import pytest

from ringfence.audit.crew import Crew
from ringfence.audit.finding import Place
from ringfence.audit.messages import Job, Look, Seen
from ringfence.confine import launch

BAD = """
import os, struct, sys, time
import msgspec
def message():
    head = sys.stdin.buffer.read(4)
    if len(head) < 4: sys.exit(0)
    return msgspec.msgpack.decode(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
def say(data): sys.stdout.buffer.write(struct.pack(">I", len(data)) + data); sys.stdout.buffer.flush()
message()
while True:
    path = message()["path"]
    if path == b"bad":
        {deed}
    say(msgspec.msgpack.encode({{"size": len(path)}}))
"""
DEEDS = {
    "dies": "os._exit(3)",
    "is killed": "os.kill(os.getpid(), 9)",
    "hangs": "time.sleep(60)",
    "says nothing of sense": "say(b'nothing of sense')",
    "says another form": 'say(msgspec.msgpack.encode({"size": "many"}))',
    "announces a flood": 'sys.stdout.buffer.write(b"\\xff" * 8); sys.stdout.buffer.flush(); time.sleep(60)',
    "stops in the middle": 'sys.stdout.buffer.write(b"\\0\\0\\1\\0abc"); sys.stdout.buffer.flush(); time.sleep(60)',
    "closes its mouth": "os.close(1); time.sleep(60)",
}


def play(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    """Let workers be programs that do well but for one file."""
    command = [sys.executable, "-c", BAD.format(deed=deed)]
    monkeypatch.setattr(launch, "command", lambda *_: command)


@pytest.mark.parametrize("deed", DEEDS.values(), ids=list(DEEDS))
def test_a_worker_that_fails_costs_the_file_that_it_had(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    play(monkeypatch, deed)
    names = [*(b"good %d" % number for number in range(6)), b"bad", *(b"more %d" % number for number in range(6))]
    with Crew(Path("/"), Look(), 2, seconds=3) as crew:
        done = {job.path: seen for job, seen in crew.do([Job(name) for name in names])}
    assert done.pop(b"bad").unanswered[0].place == Place("bad")
    assert {path: seen.size for path, seen in done.items()} == {name: len(name) for name in names if name != b"bad"}


def test_it_says_whether_a_file_took_too_long_or_killed_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for deed in ("hangs", "dies"):
        play(monkeypatch, DEEDS[deed])
        with Crew(Path("/"), Look(), 1, seconds=3) as crew:
            told += [one.why for _, seen in crew.do([Job(b"bad")]) for one in seen.unanswered]
    assert told == ["took longer than 3 s to read", "ended the process that read it"]


def test_answers_that_nobody_asked_for_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "for _ in range(20): say(msgspec.msgpack.encode({'size': 666}))")
    with Crew(Path("/"), Look(), 1, seconds=5) as crew:
        done = list(crew.do([Job(b"bad"), Job(b"a")]))
    assert [job.path for job, _ in done] == [b"bad", b"a"]


def test_a_worker_that_takes_nothing_in_does_not_hold_the_audit_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "command", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])
    begun = time.monotonic()
    with Crew(Path("/"), Look(), 1, seconds=0.5) as crew:
        done = list(crew.do([Job(b"large", b"x" * (1 << 20)), Job(b"small")]))
    assert [len(seen.unanswered) for _, seen in done] == [1, 1]
    assert time.monotonic() - begun < 30  # bounded at all, not measured


def test_a_large_job_waits_for_a_worker_with_nothing_else_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "pass")
    jobs = [Job(b"%d" % number, b"x" * (300_000 if number % 3 == 0 else 10)) for number in range(12)]
    with Crew(Path("/"), Look(), 2, seconds=10) as crew:
        assert sorted(job.path for job, _ in crew.do(jobs)) == sorted(job.path for job in jobs)


def test_nothing_to_do_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "pass")
    with Crew(Path("/"), Look(), 2) as crew:
        assert list(crew.do([])) == []


# Real workers, on real files.


def real(root: Path, *paths: bytes, look: Look | None = None) -> dict[bytes, Seen]:
    """Let a real worker read files."""
    with Crew(root, look or Look(secrets=True, code=True), 1) as crew:
        return {job.path: seen for job, seen in crew.do([Job(path) for path in paths])}


def test_a_real_worker_reads_code_and_secrets_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("import requests\nrequests.get('https://example.invalid', verify=False)\n")
    (tmp_path / "id.pem").write_text(
        "-----BEGIN PRIVATE KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEIJ" * 3 + "\n-----END PRIVATE KEY-----\n"
    )
    done = real(tmp_path, b"bot.py", b"id.pem")
    assert {one.rule for module in done[b"bot.py"].modules for one in module.findings} == {"code/tls-off"}
    assert [one.rule.split("/")[0] for one in done[b"id.pem"].findings] == ["secrets"]
    assert done[b"id.pem"].blob


def test_a_real_worker_reads_nothing_outside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside").write_text("x")
    (tmp_path / "tree" / "link").symlink_to("../outside")
    done = real(tmp_path / "tree", b"link", b"../outside", b"nothing")
    assert all(seen.unanswered and not seen.size for seen in done.values())
