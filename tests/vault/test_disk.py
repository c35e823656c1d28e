"""The file on disk: nobody else can read it, stand in for it, or catch it half written."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.vault import disk, replacing
from ringfence.vault.disk import MAX_FILE
from ringfence.vault.vault import Vault
from tests.vault.conftest import FLOOR, VIRTUAL, WORDS, Made, put, words

_NOBODY = 65534


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda path: path.chmod(0o604), "others may read"),
        (lambda path: path.chmod(0o640), "others may read"),
        (lambda path: path.chmod(0o602), "others may read"),
        (lambda path: path.chmod(0o666), "others may read"),
        (lambda path: path.parent.chmod(0o720), "others may write"),
        (lambda path: path.parent.chmod(0o702), "others may write"),
        (lambda path: path.parent.chmod(0o1777), "others may write"),
        (_link, "vault"),
        (_pipe, "not a plain file"),
        (_folder, "not a plain file"),
        (lambda path: path.unlink(), "there is no vault"),
    ],
)
def test_a_vault_that_others_could_read_or_replace_is_not_opened(
    path: Path, spoil: Callable[[Path], None], text: str
) -> None:
    spoil(path)
    unlock = words()
    with pytest.raises(Misconfigured, match=text) as caught:
        Vault.open(path, unlock)
    assert caught.value.hint is not None or text == "not a plain file"
    assert unlock.buffer == WORDS


@pytest.mark.parametrize(("mode", "folder"), [(0o600, 0o700), (0o400, 0o755), (0o600, 0o500)])
def test_a_vault_that_only_its_owner_can_read_is_read(path: Path, made: Made, mode: int, folder: int) -> None:
    path.chmod(mode)
    path.parent.chmod(folder)
    assert disk.read(path) == made.data


def test_a_file_or_folder_of_another_user_is_refused_and_a_folder_of_root_is_not(path: Path) -> None:
    def status(kind: int, owner: int) -> os.stat_result:
        return os.stat_result((kind, 0, 0, 1, owner, 0, 10, 0, 0, 0))

    was = os.geteuid()
    if was == 0:
        os.seteuid(_NOBODY)  # root may read everyone's
    try:
        for owner in (os.geteuid(), 0):
            disk._check_folder(path, status(0o040755, owner))
        disk._check(path, status(0o100600, os.geteuid()))
        with pytest.raises(Misconfigured, match="another user"):
            disk._check(path, status(0o100600, os.geteuid() + 1))
        with pytest.raises(Misconfigured, match="another user"):
            disk._check_folder(path, status(0o040700, os.geteuid() + 1))
    finally:
        os.seteuid(was)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere: No such file"):
        Vault.create(tmp_path / "nowhere" / "vault", bytearray(WORDS), FLOOR)


def test_a_file_longer_than_a_vault_can_be_is_not_read(path: Path) -> None:
    os.truncate(path, MAX_FILE + 1)
    with pytest.raises(Broken, match="larger"):
        Vault.open(path, words())


def test_a_vault_is_made_private_whatever_the_umask_and_leaves_no_draft(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Vault.create(tmp_path / "vault", bytearray(WORDS), FLOOR).close()
    finally:
        os.umask(before)
    assert [file.name for file in tmp_path.iterdir()] == ["vault"]
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["file", "dangling link"])
def test_nothing_is_ever_overwritten_by_a_new_vault(tmp_path: Path, what: str) -> None:
    path = tmp_path / "vault"
    if what == "file":
        path.write_bytes(b"precious")
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Misconfigured, match="already"):
        Vault.create(path, bytearray(WORDS), FLOOR)
    assert what != "file" or path.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


_CRASH = """
import os, sys
from pathlib import Path
from ringfence.vault import disk, replacing
path = Path(sys.argv[1])
before = path.read_bytes()
os.{call} = lambda *args, **named: os._exit(9)
replacing.replace(path, before + b"new", before)
"""


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_crash_before_the_rename_leaves_the_old_vault_and_the_next_write_works(
    path: Path, made: Made, call: str
) -> None:
    child = subprocess.run([sys.executable, "-c", _CRASH.format(call=call), str(path)], check=False)
    assert child.returncode == 9
    assert path.read_bytes() == made.data
    assert len(list(path.parent.iterdir())) == 2  # the draft is still there
    vault = Vault(path, made.key, made.data)
    vault.remove(VIRTUAL.id)
    assert [file.name for file in path.parent.iterdir()] == ["vault"]
    assert Vault(path, made.key, path.read_bytes()).counter == vault.counter


def test_a_draft_that_is_a_link_is_not_followed(path: Path, made: Made) -> None:
    victim = path.with_name("victim")
    victim.write_bytes(b"precious")
    path.with_name(".vault.new").symlink_to(victim)
    Vault(path, made.key, made.data).remove(VIRTUAL.id)
    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()


def test_of_two_processes_that_change_the_same_vault_only_one_succeeds(path: Path, made: Made) -> None:
    one, two = Vault(path, made.key, made.data), Vault(path, made.key, made.data)
    one.remove(VIRTUAL.id)
    with pytest.raises(Misconfigured, match="meanwhile"):
        two.remove(VIRTUAL.id)
    assert two.counter == 3
    assert two.reread()
    assert two.records == one.records


def test_racing_writers_lose_no_update(tmp_path: Path) -> None:
    path = put(tmp_path / "vault", b"0")
    won: list[int] = []

    def add_one() -> None:
        for _ in range(20):
            before = disk.read(path)
            try:
                replacing.replace(path, str(int(before) + 1).encode(), before)
                won.append(1)
            except RingfenceError:
                continue

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int(path.read_bytes()) == len(won) >= 20


def test_root_who_changes_a_vault_leaves_it_to_its_owner(path: Path, made: Made) -> None:
    owner = _NOBODY if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)
    Vault(path, made.key, made.data).remove(VIRTUAL.id)
    assert path.stat().st_uid == owner
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
