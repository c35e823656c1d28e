import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal.emergency import SIZE, Emergency

ROOM = 4096
MIB = 1024 * 1024


def reopened(path: Path, size: int = ROOM) -> list[bytes]:
    emergency = Emergency.open(path, size)
    try:
        return emergency.drain()
    finally:
        emergency.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emergency"


def test_the_file_takes_its_room_before_it_is_needed(path: Path) -> None:
    Emergency.open(path).close()
    found = path.stat()
    assert (found.st_size, stat.S_IMODE(found.st_mode)) == (SIZE, 0o600)
    assert found.st_blocks * 512 >= SIZE


def test_records_come_back_in_order_after_a_restart_and_stay_until_they_are_cleared(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    texts = [b"halt", b"cancel 1", bytes(range(256))]
    for text in texts:
        emergency.record(text)
    assert emergency.drain() == texts
    emergency.close()
    assert reopened(path) == texts
    emergency = Emergency.open(path, ROOM)
    emergency.clear()
    emergency.close()
    assert reopened(path) == []


def test_the_file_never_grows(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    count = ROOM // 108  # 100 bytes and a header of 8
    for _ in range(count):
        emergency.record(b"x" * 100)
    with pytest.raises(Broken, match="emergency file is full"):
        emergency.record(b"x" * 100)
    assert path.stat().st_size == ROOM
    emergency.record(b"y" * (ROOM - count * 108 - 8))  # to the last byte
    emergency.close()
    assert len(reopened(path)) == count + 1


@pytest.mark.parametrize("length", [0, 65_536])
def test_a_record_that_could_not_become_an_entry_is_refused(path: Path, length: int) -> None:
    emergency = Emergency.open(path, 100_000)
    with pytest.raises(Broken, match="does not fit"):
        emergency.record(bytes(length))
    emergency.close()


def test_the_longest_record_fits(path: Path) -> None:
    emergency = Emergency.open(path, 100_000)
    emergency.record(b"x" * 65_535)
    emergency.close()
    assert reopened(path, 100_000) == [b"x" * 65_535]


def test_after_clearing_an_old_record_does_not_come_back_behind_a_new_one(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    for text in (b"old 1", b"old 2"):
        emergency.record(text)
    emergency.clear()
    emergency.record(b"new 1")
    emergency.close()
    assert reopened(path) == [b"new 1"]


@pytest.mark.parametrize("wiped", range(30))
def test_a_clear_that_was_cut_short_leaves_a_beginning_and_nothing_behind_it(path: Path, wiped: int) -> None:
    emergency = Emergency.open(path, ROOM)
    texts = [b"old 1", b"old 2"]
    for text in texts:
        emergency.record(text)
    emergency.close()
    content = path.read_bytes()
    path.write_bytes(bytes(wiped) + content[wiped:])
    emergency = Emergency.open(path, ROOM)
    left = emergency.drain()
    assert left == texts[: len(left)]
    emergency.record(b"new 1")
    assert emergency.drain() == [*left, b"new 1"]
    emergency.close()


def test_clearing_begins_at_the_end_so_that_what_cuts_it_short_leaves_a_beginning(path: Path) -> None:
    emergency = Emergency.open(path, 4 * MIB)
    texts = [bytes([1 + number]) * 65_000 for number in range(50)]
    for text in texts:
        emergency.record(text)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * MIB // 2, hard))  # nothing behind this can be written, the end first
    try:
        with pytest.raises(Broken, match="cannot be written"):
            emergency.clear()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert emergency.drain() == texts
    emergency.close()


@pytest.mark.parametrize("chunk", [0, 1, 2])
@pytest.mark.parametrize(
    "reached",
    [range(256), range(255), range(1, 256), range(0, 256, 2), range(255, 256), range(0)],
    ids=["all", "all but the last", "all but the first", "every other", "only the last", "none"],
)
def test_whatever_pages_of_a_clear_reached_the_disk_nothing_of_them_comes_back(
    path: Path, chunk: int, reached: range
) -> None:
    emergency = Emergency.open(path, 3 * MIB)
    texts = [bytes([1 + number]) * 65_000 for number in range(48)]
    for text in texts:
        emergency.record(text)
    emergency.close()
    content = bytearray(path.read_bytes())
    content[(chunk + 1) * MIB :] = bytes((2 - chunk) * MIB)
    for page in reached:
        at = chunk * MIB + page * 4096
        content[at : at + 4096] = bytes(4096)
    path.write_bytes(content)
    emergency = Emergency.open(path, 3 * MIB)
    left = emergency.drain()
    emergency.close()
    assert left == texts[: len(left)]
    assert len(left) >= chunk * MIB // 65_008
    assert path.read_bytes()[len(left) * 65_008 :].strip(b"\0") == b""


def test_records_far_behind_one_that_was_spoiled_do_not_come_back(path: Path) -> None:
    emergency = Emergency.open(path, 8 * MIB)
    for _ in range(120):
        emergency.record(b"x" * 65_000)
    emergency.close()
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert reopened(path, 8 * MIB) == []
    assert path.read_bytes() == bytes(8 * MIB)


def test_opening_reads_what_was_written_and_not_the_whole_room(path: Path) -> None:
    Emergency.open(path).close()
    before = bytes_read()
    assert reopened(path) == []
    assert bytes_read() - before < SIZE // 16


def bytes_read() -> int:
    """Say how much this process has read from files so far (proc(5), rchar)."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_a_record_hidden_in_the_text_of_a_torn_one_never_passes(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    emergency.record(b"forged")
    forged = path.read_bytes()[:14]
    emergency.clear()
    emergency.record(b"12345" + forged)
    emergency.close()
    content = bytearray(path.read_bytes())
    content[:8] = bytes(8)  # the header did not reach the disk, its text did
    path.write_bytes(content)
    emergency = Emergency.open(path, ROOM)
    emergency.record(b"12345")
    emergency.close()
    assert reopened(path) == [b"12345"]


@given(texts=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6), data=st.data())
def test_a_torn_or_flipped_file_gives_back_a_beginning_of_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("emergency") / "emergency"
    emergency = Emergency.open(path, ROOM)
    for text in texts:
        emergency.record(text)
    emergency.close()
    content = bytearray(path.read_bytes())
    end = sum(8 + len(text) for text in texts)
    at = data.draw(st.integers(0, end - 1))
    if data.draw(st.booleans()):
        content[at:] = bytes(len(content) - at)
    else:
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    found = reopened(path)
    assert found == texts[: len(found)]
    whole = next(number for number in range(len(texts)) if sum(8 + len(text) for text in texts[: number + 1]) > at)
    assert len(found) >= whole


def test_a_file_cut_short_is_made_whole_again(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    emergency.record(b"halt")
    emergency.close()
    path.write_bytes(path.read_bytes()[:100])
    assert reopened(path) == [b"halt"]
    assert path.stat().st_size == ROOM


def test_two_processes_cannot_have_it(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    with pytest.raises(Broken, match="cannot be had"):
        Emergency.open(path, ROOM)
    emergency.close()


def test_a_link_laid_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(Broken, match="cannot be had"):
        Emergency.open(path, ROOM)


def test_a_file_that_failed_is_not_tried_again(path: Path) -> None:
    emergency = Emergency.open(path, ROOM)
    emergency.close()
    with pytest.raises(Broken, match="cannot be written"):
        emergency.record(b"halt")
    with pytest.raises(Broken, match="the emergency file failed"):
        emergency.record(b"halt")
