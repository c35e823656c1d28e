import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from ringfence.audit.deps.advisories import Event, Match, match, mended, readable
from ringfence.audit.deps.versions import normal, read
from tests.audit.deps.snapshots import NPM, PYPI, UP_TO_2_31, advisory

HIT, MISS, UNREADABLE = Match.HIT, Match.MISS, Match.UNREADABLE
FROM_START = (("introduced", "0"), ("fixed", "1.2.0"))
TWO_LINES = (("introduced", "1.0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.5"))
UNTIL_LAST = (("introduced", "1.0"), ("last_affected", "1.5"))
OPEN_END = (("introduced", "1.2-1"),)

# What an advisory says, and of each version whether it is meant: both sides of each boundary.
RANGES: tuple[tuple[tuple[Event, ...], dict[str, Match]], ...] = (
    (FROM_START, {"0": HIT, "0.0.0.dev1": HIT, "1.1.9": HIT, "1.2.0rc1": HIT, "1.2": MISS, "1.2.0.post1": MISS}),
    (UP_TO_2_31, {"2.2.9": MISS, "2.3.0rc1": MISS, "2.3.0": HIT, "2.30.9": HIT, "2.31.0": MISS, "1!2.30": MISS}),
    (TWO_LINES, {"0.9": MISS, "1.0": HIT, "1.4.9": HIT, "1.5": MISS, "1.9": MISS, "2.0": HIT, "2.5": MISS}),
    (TWO_LINES[::-1], {"0.9": MISS, "1.0": HIT, "1.4.9": HIT, "1.5": MISS, "1.9": MISS, "2.0": HIT, "2.5": MISS}),
    (UNTIL_LAST, {"0.9": MISS, "1.0": HIT, "1.5": HIT, "1.5.0": HIT, "1.5.post1": MISS, "1.6": MISS}),
    (OPEN_END, {"1.2": MISS, "1.2.post1": HIT, "99": HIT}),
    # A build's label is not known upstream: 1.5+cu118 is 1.5 to an advisory.
    (UNTIL_LAST, {"1.5+cu118": HIT, "1.6+cu118": MISS}),
    ((("introduced", "0"), ("fixed", "1.0+patched")), {"1.0": HIT, "1.0+patched": MISS, "1.0+patched.2": MISS}),
    # Two events at one version: what begins there wins.
    ((("introduced", "0"), ("introduced", "1.0"), ("fixed", "1.0")), {"0.9": HIT, "1.0": HIT}),
)


@pytest.mark.parametrize(("events", "said"), RANGES)
def test_a_range_is_read_as_the_schema_says(events: tuple[Event, ...], said: dict[str, Match]) -> None:
    assert {version: match(advisory("a", events), version) for version in said} == said


def test_npm_is_read_by_semantic_versions() -> None:
    about = advisory("a", (("introduced", "0"), ("fixed", "1.2.0")), ecosystem=NPM)
    said = {"0.0.0-0": HIT, "1.2.0-rc.1": HIT, "1.2.0": MISS, "1.2": UNREADABLE, "1.10.0": MISS, "v1.0.0": UNREADABLE}
    assert {version: match(about, version) for version in said} == said


def test_the_list_is_enough_where_the_range_says_no() -> None:
    """As in PYSEC-2023-177: gevent is mended in 23.9.0 by its range, and 23.9.0 is in its list."""
    about = advisory(
        "gevent", (("introduced", "0"), ("fixed", "23.9.0")), versions=("23.7.0", "23.9.0", "23.9.0.post1")
    )
    said = {"23.7.0": HIT, "23.9.0": HIT, "23.9.0-1": HIT, "23.9": HIT, "23.9.1": MISS}
    assert {version: match(about, version) for version in said} == said


def test_the_list_is_compared_as_versions_and_as_text() -> None:
    about = advisory("a", versions=("0.1.2-1", "2004d", "1.0"))
    said = {"0.1.2.post1": HIT, "2004d": HIT, "2004e": UNREADABLE, "1.0.0": HIT, "1.0+local": HIT, "1.1": MISS}
    assert {version: match(about, version) for version in said} == said


@pytest.mark.parametrize(
    "events",
    [
        (),
        (("fixed", "1.0"),),
        (("introduced", ""),),
        (("introduced", "1.0"), ("fixed", "soon")),
        (("introduced", "0"), ("limit", "2.0")),
        (("introduced", "0"), ("anything", "2.0")),
        (("introduced", "9" * 200),),
    ],
)
def test_a_range_that_cannot_be_read_leaves_every_version_open(events: tuple[Event, ...]) -> None:
    about = advisory("a", events)
    assert not readable(about)
    assert match(about, "1.0") is UNREADABLE


def test_an_advisory_without_range_and_list_leaves_every_version_open() -> None:
    assert not readable(advisory("a"))
    assert match(advisory("a"), "1.0") is UNREADABLE


def test_one_range_that_hits_is_enough_beside_one_that_cannot_be_read() -> None:
    assert match(advisory("a", (("introduced", "soon"),), FROM_START), "1.0") is HIT
    assert match(advisory("a", (("introduced", "soon"),), FROM_START), "1.3") is UNREADABLE
    assert readable(advisory("a", FROM_START))


@pytest.mark.parametrize("version", ["", "latest", "1.0.x", "1.0; rm -rf", "1" * 129, "9" * 5_000])
def test_a_version_that_is_none_leaves_it_open(version: str) -> None:
    assert match(advisory("a", FROM_START), version) is UNREADABLE


def test_the_lowest_version_above_that_mends_it_is_named() -> None:
    about = advisory("a", TWO_LINES, versions=("1.5",))
    said = {"1.0": "2.5", "1.4": "2.5", "2.1": "2.5", "2.6": ""}
    assert {version: mended([about], version) for version in said} == said
    assert mended([advisory("a", TWO_LINES)], "1.0") == "1.5"
    assert mended([advisory("a", UNTIL_LAST)], "1.0") == ""
    assert mended([advisory("a", (("introduced", "0"), ("fixed", "1.10"), ("fixed", "1.9")))], "1.0") == "1.9"
    assert mended([advisory("a", UP_TO_2_31), advisory("a", (("introduced", "0"), ("fixed", "3")))], "2.5") == "3"


def test_names_are_compared_as_their_registry_does() -> None:
    assert normal(PYPI, "Python_Binance.SDK--x") == "python-binance-sdk-x"
    assert normal(NPM, "JSONStream") == "JSONStream"


releases = st.builds(
    lambda parts, tail: ".".join(map(str, parts)) + tail,
    st.lists(st.integers(0, 4), min_size=1, max_size=3),
    st.sampled_from(("", "", "", "a1", "rc2", ".dev1", ".post1", "+local")),
)
bounds = st.lists(releases.map(lambda text: text.split("+")[0]), min_size=1, max_size=6)


def said_by_intervals(events: list[Event], version: str) -> bool:
    """The same question, asked otherwise: is it in one of the half-open intervals between sorted edges?"""
    held = Version(Version(version).public)
    below = sum(event == ("introduced", "0") or Version(event[1]) <= held for event in events)
    return below % 2 == 1


@example(["0"], "0a1", None)
@example(["0a1", "0"], "0a1", None)
@given(bounds, releases, st.data())
def test_ranges_agree_with_intervals_in_whatever_order_events_come(
    edges: list[str], version: str, chance: st.DataObject | None
) -> None:
    distinct = sorted({Version(edge): edge for edge in edges}.items())
    events = [("introduced" if n % 2 == 0 else "fixed", text) for n, (_, text) in enumerate(distinct)]
    shuffled = chance.draw(st.permutations(events)) if chance else events
    expected = HIT if said_by_intervals(events, version) else MISS
    assert match(advisory("a", tuple(shuffled)), version) is expected


@given(st.lists(releases, min_size=1, max_size=8))
def test_every_listed_version_is_hit_whatever_the_range(listed: list[str]) -> None:
    about = advisory("a", (("introduced", "77"),), versions=tuple(listed))
    assert {match(about, version) for version in listed} == {HIT}


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_the_matching(event: str, version: str) -> None:
    for ecosystem in (PYPI, NPM):
        found = match(advisory("a", (("introduced", "0"), ("fixed", event)), ecosystem=ecosystem), version)
        assert found is not MISS or (read(ecosystem, event) and read(ecosystem, version))
