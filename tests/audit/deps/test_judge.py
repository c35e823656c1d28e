"""Each part gets one of the states; and each rule is found in its own example, so that the printed page is true."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps import advisory_rules as rules
from ringfence.audit.deps.ages import Release
from ringfence.audit.deps.judge import SNAPSHOT, judge, same
from ringfence.audit.deps.malicious import Malicious as Names
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.seal import Opening, keep, open_snapshot, sign
from ringfence.audit.deps.snapshot import Answers, Fault, Missing, Newest, Snapshot
from ringfence.audit.deps.state import Judged, Malicious, NotAudited, NotKnown, State, Vulnerable
from ringfence.audit.finding import Finding, Severity
from ringfence.audit.rule import Rule
from tests.audit.deps.snapshots import (
    ASKED,
    BAD,
    BOTH,
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

REQUESTS = advisory("requests", UP_TO_2_31)
LISTS = (Names("Weaknesses", NPM, {"bybit-dev": "MAL-2025-1"}, {"xrpl": ("4.2.1",)}),)


def state(of: Part, held: Snapshot | Missing, now: int = NOW) -> State:
    (one,) = judge([of], held, now).states
    return one


def found(judged: Judged) -> list[str]:
    return [finding.rule for finding in judged.findings]


def only(rule: Rule, judged: Judged) -> Finding:
    (one,) = (finding for finding in judged.findings if finding.rule == rule.id)
    return one


# What is asked about, and which state it gets of a fresh snapshot that covers every name.
@pytest.mark.parametrize(
    ("of", "said"),
    [
        (part("requests", "2.30.0"), Vulnerable),
        (part("Requests", "2.30.0"), Vulnerable),
        (part("requests", "2.31.0"), NotKnown),
        (part("requests", ""), NotAudited),
        (part("requests", "latest"), NotAudited),
        (part("requests", "2.31.0", origin="./vendored/requests"), NotAudited),
        (part("requests", "2.30.0", origin="git+https://example.org/requests"), Vulnerable),
        (part("flask", "1.0"), NotKnown),
        (part("requests", "2.30.0", ecosystem=NPM), NotKnown),
        (part("bybit-dev", "1.0.0", ecosystem=NPM), Malicious),
        (part("bybit-dev", "", ecosystem=NPM), Malicious),
        (part("bybit-dev", "1.0", ecosystem=NPM, origin="https://example.org/bybit-dev.tgz"), Malicious),
        (part("bybit-dev", "1.0.0"), NotKnown),
        (part("Bybit-dev", "1.0.0", ecosystem=NPM), NotKnown),
        (part("xrpl", "4.2.0", ecosystem=NPM), NotKnown),
        (part("xrpl", "4.2.1", ecosystem=NPM), Malicious),
    ],
)
def test_each_part_has_one_state(of: Part, said: type[State]) -> None:
    assert type(state(of, snapshot(REQUESTS, malicious=LISTS))) is said


@pytest.mark.parametrize(("days", "said"), [(0, NotKnown), (14, NotKnown), (15, NotAudited), (800, NotAudited)])
def test_after_fourteen_days_what_is_not_known_is_not_audited(days: int, said: type[State]) -> None:
    held = snapshot(REQUESTS, sources=(source(date=ago(days)),))
    one = state(part("flask", "1.0"), held)
    assert type(one) is said
    assert one == NotKnown(ago(days)) or (isinstance(one, NotAudited) and one.as_of == ago(days))


def test_what_is_known_is_reported_however_old_it_is() -> None:
    held = snapshot(REQUESTS, malicious=LISTS, sources=(source(date=ago(800)), source(ecosystem=NPM, date=ago(800))))
    judged = judge([part("requests", "2.30.0"), part("xrpl", "4.2.1", ecosystem=NPM)], held, NOW)
    assert [type(one) for one in judged.states] == [Vulnerable, Malicious]
    assert {rules.VULNERABLE.id, rules.MALICIOUS.id, rules.STALE.id} <= set(found(judged))


@pytest.mark.parametrize(("ahead", "said"), [(1, NotKnown), (2, NotAudited)])
def test_a_date_that_has_not_come_makes_nothing_fresh(ahead: int, said: type[State]) -> None:
    of_source = snapshot(REQUESTS, sources=(source(date=ago(-ahead)),))
    of_file = snapshot(REQUESTS, made=NOW + ahead * DAY)
    for held in (of_source, of_file):
        assert type(state(part("flask", "1.0"), held)) is said
        assert type(state(part("requests", "2.30.0"), held)) is Vulnerable
        assert (rules.FUTURE.id in found(judge([], held, NOW))) is (said is NotAudited)


def test_a_name_that_no_source_covers_is_not_audited() -> None:
    held = snapshot(REQUESTS, sources=(source(covers=("requests", "flask")),))
    said = {name: type(state(part(name, "99"), held)) for name in ("requests", "flask", "Flask", "aiohttp")}
    assert said == {"requests": NotKnown, "flask": NotKnown, "Flask": NotKnown, "aiohttp": NotAudited}


@pytest.mark.parametrize("answers", [(), (Answers.ADVISORIES,), (Answers.MALICIOUS,)])
def test_a_snapshot_that_answers_one_question_leaves_the_other_open(answers: tuple[Answers, ...]) -> None:
    held = snapshot(sources=(source(answers=answers),))
    assert isinstance(state(part("flask", "1.0"), held), NotAudited)


def test_the_older_of_two_answers_is_the_date() -> None:
    both = (source(answers=(Answers.ADVISORIES,), date=ago(3)), source(BAD, answers=(Answers.MALICIOUS,), date=ago(9)))
    assert state(part("flask", "1.0"), snapshot(sources=both)) == NotKnown(ago(9))


def test_a_newer_source_stands_in_only_for_the_names_that_it_covers() -> None:
    held = snapshot(sources=(source(date=ago(100)), source("asked", covers=("flask",))))
    assert state(part("flask", "1.0"), held) == NotKnown(TODAY)
    assert isinstance(state(part("aiohttp", "1.0"), held), NotAudited)
    assert found(judge([], held, NOW)) == [rules.STALE.id]


def test_a_fresh_source_of_everything_stands_in_for_an_old_one() -> None:
    held = snapshot(sources=(source(date=ago(100), covers=("flask",)), source("whole")))
    assert found(judge([part("aiohttp", "1.0")], held, NOW))[:1] != [rules.STALE.id]
    assert state(part("flask", "1.0"), held) == NotKnown(TODAY)


def test_an_advisory_that_cannot_be_compared_leaves_its_name_open() -> None:
    unread = advisory("flask", (("introduced", "soon"),))
    assert isinstance(state(part("flask", "1.0"), snapshot(unread)), NotAudited)


def test_a_name_with_some_malicious_release_is_open_until_a_source_says_which() -> None:
    some = Names("Weaknesses", NPM, {}, {"debug": ()})
    which = Names(BAD, NPM, {}, {"debug": ("4.4.2",)})
    debug = part("debug", "4.4.1", ecosystem=NPM)
    sources = (source(ecosystem=NPM), source(BAD, NPM, answers=()))
    assert isinstance(state(debug, snapshot(sources=sources, malicious=(some,))), NotAudited)
    assert state(debug, snapshot(sources=sources, malicious=(some, which))) == NotKnown(TODAY)
    report = advisory("debug", versions=("4.4.2",), id="MAL-2025-46969", ecosystem=NPM)
    assert state(debug, snapshot(report, sources=sources, malicious=(some,))) == NotKnown(TODAY)


def test_a_report_of_malice_makes_a_part_malicious_and_not_vulnerable() -> None:
    for held in (
        advisory("debug", versions=("4.4.2",), id="MAL-2025-46969", ecosystem=NPM),
        advisory("debug", versions=("4.4.2",), id="GHSA-8mgj-vmr8-frr6", aliases=("MAL-2025-46969",), ecosystem=NPM),
    ):
        judged = judge([part("debug", "4.4.2", ecosystem=NPM)], snapshot(held), NOW)
        assert [type(one) for one in judged.states] == [Malicious]
        assert only(rules.MALICIOUS, judged).severity is Severity.CRITICAL


@pytest.mark.parametrize("fault", list(Fault))
def test_without_a_snapshot_nothing_is_clean(fault: Fault) -> None:
    judged = judge([part("flask", "1.0"), part("requests", "2.30.0")], Missing(fault, "so it is"), NOW)
    assert judged.states == (NotAudited("so it is"), NotAudited("so it is"))
    assert found(judged)[0] == f"deps/snapshot-{fault}"
    assert judged.findings[0].place == SNAPSHOT
    assert any("flask, requests" in one.why for one in judged.unanswered)


@pytest.mark.parametrize("fault", list(Fault))
def test_one_that_stands_in_for_a_broken_one_reports_what_it_knows_and_calls_nothing_clean(fault: Fault) -> None:
    held = snapshot(REQUESTS, malicious=LISTS)
    parts = [part("flask", "1.0"), part("requests", "2.30.0"), part("bybit-dev", "1.0.0", ecosystem=NPM), part("loose")]
    judged = judge(parts, held, NOW, instead_of=Missing(fault, "so it is"))
    assert [type(one) for one in judged.states] == [NotAudited, Vulnerable, Malicious, NotAudited]
    assert judged.states[0] == NotAudited("so it is", TODAY)
    assert found(judged)[0] == f"deps/snapshot-{fault}"


def test_what_was_not_audited_is_counted_for_each_file_and_named_in_words() -> None:
    parts = [part(f"unknown-{n}", "1.0", "uv.lock") for n in range(8)] + [part("flask", "1.0", "uv.lock")]
    judged = judge([*parts, part("loose", path="b.txt")], snapshot(sources=(source(covers=("flask", "loose")),)), NOW)
    counted = [one.text for one in judged.findings if one.rule == rules.NOT_AUDITED.id]
    assert counted == ["1 of 1 parts are not audited", "8 of 9 parts are not audited"]
    whys = [(one.place.path, one.why) for one in judged.unanswered if "nobody says" not in one.why]
    names = "unknown-0, unknown-1, unknown-2, unknown-3, unknown-4 and 3 more"
    assert whys == [("b.txt", "no version is pinned: loose"), ("uv.lock", f"no source covers the name: {names}")]


def test_one_weakness_by_several_names_is_one_finding() -> None:
    held = snapshot(
        advisory("requests", UP_TO_2_31, id="PYSEC-1", aliases=("CVE-1",)),
        advisory(
            "requests", (("introduced", "0"), ("fixed", "2.32.0")), id="GHSA-1", aliases=("CVE-1",), severity="low"
        ),
        advisory("requests", UP_TO_2_31, id="PYSEC-2", aliases=("CVE-2",)),
    )
    judged = judge([part("requests", "2.30.0")], held, NOW)
    weak = [one for one in judged.findings if one.rule == rules.VULNERABLE.id]
    assert sorted((one.subject, one.severity) for one in weak) == [
        ("requests 2.30.0 GHSA-1", Severity.LOW),
        ("requests 2.30.0 PYSEC-2", Severity.HIGH),
    ]
    assert all(name in weak[0].text + weak[1].text for name in ("CVE-1", "CVE-2", "PYSEC-1", "leaks a header"))
    assert {one.fix for one in weak} == {"upgrade requests to 2.32.0 or later", "upgrade requests to 2.31.0 or later"}


def test_advisories_that_share_a_name_over_a_third_are_one() -> None:
    one, two = advisory(id="A", aliases=("B",)), advisory(id="C", aliases=("D",))
    between, apart = advisory(id="E", aliases=("B", "D")), advisory(id="F")
    assert [[a.id for a in group] for group in same([one, two, apart, between])] == [["F"], ["A", "C", "E"]]


def test_a_name_without_end_is_cut_where_it_is_shown() -> None:
    judged = judge(
        [part("x" * 1_000_000), part("bybit-dev", "y" * 1_000_000, ecosystem=NPM)], snapshot(malicious=LISTS), NOW
    )
    assert max(len(one.text) for one in judged.findings) < 300
    assert max(len(one.why) for one in judged.unanswered) < 300


def test_only_what_is_asked_is_said_to_be_old() -> None:
    held = snapshot(sources=(source(date=ago(30)), source(ecosystem=NPM, date=ago(30))))
    subjects = [one.subject for one in judge([part("flask", "1.0")], held, NOW).findings if one.rule == rules.STALE.id]
    assert subjects == ["Weaknesses PyPI"]
    assert found(judge([], held, NOW)).count(rules.STALE.id) == 2


def test_nothing_but_malice_is_critical() -> None:
    assert [rule.id for rule in rules.RULES if rule.severity is Severity.CRITICAL] == [rules.MALICIOUS.id]
    held = snapshot(advisory("requests", UP_TO_2_31, severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"))
    assert only(rules.VULNERABLE, judge([part("requests", "2.30.0")], held, NOW)).severity is Severity.HIGH


@given(st.lists(st.tuples(st.sampled_from(list(Ecosystem)), st.text(max_size=20), st.text(max_size=10)), max_size=8))
def test_every_part_has_a_state_and_none_that_is_not_audited_goes_unsaid(
    named: list[tuple[Ecosystem, str, str]],
) -> None:
    parts = [part(name, version, ecosystem=ecosystem) for ecosystem, name, version in named]
    judged = judge(
        parts, snapshot(REQUESTS, malicious=LISTS, sources=(source(), source(ecosystem=NPM, date=ago(20)))), NOW
    )
    assert len(judged.states) == len(parts)
    unsaid = [one for one in judged.states if isinstance(one, NotAudited)]
    assert bool(unsaid) == (rules.NOT_AUDITED.id in found(judged))
    assert all(any(why.why.startswith(f"{one.why}: ") for why in judged.unanswered) for one in unsaid)


def test_an_attacker_who_freezes_or_swaps_the_snapshot_gets_no_clean_answer() -> None:
    """Ways to make an audit overlook a package: take its list away, cut it, sign it oneself, put an old one back."""
    asked = Opening((PUBLIC,), seen=NOW)
    good = snapshot(malicious=LISTS)
    tried = (
        None,
        sign(good, KEY)[:-1],
        sign(snapshot(), STRANGER),
        keep(snapshot(how="made here")),
        sign(msgspec.structs.replace(good, made=NOW - DAY), KEY),
        sign(snapshot(sources=(source(), source(ecosystem=NPM, date=ago(15)))), KEY),
        sign(snapshot(sources=(source(), source(ecosystem=NPM, date=ago(-15)))), KEY),
    )
    for data in tried:
        one = state(part("bybit-dev", "1.0.0", ecosystem=NPM), open_snapshot(data, asked))
        assert isinstance(one, NotAudited), data


EXAMPLE = re.compile(r"(?P<ecosystem>PyPI|npm) (?P<name>\S+) (?P<version>\S+)")


def played(example: str) -> Judged:
    """Do what an example says: one part, or none, and circumstances."""
    said = example.split("; ")
    named = EXAMPLE.fullmatch(said[0])
    parts = [part(named["name"], named["version"], ecosystem=Ecosystem(named["ecosystem"]))] if named else []
    held, asked = told(said), ASKED
    data: bytes | None = sign(held, KEY)
    if "one of today was seen" in said:
        asked = Opening((PUBLIC,), seen=NOW)
    if "snapshot made here" in said:
        data, asked = keep(msgspec.structs.replace(held, how="OSV PyPI")), Opening((), made_here=True)
    if "snapshot signed by a stranger" in said:
        data = sign(held, STRANGER)
    if "snapshot cut short" in said:
        data = data[:40] if data else None
    if "no snapshot" in said:
        data = None
    return judge(parts, open_snapshot(data, asked), NOW, released(parts, said))


def told(said: list[str]) -> Snapshot:
    """A snapshot as an example describes it; it covers the names that the examples ask for."""
    days = next(
        (
            int(f[1]) * (-1 if f[2] == "ahead" else 1)
            for one in said
            if (f := re.fullmatch(r"snapshot of (\d+) days (ago|ahead)", one))
        ),
        0,
    )
    covers = ("requests", "ccxt", "cbpro")
    sources = tuple(source(ecosystem=one, date=ago(days), answers=BOTH, covers=covers) for one in Ecosystem)
    newest = tuple(
        Newest(PYPI, said[0].split(" ")[1], f[1], NOW - int(f[2]) * DAY)
        for one in said
        if (f := re.fullmatch(r"newest (\S+), (\d+) days ago", one))
    )
    return snapshot(REQUESTS, sources=sources, malicious=LISTS, newest=newest, made=NOW - days * DAY)


def released(parts: list[Part], said: list[str]) -> dict[Release, int]:
    days = [int(f[1]) for one in said if (f := re.fullmatch(r"released (\d+) days ago", one))]
    return {(one.ecosystem, one.name, one.version): NOW - days[0] * DAY for one in parts if days}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.id)
def test_each_rule_is_found_in_its_example(rule: Rule) -> None:
    assert rule.id in found(played(rule.example))


def test_each_rule_is_named_once_and_says_why_and_what_to_do() -> None:
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES)
    assert all(rule.id.startswith("deps/") and rule.why and rule.fix and rule.title for rule in rules.RULES)
