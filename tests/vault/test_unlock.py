"""Where a passphrase comes from: bytes only, and no file that others read or could have put there."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.errors import Misconfigured
from ringfence.vault import unlock as unlocking
from ringfence.vault.unlock import CREDENTIAL, MAX_PASSPHRASE, from_credential, read_passphrase
from ringfence.vault.vault import Vault
from tests.vault.conftest import WORDS


def _piped(data: bytes) -> bytearray:
    ours, theirs = os.pipe()
    os.write(theirs, data)
    os.close(theirs)
    try:
        return read_passphrase(ours)
    finally:
        os.close(ours)


@pytest.mark.parametrize(
    ("data", "passphrase"),
    [
        (b"words", b"words"),
        (b"words\n", b"words"),
        (b"words\r\n", b"words"),
        (b"words\n\n", b"words\n"),
        (b" words ", b" words "),
        (b"two\nlines\n", b"two\nlines"),
        ("schlüssel".encode(), "schlüssel".encode()),
        (b"\x00\xff", b"\x00\xff"),
        (b"x" * MAX_PASSPHRASE + b"\r\n", b"x" * MAX_PASSPHRASE),
    ],
)
def test_a_passphrase_is_what_comes_through_the_descriptor_less_one_line_break(data: bytes, passphrase: bytes) -> None:
    assert _piped(data) == passphrase


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b"x" * (MAX_PASSPHRASE + 1), b"x" * 5000])
def test_nothing_or_too_much_is_no_passphrase(data: bytes) -> None:
    with pytest.raises(Misconfigured, match="empty or longer"):
        _piped(data)


def test_slow_writers_are_read_to_the_end() -> None:
    command = [sys.executable, "-c", "import os,time\nfor _ in range(3): os.write(1, b'word'); time.sleep(.02)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert read_passphrase(writer.stdout.fileno()) == b"wordwordword"


def test_a_systemd_credential_is_read(tmp_path: Path) -> None:
    (tmp_path / "ringfence-passphrase").write_bytes(WORDS + b"\n")
    (tmp_path / "ringfence-passphrase").chmod(0o400)
    assert from_credential(tmp_path) == WORDS


def test_systemds_access_list_shows_as_a_group_bit_on_roots_file_only() -> None:
    def status(mode: int, owner: int, group: int) -> os.stat_result:
        return os.stat_result((0o100000 | mode, 0, 0, 1, owner, group, 10, 0, 0, 0))

    unlocking._check_credential(Path("x"), status(0o440, 0, 0))
    for mode, owner, group in [(0o440, 0, 5), (0o460, 0, 0), (0o444, 0, 0), (0o404, 0, 0)]:
        with pytest.raises(Misconfigured, match="others may read"):
            unlocking._check_credential(Path("x"), status(mode, owner, group))
    with pytest.raises(Misconfigured, match="another user"):
        unlocking._check_credential(Path("x"), status(0o400, os.geteuid() + 1, 0))


@pytest.mark.parametrize("mode", [0o404, 0o444, 0o602, 0o420])
def test_a_credential_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / CREDENTIAL).write_bytes(WORDS)
    (tmp_path / CREDENTIAL).chmod(mode)
    with pytest.raises(Misconfigured, match="others may read"):
        from_credential(tmp_path)


@pytest.mark.parametrize("mode", [0o702, 0o720, 0o1777])
def test_a_credential_in_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / CREDENTIAL).write_bytes(WORDS)
    (tmp_path / CREDENTIAL).chmod(0o400)
    tmp_path.chmod(mode)
    with pytest.raises(Misconfigured, match="others may write"):
        from_credential(tmp_path)


@pytest.mark.parametrize(
    ("put", "text"),
    [
        (lambda path: None, "there is no credential"),
        (lambda path: path.symlink_to(path.with_name("real")), "symbolic links"),
        (lambda path: os.mkfifo(path, 0o600), "not a plain file"),
    ],
    ids=["missing", "link", "pipe"],
)
def test_a_credential_that_is_missing_a_link_or_a_pipe_is_refused(
    tmp_path: Path, put: Callable[[Path], None], text: str
) -> None:
    (tmp_path / "real").write_bytes(WORDS)
    (tmp_path / "real").chmod(0o400)
    put(tmp_path / CREDENTIAL)
    with pytest.raises(Misconfigured, match=text):
        from_credential(tmp_path)


def test_opening_by_descriptor_reads_the_passphrase_only_after_the_file_was_checked(path: Path) -> None:
    path.chmod(0o644)
    ours, theirs = os.pipe()
    os.write(theirs, WORDS)
    with pytest.raises(Misconfigured, match="others may read"):
        Vault.open(path, lambda: read_passphrase(ours))
    os.close(theirs)
    assert os.read(ours, 100) == WORDS
    os.close(ours)
