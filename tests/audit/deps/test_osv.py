import datetime as dt
import io
import json
import zipfile

import pytest

from ringfence.audit.deps import osv
from ringfence.audit.deps.advisories import Match, match, readable
from ringfence.audit.deps.osv import Unfit, export, report, whole_name
from tests.audit.deps.snapshots import NPM, PYPI

Json = dict[str, object]


def written(**more: object) -> Json:
    about = {"package": {"ecosystem": "PyPI", "name": "Some_Bot"}, "ranges": [ranged()], "versions": ["0.9"]}
    return {"id": "PYSEC-1", "modified": "2026-11-20T10:00:00Z", "affected": [about], **more}


def ranged(*events: dict[str, str], kind: str = "ECOSYSTEM") -> Json:
    return {"type": kind, "events": list(events or ({"introduced": "0"}, {"fixed": "1.5"}))}


def of(*ranges: Json, versions: list[str] | None = None, ecosystem: str = "PyPI") -> Json:
    return {"package": {"ecosystem": ecosystem, "name": "Some_Bot"}, "ranges": list(ranges), "versions": versions}


def read(said: Json) -> osv.Report:
    found = report(json.dumps(said).encode(), "a source")
    assert found is not None
    return found


def zipped(*members: bytes | Json, name: str = "{}.json") -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, member in enumerate(members):
            archive.writestr(name.format(number), member if isinstance(member, bytes) else json.dumps(member))
    file.seek(0)
    return file


def test_a_report_becomes_an_advisory_for_each_package() -> None:
    two = written(affected=[of(ranged()), of(ranged(), ecosystem="npm"), of(ranged(), ecosystem="crates.io")])
    found = read(two | {"aliases": ["CVE-1"], "details": "first\n\nsecond"})
    assert found.modified == dt.date(2026, 11, 20)
    assert [(one.ecosystem, one.name, one.source) for one in found.advisories] == [
        (PYPI, "some-bot", "a source"),
        (NPM, "Some_Bot", "a source"),
    ]
    assert found.advisories[0].aliases == ("CVE-1",)
    assert found.advisories[0].fixed == ("1.5",)
    assert found.advisories[0].summary == "first second"


def test_a_report_that_was_withdrawn_says_nothing() -> None:
    assert read(written(withdrawn="2026-11-21T00:00:00Z")).advisories == ()


def test_a_long_summary_is_cut() -> None:
    (one,) = read(written(summary="x" * 9_999)).advisories
    assert len(one.summary) == 240


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        (
            {"severity": [{"type": "CVSS_V2", "score": "AV:N"}, {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]},
            "CVSS:3.1/AV:N",
        ),
        ({"database_specific": {"severity": "MODERATE"}}, "MODERATE"),
        ({"database_specific": {"severity": {"of": "another form"}}}, ""),
        ({"database_specific": {"other": 1}}, ""),
    ],
)
def test_the_rating_is_a_vector_or_the_databases_word(more: Json, said: str) -> None:
    assert read(written(**more)).advisories[0].severity == said


# Of what a report says of a package: whether its ranges can be read, and what it then says of 1.0.
@pytest.mark.parametrize(
    ("affected", "known", "said"),
    [
        (of(ranged()), True, Match.HIT),
        (of(ranged({"introduced": "0", "fixed": "0.5"})), True, Match.MISS),
        (of(ranged({"introduced": "0"}, {"limit": "*"})), True, Match.HIT),
        (of(ranged({"introduced": "0"}, {"limit": "2"})), False, Match.UNREADABLE),
        (of(ranged(kind="SEMVER")), True, Match.HIT),
        (of(ranged(kind="NEW")), False, Match.UNREADABLE),
        (of(ranged({"introduced": "0"}, kind="GIT")), False, Match.UNREADABLE),
        (of(ranged({"introduced": "0"}, kind="GIT"), versions=["1.0"]), True, Match.HIT),
        (of(ranged({"introduced": "0"}, kind="GIT"), versions=["1.1"]), True, Match.MISS),
        (of(ranged({"introduced": "0"}, kind="GIT"), ranged()), True, Match.HIT),
        (of(), False, Match.UNREADABLE),
        (of(versions=[]), False, Match.UNREADABLE),
    ],
)
def test_what_cannot_be_read_stays_as_such(affected: Json, known: bool, said: Match) -> None:
    (one,) = read(written(affected=[affected])).advisories
    assert readable(one) is known
    assert match(one, "1.0") is said


def test_a_whole_name_is_one_from_the_beginning_without_an_end() -> None:
    said = [of(ranged({"introduced": "0"})), of(ranged()), of(ranged({"introduced": "1"})), of(versions=["1"])]
    assert [whole_name(one) for one in read(written(affected=said)).advisories] == [True, False, False, False]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"null", b"{}", b'{"id":1}', b'{"id":"A","affected":1}', b"\xff", b"[" * 100_000, b'{"id":"A"'],
)
def test_what_is_no_report_is_none(text: bytes) -> None:
    assert report(text, "a source") is None


def test_a_report_beyond_its_bound_is_none() -> None:
    text = json.dumps(written(summary="x" * osv.MAX_REPORT)).encode()
    assert report(text, "a source") is None


def test_an_export_is_read_member_by_member() -> None:
    found = list(export(zipped(written(), written(id="PYSEC-2")), "a source"))
    assert [one.id for each in found for one in each.advisories] == ["PYSEC-1", "PYSEC-2"]


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b""),
        io.BytesIO(b"PK\x03\x04 and no more"),
        zipped(),
        zipped(written(), name="{}.txt"),
        zipped(written(), b"{}"),
        zipped(written(), b'{"id":"' + b"x" * osv.MAX_REPORT + b'"}'),
    ],
)
def test_half_an_export_is_none(file: io.BytesIO) -> None:
    with pytest.raises(Unfit):
        list(export(file, "a source"))


def test_a_member_that_was_changed_is_noticed() -> None:
    data = bytearray(zipped(written(summary="abc" * 50)).getvalue())
    data[60] ^= 0xFF
    with pytest.raises(Unfit):
        list(export(io.BytesIO(bytes(data)), "a source"))


def test_an_export_that_unpacks_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip of a few kilobytes that unpacks to gigabytes: what has been read is counted, whatever the headers say."""
    monkeypatch.setattr(osv, "MAX_EXPORT", 3_000)
    said = written(summary="x" * 1_000)
    assert len(list(export(zipped(said, said), "a source"))) == 2
    with pytest.raises(Unfit):
        list(export(zipped(said, said, said), "a source"))


def test_an_export_of_too_many_members_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv, "MAX_REPORTS", 1)
    assert len(list(export(zipped(written()), "a source"))) == 1
    with pytest.raises(Unfit):
        list(export(zipped(written(), written()), "a source"))
