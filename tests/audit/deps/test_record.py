"""A RECORD held against files: what it says, what it does not, and what it must not be able to reach."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.record import Line, lines, verify

FILES = {"a.py": b"print(1)\n", "b.py": b"", "a.pyc": b"\0"}


def line(path: str, held: bytes, algorithm: str = "sha256") -> Line:
    digest = hashlib.new(algorithm, held).digest()
    return Line(path, algorithm, base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), len(held))


def measure(path: str, algorithm: str) -> tuple[int, bytes] | None:
    held = FILES.get(path)
    if held is None:
        return None
    return len(held), hashlib.new(algorithm, held).digest() if algorithm else b""


def inside(path: str) -> bool:
    return not path.startswith(("/", ".."))


@pytest.mark.parametrize(
    ("recorded", "verdict"),
    [
        (line("a.py", FILES["a.py"]), "verified"),
        (line("a.py", FILES["a.py"], "sha512"), "verified"),
        (line("b.py", b""), "verified"),
        (line("a.py", b"print(2)\n"), "altered"),
        (Line("a.py", "sha256", line("a.py", FILES["a.py"]).value, 10), "altered"),
        (Line("a.py", "sha256", "", 9), "altered"),
        (line("c.py", b""), "missing"),
        (Line("a.pyc"), "unhashed"),
        (line("a.py", FILES["a.py"], "md5"), "unhashed"),
        (line("../../etc/passwd", b""), "outside"),
        (line("/etc/passwd", b""), "outside"),
    ],
)
def test_each_line_has_one_verdict(recorded: Line, verdict: str) -> None:
    found = verify([recorded], measure, inside)
    assert getattr(found, verdict) == (recorded.path,)
    assert (
        sum(len(paths) for paths in (found.altered, found.missing, found.unhashed, found.outside, found.verified)) == 1
    )


def test_nothing_outside_is_measured() -> None:
    asked: list[str] = []

    def noting(path: str, _: str) -> None:
        asked.append(path)

    verify([line("../a", b""), line("a", b"")], noting, inside)
    assert asked == ["a"]


def test_a_record_is_read_with_its_quotes() -> None:
    assert lines('"a,b.py",sha256=AA,3\nc.py,,\n\n') == [Line("a,b.py", "sha256", "AA", 3), Line("c.py")]


def test_a_path_that_takes_a_detour_is_the_path_that_it_leads_to() -> None:
    assert [each.path for each in lines("a/../../b,,\n") or []] == ["../b"]


@pytest.mark.parametrize("text", ['"' + "a" * 200_000 + '",,\n'])
def test_a_record_that_is_none_is_said_to_be_none(text: str) -> None:
    assert lines(text) is None


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_file_is_verified_if_and_only_if_it_is_the_one(recorded: bytes, held: bytes) -> None:
    found = verify([line("x", recorded)], lambda _, kind: (len(held), hashlib.new(kind, held).digest()), inside)
    assert (found.verified == ("x",)) is (recorded == held)


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    read = lines(text)
    assert read is None or verify(read, measure, inside) is not None
