"""A recorded server: it answers as the server did, holds no secret, and a hostile one leads nowhere."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringfence.audit.host.snapshot import FORMAT, INDEX, Recorder, Snapshot
from ringfence.audit.host.source import MOST, Marked, Ran, Unseen
from ringfence.errors import Misconfigured
from tests.audit.host.fake import Fake, file, folder, link

SERVER = Fake(
    {"/etc/ssh/sshd_config": "PermitRootLogin no\n", "/etc/shadow": "anna:$y$j9T$abc$def:1::::::\n"},
    {"/etc/ssh": folder(), "/bin": link("usr/bin")},
    {"sshd -T": "port 22\n", "nft -j list ruleset": (1, ""), "wg show all dump": "wg0\tSECRET\tPUB\t1\toff\n"},
    frozenset({"/etc/gshadow"}),
    (Marked("/usr/bin/sudo", file(0o4755)), Marked("/usr/bin/\udcff", file(0o4755), capable=True)),
)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A recording of everything that can be asked of the server above."""
    recorder = Recorder(SERVER)
    for path in ("/etc/ssh/sshd_config", "/etc/shadow", "/nowhere", "/etc/../odd", "//", "/etc/ssh/sshd_config/below"):
        recorder.read(path)
        recorder.status(path)
        recorder.names(path)
    recorder.names("/etc/ssh")
    for path in ("/bin", "/etc/ssh"):
        recorder.status(path)
    with pytest.raises(Unseen):
        recorder.read("/etc/gshadow")
    for words in (("sshd", "-T"), ("nft", "-j", "list", "ruleset"), ("wg", "show", "all", "dump")):
        recorder.run(*words)
    with pytest.raises(Unseen):
        recorder.run("auditctl", "-l")
    recorder.marked()
    recorder.write(tmp_path / "server")
    return tmp_path / "server"


def test_it_answers_as_the_server_did(recorded: Path) -> None:
    told = Snapshot(recorded)
    assert told.now == SERVER.now
    assert told.read("/etc/ssh/sshd_config") == b"PermitRootLogin no\n"
    assert (told.read("/nowhere"), told.status("/nowhere"), told.names("/nowhere")) == (None, None, None)
    for path in ("/bin", "/etc/ssh", "/etc/ssh/sshd_config"):
        assert told.status(path) == SERVER.status(path)
    assert told.names("/etc/ssh") == ("sshd_config",)
    assert told.run("sshd", "-T") == Ran(0, "port 22\n")
    assert told.run("nft", "-j", "list", "ruleset") == Ran(1, "")
    assert told.marked() == SERVER.odd


def test_what_could_not_be_seen_is_said_in_the_same_words(recorded: Path) -> None:
    told = Snapshot(recorded)
    with pytest.raises(Unseen, match=r"^/etc/gshadow: permission denied$"):
        told.read("/etc/gshadow")
    with pytest.raises(Unseen, match=r"^auditctl is not installed$"):
        told.run("auditctl", "-l")


def test_what_was_never_asked_is_unseen_and_not_absent(recorded: Path) -> None:
    told = Snapshot(recorded)
    asks: tuple[Callable[[], object], ...] = (
        lambda: told.read("/etc/hosts"),
        lambda: told.status("/etc/hosts"),
        lambda: told.names("/srv"),
        lambda: told.run("sshd", "-t"),
    )
    for ask in asks:
        with pytest.raises(Unseen, match="was not recorded"):
            ask()


def test_a_walk_that_failed_or_was_never_asked_is_unseen(tmp_path: Path) -> None:
    class Slow(Fake):
        def marked(self) -> tuple[Marked, ...]:
            raise Unseen("it took too long")

    asked, never = Recorder(Slow()), Recorder(Slow())
    with pytest.raises(Unseen):
        asked.marked()
    asked.write(tmp_path / "asked")
    never.write(tmp_path / "never")
    with pytest.raises(Unseen, match="it took too long"):
        Snapshot(tmp_path / "asked").marked()
    with pytest.raises(Unseen, match="was not recorded"):
        Snapshot(tmp_path / "never").marked()


def test_what_took_its_time_to_fail_is_not_asked_again() -> None:
    asked = list[str]()

    class Slow(Fake):
        def run(self, *command: str) -> Ran:
            asked.append(command[0])
            raise Unseen("it does not end")

    recorder = Recorder(Slow())
    for _ in range(3):
        with pytest.raises(Unseen, match="it does not end"):
            recorder.run("nft")
    assert asked == ["nft"]


def test_a_person_can_look_into_it(recorded: Path) -> None:
    assert (recorded / "files/etc/ssh/sshd_config").read_text() == "PermitRootLogin no\n"
    assert (recorded / "commands/01-sshd").read_text() == "port 22\n"
    index = json.loads((recorded / INDEX).read_text())
    assert (index["format"], index["files"]["/nowhere"]) == (FORMAT, None)
    assert index["unseen"] == {
        "read /etc/gshadow": "/etc/gshadow: permission denied",
        "run auditctl -l": "auditctl is not installed",
    }


def test_only_its_owner_may_enter_it(recorded: Path) -> None:
    assert all(path.stat().st_mode & 0o077 == 0 for path in (recorded, *recorded.rglob("*")))


def test_no_secret_is_in_it(recorded: Path) -> None:
    texts = "".join(path.read_text() for path in recorded.rglob("*") if path.is_file())
    assert "anna:$y$…" in texts
    assert "j9T" not in texts
    assert "SECRET" not in texts


def test_what_was_recorded_before_is_not_written_over(recorded: Path) -> None:
    (recorded.parent / "link").symlink_to(recorded.parent / "elsewhere")
    for path in (recorded, recorded.parent / "link", recorded.parent / "no" / "parent"):
        with pytest.raises(Misconfigured) as raised:
            Recorder(SERVER).write(path)
        assert raised.value.hint


def test_files_that_cannot_stand_where_they_stood_are_numbered(tmp_path: Path) -> None:
    texts = {"/a": "file", "/a/b": "below a file", "/x/../y": "up", f"/{'n' * 250}": "long", "/\udcff": "no text"}
    recorder = Recorder(Fake(texts))
    for path in texts:
        recorder.read(path)
    recorder.write(tmp_path / "server")
    told = Snapshot(tmp_path / "server")
    assert {path: told.read(path) for path in texts} == {path: text.encode() for path, text in texts.items()}


def change(recorded: Path, **fields: Any) -> None:
    index = json.loads((recorded / INDEX).read_text())
    (recorded / INDEX).write_text(json.dumps(index | fields))


@pytest.mark.parametrize(
    "stored",
    [
        "/etc/passwd",
        "../secret",
        "files/../../secret",
        "files/./x",
        "files//x",
        "files/\0",
        "",
        "files",
        "index.json",
        "other/x",
        "files/" + "x/" * 50 + "x",
        "files/etc",
        "files/nowhere",
        "files/link",
        "files/away/secret",
        "files/pipe",
        "files/hard",
    ],
)
def test_nothing_outside_is_read(recorded: Path, stored: str) -> None:
    secret = recorded.parent / "secret"
    secret.write_text("secret")
    (recorded / "files/link").symlink_to(secret)
    (recorded / "files/away").symlink_to(recorded.parent)
    (recorded / "files/hard").hardlink_to(secret)
    os.mkfifo(recorded / "files/pipe")
    change(recorded, files={"/x": stored}, commands={"x": {"code": 0, "stored": stored}})
    told = Snapshot(recorded)
    with pytest.raises(Unseen):
        told.read("/x")
    with pytest.raises(Unseen):
        told.run("x")


def test_a_file_that_is_too_large_is_unseen_and_one_at_its_bound_is_read(recorded: Path) -> None:
    path = recorded / "files/etc/ssh/sshd_config"
    os.truncate(path, MOST)
    assert len(Snapshot(recorded).read("/etc/ssh/sshd_config") or b"") == MOST
    os.truncate(path, MOST + 1)
    with pytest.raises(Unseen, match="larger than"):
        Snapshot(recorded).read("/etc/ssh/sshd_config")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"format": 1}', '{"format": NaN}', "\xff", '{"\\ud800": 1}'],
    ids=["empty", "half", "list", "null", "deep", "part", "nan", "bytes", "surrogate"],
)
def test_an_index_that_is_none_is_said(recorded: Path, text: str) -> None:
    (recorded / INDEX).write_bytes(text.encode("latin-1"))
    with pytest.raises(Misconfigured, match="is no recorded server") as raised:
        Snapshot(recorded)
    assert "ringfence audit host --record" in (raised.value.hint or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"files": {"/x": 3}},
        {"files": [1]},
        {"statuses": {"/x": {"mode": "?"}}},
        {"listings": {"/": "abc"}},
        {"marked": [{"path": 1}]},
        {"more": 1},
        {"at": "now"},
        {"format": FORMAT + 1},
        {"at": 1e999},
    ],
)
def test_an_index_with_odd_fields_is_refused(recorded: Path, fields: dict[str, Any]) -> None:
    change(recorded, **fields)
    with pytest.raises(Misconfigured):
        Snapshot(recorded)


def test_an_index_that_is_a_link_or_not_there_is_refused(tmp_path: Path, recorded: Path) -> None:
    (recorded / INDEX).rename(tmp_path / "moved")
    with pytest.raises(Misconfigured, match="no such file"):
        Snapshot(recorded)
    (recorded / INDEX).symlink_to(tmp_path / "moved")
    with pytest.raises(Misconfigured, match="is no recorded server"):
        Snapshot(recorded)
    with pytest.raises(Misconfigured):
        Snapshot(tmp_path / "nowhere")
