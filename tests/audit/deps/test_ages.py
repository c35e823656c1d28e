import pytest

from ringfence.audit.deps.ages import OLD, YOUNG, ages
from ringfence.audit.deps.snapshot import Newest
from tests.audit.deps.snapshots import DAY, NOW, NPM, PYPI, part

CCXT = part("ccxt", "4.5.0")
KEY = (PYPI, "ccxt", "4.5.0")


def rules(released: dict[tuple[object, str, str], int] | None = None, newest: Newest | None = None) -> list[str]:
    held = {(newest.ecosystem, newest.name): newest} if newest else {}
    return [one.rule for one in ages([CCXT], released or {}, held, NOW).findings]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "young"), [(0, True), (YOUNG - 1, True), (YOUNG, False), (YOUNG + 1, False), (-1, True), (-90 * DAY, True)]
)
def test_a_release_is_young_for_a_week(age: int, young: bool) -> None:
    assert rules({KEY: NOW - age}) == (["deps/too-young"] if young else [])


def test_a_release_of_a_day_that_has_not_come_is_said_to_be_that() -> None:
    (one,) = ages([CCXT], {KEY: NOW + DAY}, {}, NOW).findings
    assert one.text == "ccxt 4.5.0 was released on a day that has not come"


@pytest.mark.parametrize(("age", "abandoned"), [(OLD, False), (OLD + 1, True)])
def test_a_package_is_abandoned_two_years_after_its_last_release(age: int, abandoned: bool) -> None:
    newest = Newest(PYPI, "ccxt", "4.5.0", NOW - age)
    assert rules({KEY: NOW - 10 * OLD}, newest) == (["deps/abandoned"] if abandoned else [])


@pytest.mark.parametrize(("newest", "outdated"), [("4.5.1", True), ("4.10", True), ("4.5.0", False), ("4.4.9", False)])
def test_a_part_is_outdated_where_there_is_a_newer_one(newest: str, outdated: bool) -> None:
    said = rules({KEY: NOW - YOUNG}, Newest(PYPI, "ccxt", newest, NOW - DAY))
    assert said == (["deps/outdated"] if outdated else [])


def test_npm_versions_are_compared_as_npm_does() -> None:
    held = Newest(NPM, "ws", "8.0.0", NOW)
    asked = [part("ws", "8.0.0-beta.1", ecosystem=NPM), part("ws", "v7", ecosystem=NPM)]
    found = ages(asked, {}, {(NPM, "ws"): held}, NOW)
    assert [one.subject for one in found.findings] == ["ws 8.0.0-beta.1"]


def test_what_has_no_date_is_neither_young_nor_old_and_is_said_once_for_each_file() -> None:
    found = ages([CCXT, part("aiohttp", "3.8.0"), part("web3", "7", "uv.lock")], {}, {}, NOW)
    assert found.findings == ()
    assert [(one.place.path, one.why) for one in found.unanswered] == [
        ("requirements.txt", "nobody says when the last release came out: aiohttp, ccxt"),
        ("requirements.txt", "nobody says when this release came out: aiohttp, ccxt"),
        ("requirements.txt", "nobody says which release is the newest: aiohttp, ccxt"),
        ("uv.lock", "nobody says when the last release came out: web3"),
        ("uv.lock", "nobody says when this release came out: web3"),
        ("uv.lock", "nobody says which release is the newest: web3"),
    ]


@pytest.mark.parametrize(("age", "lives"), [(YOUNG, True), (OLD, True), (OLD + 1, False)])
def test_a_release_of_its_own_shows_that_a_package_lives_and_never_that_it_does_not(age: int, lives: bool) -> None:
    found = ages([CCXT], {KEY: NOW - age}, {}, NOW)
    unknown = ["nobody says which release is the newest: ccxt"]
    assert found.findings == ()
    assert [one.why for one in found.unanswered] == (
        unknown if lives else ["nobody says when the last release came out: ccxt", *unknown]
    )


def test_a_name_is_asked_for_as_its_registry_writes_it() -> None:
    found = ages([part("CCXT", "4.5.0")], {KEY: NOW}, {}, NOW)
    assert [one.rule for one in found.findings] == ["deps/too-young"]
