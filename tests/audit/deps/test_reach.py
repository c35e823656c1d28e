import time

from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.part import Part
from ringfence.audit.deps.reach import Asked, Reach, reach
from tests.audit.deps.snapshots import NPM, part


def needing(name: str, *needs: str, direct: bool | None = False, version: str = "1", path: str = "uv.lock") -> Part:
    return part(name, version, path, needs=needs, direct=direct)


def one(*parts: Part) -> Reach:
    (found,) = reach(parts)
    return found


def test_what_each_part_brings_alone_is_what_would_go_with_it() -> None:
    """bot and web are asked for; both need http, bot alone needs maths, and that needs arrays."""
    found = one(
        needing("bot", "http", "maths", direct=True),
        needing("web", "http", direct=True),
        needing("http", "tls"),
        needing("tls"),
        needing("maths", "arrays"),
        needing("arrays"),
    )
    assert found == Reach("uv.lock", (Asked("bot", "1", 2), Asked("web", "1", 0)), 4, 0, 3, inferred=False)


def test_a_direct_part_that_another_needs_takes_nothing_with_it() -> None:
    found = one(needing("bot", "http", direct=True), needing("http", "tls", direct=True), needing("tls"))
    assert found.direct == (Asked("bot", "1", 0), Asked("http", "1", 0))
    assert (found.transitive, found.depth) == (1, 2)


def test_the_depth_is_that_of_the_shortest_way() -> None:
    """z is needed by p, and by s at the end of a longer way."""
    found = one(
        needing("a", "p", "q", direct=True),
        needing("p", "z"),
        needing("q", "r"),
        needing("r", "s"),
        needing("s", "z"),
        needing("z", "w"),
        needing("w"),
    )
    assert found.depth == 4


def test_circles_end() -> None:
    found = one(needing("a", "b", direct=True), needing("b", "c", "a"), needing("c", "b", "c"))
    assert found == Reach("uv.lock", (Asked("a", "1", 2),), 2, 0, 3, inferred=False)


def test_where_nothing_says_what_was_asked_for_it_is_what_no_other_part_needs() -> None:
    found = one(
        needing("a", "b", "a", direct=None),
        needing("b", direct=None),
        needing("c", direct=None),
        needing("d", "e", direct=None),
        needing("e", "d", direct=None),
    )
    assert found == Reach("uv.lock", (Asked("a", "1", 1), Asked("c", "1", 0)), 1, 2, 2, inferred=True)


def test_where_it_is_said_that_nothing_was_asked_for_nothing_is_inferred() -> None:
    assert one(needing("a"), needing("b", direct=None)) == Reach("uv.lock", (), 0, 2, 0, inferred=False)


def test_a_need_that_is_not_there_leads_nowhere_and_names_of_two_ecosystems_are_two() -> None:
    found = one(needing("a", "gone", "ws", direct=True), part("ws", "8", "uv.lock", ecosystem=NPM, direct=False))
    assert (found.transitive, found.unreached) == (0, 1)


def test_each_file_is_measured_by_itself() -> None:
    found = reach([needing("a", "b", direct=True), needing("b", path="other.lock"), needing("b")])
    assert [(each.path, each.transitive) for each in found] == [("other.lock", 0), ("uv.lock", 1)]
    assert reach([]) == ()


def test_a_lock_file_that_was_made_to_tangle_is_measured_in_a_moment() -> None:
    """Twenty thousand versions of one name which all need it would be four hundred million lines."""
    parts = [needing("a", "a", version=str(n), direct=n < 10_000) for n in range(20_000)]
    began = time.process_time()
    found = one(*parts)
    assert time.process_time() - began < 5
    assert (len(found.direct), found.transitive, found.depth) == (10_000, 10_000, 2)


names = st.sampled_from("abcdefg")
graphs = st.dictionaries(names, st.tuples(st.lists(names, max_size=4), st.booleans()), max_size=7)


@given(graphs)
def test_it_agrees_with_taking_each_part_away(drawn: dict[str, tuple[list[str], bool]]) -> None:
    parts = [needing(name, *needs, direct=direct) for name, (needs, direct) in drawn.items()]
    directs = [name for name, (_, direct) in drawn.items() if direct]
    for found in reach(parts):
        everything = reached(directs, drawn)
        assert found.transitive == len(everything - set(directs))
        assert found.unreached == len(drawn) - len(everything)
        for asked in found.direct:
            left = reached([name for name in directs if name != asked.name], drawn)
            assert asked.alone == len(everything - left - {asked.name})


def reached(roots: list[str], drawn: dict[str, tuple[list[str], bool]]) -> set[str]:
    """Follow what needs what in the plainest way."""
    found, waiting = set[str](), [root for root in roots if root in drawn]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in drawn[name][0] if other in drawn]
    return found
