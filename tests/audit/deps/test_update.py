import datetime as dt
import io
import json
import zipfile

import pytest

from ringfence.audit.deps import update
from ringfence.audit.deps.gather import LEAST_REPORTS, Gathered, from_answers, from_osv, merged, taken_apart
from ringfence.audit.deps.judge import judge
from ringfence.audit.deps.known import know
from ringfence.audit.deps.malicious import Malicious as Names
from ringfence.audit.deps.osv import Unfit, report
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.seal import Opening, keep, open_snapshot, sign
from ringfence.audit.deps.snapshot import Fault, Missing, Snapshot
from ringfence.audit.deps.state import Malicious, NotAudited, NotKnown, Vulnerable
from tests.audit.deps.snapshots import (
    DAY,
    KEY,
    NOW,
    NPM,
    PUBLIC,
    PYPI,
    STRANGER,
    TODAY,
    UP_TO_2_31,
    advisory,
    ago,
    part,
    snapshot,
    source,
)

HELD = snapshot(advisory("requests", UP_TO_2_31))


def osv(id: str, name: str, *events: dict[str, str], ecosystem: str = "PyPI", days: int = 1, **more: object) -> bytes:  # noqa: A002
    about = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return json.dumps({"id": id, "modified": f"{ago(days)}T01:02:03Z", "affected": [about | more]}).encode()


WEAK = osv("PYSEC-1", "requests", {"introduced": "0"}, {"fixed": "2.31.0"}, days=9)
WHOLE = osv("MAL-2025-3439", "ccxt-mexc-futures", {"introduced": "0"})
TAKEN = osv("MAL-2026-1", "litellm", {"introduced": "1.82.7"}, {"last_affected": "1.82.8"})
OF_NPM = osv("GHSA-1", "ws", {"introduced": "0"}, {"fixed": "8.0.0"}, ecosystem="npm")


def zipped(*members: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, member in enumerate(members):
            archive.writestr(f"{number}.json", member)
    file.seek(0)
    return file


def made(*files: tuple[Ecosystem, io.BytesIO], wanted: set[tuple[Ecosystem, str]] | None = None) -> Snapshot:
    found = update.make(files, wanted, NOW, least=1)
    assert isinstance(found, Snapshot)
    return found


def test_a_signed_one_is_taken() -> None:
    assert update.check(sign(HELD, KEY), (PUBLIC,), 0, NOW) == HELD
    assert update.check(sign(HELD, KEY), (PUBLIC,), NOW, NOW) == HELD


@pytest.mark.parametrize(
    ("candidate", "seen", "fault"),
    [
        (b"<html>not found</html>", 0, Fault.BROKEN),
        (b"", 0, Fault.BROKEN),
        (sign(HELD, STRANGER), 0, Fault.UNSIGNED),
        (keep(snapshot(how="somewhere")), 0, Fault.UNSIGNED),
        (sign(HELD, KEY), NOW + 1, Fault.ROLLED_BACK),
        (sign(snapshot(made=NOW + 2 * DAY), KEY), 0, Fault.FUTURE),
        (sign(snapshot(sources=(source(date=ago(-2)),)), KEY), 0, Fault.FUTURE),
    ],
)
def test_nothing_else_from_outside_is(candidate: bytes, seen: int, fault: Fault) -> None:
    found = update.check(candidate, (PUBLIC,), seen, NOW)
    assert isinstance(found, Missing)
    assert found.fault is fault


def test_what_to_fetch_is_named_with_a_bound_and_without_an_address() -> None:
    assert [one.path for one in update.exports([NPM, PYPI])] == ["PyPI/all.zip", "npm/all.zip"]
    assert [one.path for one in update.exports([NPM])] == ["npm/all.zip"]
    assert update.exports([]) == ()
    for one in (update.SIGNED, *update.exports(list(Ecosystem))):
        assert 0 < one.most <= 1 << 30
        assert "//" not in one.path


def test_a_snapshot_is_made_of_exports_and_says_so() -> None:
    held = made((PYPI, zipped(WEAK, WHOLE, TAKEN)), (NPM, zipped(OF_NPM)))
    assert held.how == f"OSV PyPI of {ago(1)}, OSV npm of {ago(1)}"
    asked = [
        part("requests", "2.30.0"),
        part("ccxt-mexc-futures"),
        part("litellm", "1.82.8"),
        part("litellm", "1.82.9"),
    ]
    judged = judge([*asked, part("ws", "8.0.0", ecosystem=NPM)], held, NOW)
    assert [type(one) for one in judged.states] == [Vulnerable, Malicious, Malicious, NotKnown, NotKnown]
    assert judged.states[1] == Malicious(("OSV PyPI (MAL-2025-3439)",))
    assert judged.states[-1] == NotKnown(ago(1))
    assert "deps/snapshot-made-here" in [one.rule for one in judged.findings]
    assert open_snapshot(keep(held), Opening((), made_here=True)) == held


def test_a_weakness_of_every_version_is_no_malice() -> None:
    held = made((PYPI, zipped(osv("PYSEC-9", "old-bot", {"introduced": "0"}))))
    assert held.malicious == ()
    assert [type(one) for one in judge([part("old-bot", "1.0")], held, NOW).states] == [Vulnerable]


def test_of_an_export_only_what_is_wanted_is_kept_and_nothing_else_is_then_answered() -> None:
    held = made((PYPI, zipped(WEAK, WHOLE, TAKEN)), wanted={(PYPI, "Requests"), (PYPI, "flask"), (NPM, "litellm")})
    assert [one.name for one in held.advisories] == ["requests"]
    assert held.malicious == ()
    states = judge([part("flask", "1"), part("litellm", "1.82.8"), part("requests", "2")], held, NOW).states
    assert [type(one) for one in states] == [NotKnown, NotAudited, Vulnerable]


def test_an_export_is_as_old_as_its_newest_report_and_not_as_its_download() -> None:
    held = made((PYPI, zipped(WEAK)))
    assert held.sources[0].date == ago(9)
    old = made((PYPI, zipped(osv("PYSEC-1", "requests", {"introduced": "0"}, days=30))))
    assert isinstance(judge([part("flask", "1")], old, NOW).states[0], NotAudited)


def test_an_export_of_tomorrow_is_of_a_clock_elsewhere_on_earth() -> None:
    assert made((PYPI, zipped(osv("PYSEC-1", "requests", {"introduced": "0"}, days=-1)))).sources[0].date == ago(-1)
    assert isinstance(update.check(sign(snapshot(sources=(source(date=ago(-1)),)), KEY), (PUBLIC,), 0, NOW), Snapshot)


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ((), Fault.MISSING),
        (((PYPI, zipped()),), Fault.BROKEN),
        (((PYPI, io.BytesIO(b"<html>")),), Fault.BROKEN),
        (((PYPI, zipped(WEAK, b"{")),), Fault.BROKEN),
        (((PYPI, zipped(OF_NPM)),), Fault.BROKEN),
        (((PYPI, zipped(WEAK)), (NPM, zipped(WEAK))), Fault.BROKEN),
        (((PYPI, zipped(osv("PYSEC-1", "requests", {"introduced": "0"}, days=-2))),), Fault.FUTURE),
    ],
)
@pytest.mark.parametrize("wanted", [None, {(PYPI, "requests")}])
def test_what_is_no_export_of_that_ecosystem_makes_no_snapshot(
    files: tuple[tuple[Ecosystem, io.BytesIO], ...], fault: Fault, wanted: set[tuple[Ecosystem, str]] | None
) -> None:
    found = update.make(files, wanted, NOW, least=1)
    assert isinstance(found, Missing)
    assert found.fault is fault


def test_an_export_that_somebody_thinned_out_is_refused() -> None:
    """A mirror that leaves reports away makes what they are about look unknown; it cannot leave most of them away."""
    with pytest.raises(Unfit, match="has 2 reports"):
        from_osv(zipped(WEAK, WHOLE, OF_NPM), PYPI, least=3)
    assert from_osv(zipped(WEAK, WHOLE, TAKEN, OF_NPM), PYPI, least=3).source.date == ago(1)
    assert isinstance(update.make([(PYPI, zipped(WEAK))], None, NOW), Missing)
    assert LEAST_REPORTS > 1_000


def test_what_was_asked_of_osv_covers_the_names_that_were_asked() -> None:
    read = [one for text in (WEAK, WHOLE, OF_NPM) if (one := report(text, "whatever")) is not None]
    answers = from_answers(read, PYPI, ["Requests", "flask"], TODAY)
    assert answers.source.covers == ("flask", "requests")
    assert [(one.name, one.source) for one in answers.advisories] == [("requests", "OSV PyPI, asked")]
    assert answers.malicious == ()


def test_answers_are_added_beside_what_is_held() -> None:
    held = snapshot(
        advisory("requests", UP_TO_2_31, id="PYSEC-OLD"),
        sources=(source(date=ago(30)),),
        malicious=(Names("Weaknesses", PYPI, {"bad": ""}),),
    )
    read = [one for one in [report(WEAK, "whatever")] if one is not None]
    added = update.add(
        held, [from_answers(read, PYPI, ["requests", "flask"], dt.date.fromordinal(TODAY.toordinal()))], NOW
    )
    assert added.how == f"OSV PyPI, asked of {TODAY}, beside that of {TODAY}"
    states = judge(
        [part("requests", "2.30.0"), part("flask", "1"), part("bad"), part("aiohttp", "3")], added, NOW
    ).states
    assert [type(one) for one in states] == [Vulnerable, NotKnown, Malicious, NotAudited]
    assert know(added, NOW).snapshot.made == NOW


def test_a_source_of_the_same_name_is_replaced_and_not_doubled() -> None:
    first = made((PYPI, zipped(WEAK, WHOLE)))
    again = merged(first, [from_osv(zipped(TAKEN), PYPI, least=1)], NOW, "again")
    assert len(again.sources) == 1
    assert [one.id for one in again.advisories] == ["MAL-2026-1"]
    assert again.malicious == ()


def test_what_is_taken_apart_is_put_together_again() -> None:
    held = made((PYPI, zipped(WEAK, WHOLE, TAKEN)), (NPM, zipped(OF_NPM)))
    assert merged(held, (), held.made, held.how) == held
    assert all(isinstance(one, Gathered) for one in taken_apart(held))
