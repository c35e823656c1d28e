"""Real reports with the versions that their authors' own program counted as affected: ours must count the same."""

from pathlib import Path

import msgspec
import pytest

from ringfence.audit.deps.advisories import Event, Match, match
from tests.audit.deps.snapshots import advisory


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    ranges: tuple[tuple[Event, ...], ...]
    versions: str
    only_listed: str


class Reports(msgspec.Struct, frozen=True):
    reports: tuple[Listed, ...]


REPORTS = msgspec.json.decode(Path(__file__).with_name("pypa_reports.json").read_bytes(), type=Reports).reports


@pytest.mark.parametrize("one", REPORTS, ids=lambda one: one.id)
def test_every_listed_version_is_hit_by_range_or_list(one: Listed) -> None:
    versions = tuple(one.versions.split())
    held = advisory(one.name, *one.ranges, versions=versions)
    assert [version for version in versions if match(held, version) is not Match.HIT] == []


@pytest.mark.parametrize("one", REPORTS, ids=lambda one: one.id)
def test_ranges_alone_count_the_same_but_for_what_the_report_itself_leaves_out(one: Listed) -> None:
    held = advisory(one.name, *one.ranges)
    missed = [version for version in one.versions.split() if match(held, version) is not Match.HIT]
    assert missed == one.only_listed.split()


def test_a_version_that_was_out_and_is_not_listed_is_missed() -> None:
    """The later of two reports on django lists what was affected then; the earlier knows what was released before."""
    later, earlier = (next(one for one in REPORTS if one.id == named) for named in ("PYSEC-2021-439", "PYSEC-2021-98"))
    held = advisory("django", *later.ranges, versions=tuple(later.versions.split()))
    clean = set(earlier.versions.split()) - set(later.versions.split())
    assert len(clean) > 180
    assert [version for version in clean if match(held, version) is not Match.MISS] == []
