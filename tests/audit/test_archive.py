"""Archives: what is in them is read within limits, and a bomb does not go off."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import archive, limits
from ringfence.audit.archive import Member
from ringfence.audit.finding import Place, Unanswered


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """Make a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as made:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def opened(name: str, data: bytes) -> list[Member | Unanswered]:
    """List what is in an archive."""
    return list(archive.members(name, io.BytesIO(data)))


TWO = {"a.py": b"import os", "b/c.txt": b"text"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.whl", zipped(TWO)),
        ("X.ZIP", zipped(TWO)),
        ("x.tar", tarred(TWO, "w")),
        ("x.tar.gz", tarred(TWO)),
        ("x.tgz", tarred(TWO)),
        ("x.tar.bz2", tarred(TWO, "w:bz2")),
        ("x.tar.xz", tarred(TWO, "w:xz")),
    ],
)
def test_every_kind_of_archive_is_opened(name: str, data: bytes) -> None:
    assert archive.packed(name)
    assert opened(name, data) == [Member(inner, text) for inner, text in TWO.items()]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bot.log.gz", gzip.compress(b"line", mtime=0)),
        ("bot.log.bz2", bz2.compress(b"line")),
        ("d/bot.log.xz", lzma.compress(b"line")),
    ],
)
def test_a_packed_log_is_one_file_without_its_ending(name: str, data: bytes) -> None:
    assert opened(name, data) == [Member("bot.log", b"line")]


@pytest.mark.parametrize("name", ["a.py", "zip", "x.gzip", "x.7z"])
def test_other_files_are_not_opened(name: str) -> None:
    assert not archive.packed(name)


def test_names_that_lead_out_lead_nowhere() -> None:
    files = {"../../etc/passwd": b"1", "/etc/cron.d/x": b"2"}
    assert opened("x.zip", zipped(files)) == [Member("../../etc/passwd", b"1"), Member("/etc/cron.d/x", b"2")]


def test_links_and_devices_in_a_tar_are_not_followed() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("dev", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/shadow"
            made.addfile(info)
    assert [str(one.place) for one in opened("x.tar", out.getvalue()) if isinstance(one, Unanswered)] == ["x.tar!/dev"]


def test_a_member_that_is_too_large_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE", 1 << 20)
    found = opened("x.zip", zipped({"bomb": b"\0" * (3 << 20), "after.py": b"x"}))
    assert found == [
        Unanswered(Place("x.zip!/bomb"), "only its first 1 MiB were read"),
        Member("bomb", b"\0" * (1 << 20)),
        Member("after.py", b"x"),
    ]


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_a_bomb_of_many_members_ends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE", 2 << 20)
    files = {f"{number}": b"\0" * (1 << 20) for number in range(50)}
    found = opened(name, zipped(files) if name.endswith("zip") else tarred(files))
    assert len(found) == 3
    assert found[-1] == Unanswered(Place(name), "more than 2 MiB come out of it; the rest was not read")


def test_an_archive_of_too_many_files_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBERS", 3)
    found = opened("x.zip", zipped({str(number): b"" for number in range(9)}))
    assert [type(one) for one in found] == [Member, Member, Member, Unanswered]


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.gz", "x.xz", "x.bz2", "x.tar"])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"nothing of the kind" * 100])
def test_what_is_broken_is_said(name: str, data: bytes) -> None:
    found = opened(name, data)
    empty_tar = name.startswith("x.tar") and found == []
    assert all(isinstance(one, Unanswered) or one.data == b"" for one in found)
    assert found or empty_tar


def test_an_encrypted_member_is_said_and_the_others_are_read() -> None:
    data = bytearray(zipped({"a": b"1", "b": b"2"}, zipfile.ZIP_STORED))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1  # the flag in the central directory (APPNOTE.TXT, 4.4.4)
    assert opened("x.zip", bytes(data)) == [Unanswered(Place("x.zip!/a"), "is encrypted"), Member("b", b"2")]


@given(st.binary(max_size=200), st.sampled_from(["x.zip", "x.tar.gz", "x.tar", "x.gz", "x.xz"]))
def test_no_bytes_raise(noise: bytes, name: str) -> None:
    base = zipped(TWO) if name == "x.zip" else tarred(TWO)
    opened(name, noise)
    opened(name, base[: len(base) // 2] + noise)
