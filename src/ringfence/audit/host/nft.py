"""Reads what `nft -j list ruleset` prints, as libnftables-json(5) describes it. It never asks for anything itself.

What it does not know in a rule makes the rule odd, and the answer unclear. A table that is switched off does not count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import msgspec

from ringfence.audit.host.fields import Field, Strange, field_of, span_of, word_of
from ringfence.audit.host.packet import Condition, Odd, Sometimes, Test
from ringfence.audit.host.ruleset import Act, Chain, Rule, Ruleset
from ringfence.audit.host.source import Unseen

Line = tuple[Condition, ...]
Key = tuple[str, str, str]

_MOST = 4096
"""Ways in which one rule may match that are looked at; a list of banned addresses and ports is longer, and is odd."""

_QUIET = {
    "counter",
    "log",
    "continue",
    "mangle",
    "notrack",
    "flow",
    "ct helper",
    "ct timeout",
    "ct expectation",
    "secmark",
    "dup",
}
_SOME = {"limit", "quota", "ct count", "meter", "set"}
_ACTS = {
    "accept": Act.ACCEPT,
    "drop": Act.DROP,
    "reject": Act.DROP,
    "return": Act.RETURN,
    "jump": Act.JUMP,
    "goto": Act.GOTO,
    "dnat": Act.FORWARD,
    "redirect": Act.ACCEPT,
    "masquerade": Act.ACCEPT,
    "snat": Act.ACCEPT,
}
_RUNNING = {"owner", "persist"}
"""Flags of a table that is in force; the third, dormant, is for one that is not (nft(8), TABLES)."""


class _Table(msgspec.Struct, frozen=True):
    family: str
    name: str
    flags: object = None


class _Chain(msgspec.Struct, frozen=True):
    family: str
    table: str
    name: str
    hook: str = ""
    type: str = ""
    policy: str = "accept"


class _Rule(msgspec.Struct, frozen=True):
    family: str
    table: str
    chain: str
    expr: tuple[dict[str, object], ...] = ()


class _Set(msgspec.Struct, frozen=True):
    family: str
    table: str
    name: str
    elem: tuple[object, ...] = ()


class _Object(msgspec.Struct, frozen=True):
    table: _Table | None = None
    chain: _Chain | None = None
    rule: _Rule | None = None
    set: _Set | None = None
    map: _Set | None = None


class _Listing(msgspec.Struct, frozen=True):
    nftables: tuple[_Object, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """The rules, and the tables that iptables has put there in a form that only iptables can read."""

    rules: Ruleset
    foreign: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Names:
    sets: Mapping[Key, tuple[object, ...]]
    users: Mapping[str, int]
    at: tuple[str, str] = ("", "")

    def set_named(self, name: str) -> tuple[object, ...]:
        found = self.sets.get((*self.at, name))
        if found is None:
            raise Strange
        return found


@dataclass(slots=True)
class _Draft:
    lines: list[Line] = field(default_factory=lambda: [()])
    strange: bool = False

    def both(self, ways: Iterable[Line]) -> None:
        held = list(ways)
        self.lines = [(*one, *other) for one, other in product(self.lines, held)]
        if len(self.lines) > _MOST:
            self.lines = [(Odd(),)]


def read(text: str, users: Mapping[str, int]) -> Read:
    """Read a listing; `users` are the ids of users by name. Raises `Unseen` for what is no listing."""
    try:
        objects = msgspec.json.decode(text, type=_Listing).nftables
    except msgspec.MsgspecError:
        raise Unseen("what nft lists cannot be read") from None
    asleep = {(one.table.family, one.table.name) for one in objects if one.table and _is_asleep(one.table.flags)}
    sets = {(one.family, one.table, one.name): one.elem for each in objects if (one := each.set or each.map)}
    rules = [one.rule for one in objects if one.rule and (one.rule.family, one.rule.table) not in asleep]
    chains = [one.chain for one in objects if one.chain and (one.chain.family, one.chain.table) not in asleep]
    names = _Names(sets, users)
    foreign = frozenset((one.family, one.table) for one in rules if any("xt" in each for each in one.expr))
    made = tuple(_chain(one, rules, names) for one in chains)
    untracked = any("notrack" in each for one in rules for each in one.expr)
    return Read(Ruleset(made, untracked), foreign)


def _is_asleep(flags: object) -> bool:
    named = flags if isinstance(flags, list) else [] if flags is None else [flags]
    return any(each not in _RUNNING for each in named)


def _chain(chain: _Chain, rules: Iterable[_Rule], names: _Names) -> Chain:
    key = (chain.family, chain.table, chain.name)
    local = _Names(names.sets, names.users, key[:2])
    own = tuple(made for one in rules if (one.family, one.table, one.chain) == key for made in _rule(one.expr, local))
    policy = Act.DROP if chain.policy == "drop" else Act.ACCEPT
    return Chain(*key, own, chain.hook, chain.type, policy)


def _rule(statements: Iterable[Mapping[str, object]], names: _Names) -> tuple[Rule, ...]:
    draft = _Draft()
    for kind, body in (pair for each in statements for pair in each.items()):
        if kind in _ACTS:
            return tuple(Rule(line, _ACTS[kind], _target(body)) for line in draft.lines)
        if kind == "vmap":
            return _branches(draft, body, names)
        _narrow(draft, kind, body, names)
    return tuple(Rule(line, Act.UNCLEAR) for line in draft.lines) if draft.strange else ()


def _narrow(draft: _Draft, kind: str, body: object, names: _Names) -> None:
    if kind == "match":
        draft.both(_match(body, names))
    elif kind in _SOME:
        draft.both([(Sometimes(),)])
    elif kind not in _QUIET:
        draft.strange = True
        draft.both([(Odd(),)])


def _target(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    if "target" in body:
        return str(body["target"])
    address, port = body.get("addr"), body.get("port")
    return f"{address}:{port or ''}" if isinstance(address, str) else "another address"


def _branches(draft: _Draft, body: object, names: _Names) -> tuple[Rule, ...]:
    """Make a rule of each element of a map from values to verdicts."""
    try:
        key, pairs = _map(body, names)
        return tuple(
            Rule((*line, *way), act, target)
            for value, verdict in pairs
            for act, target in _verdict(verdict)
            for way in _ways(key, "==", value, names)
            for line in draft.lines
        )
    except Strange:
        return tuple(Rule((*line, Odd()), Act.UNCLEAR) for line in draft.lines)


def _map(body: object, names: _Names) -> tuple[object, list[tuple[object, object]]]:
    if not isinstance(body, dict):
        raise Strange
    data = body.get("data")
    held = names.set_named(data[1:]) if isinstance(data, str) else data.get("set") if isinstance(data, dict) else None
    pairs = [(each[0], each[1]) for each in held or () if isinstance(each, list | tuple) and len(each) == 2]  # noqa: PLR2004
    if held is None or len(pairs) != len(held):
        raise Strange
    return body.get("key"), pairs


def _verdict(verdict: object) -> tuple[tuple[Act, str], ...]:
    if not isinstance(verdict, dict) or len(verdict) != 1:
        raise Strange
    ((kind, body),) = verdict.items()
    if kind == "continue":
        return ()
    if kind not in _ACTS:
        raise Strange
    return ((_ACTS[kind], _target(body)),)


def _match(body: object, names: _Names) -> list[Line]:
    if not isinstance(body, dict):
        return [(Odd(),)]
    try:
        return _ways(body.get("left"), str(body.get("op")), body.get("right"), names)
    except Strange:
        return [(Odd(),)]


def _ways(left: object, op: str, right: object, names: _Names) -> list[Line]:
    """List the ways in which a match may come true; each is a list of conditions."""
    if not isinstance(left, dict) or "concat" not in left:
        return [_line(field_of(left), op, right, names)]
    parts = left["concat"]
    values = [_bare(each) for each in _elements(right, names)]
    if op != "==" or not isinstance(parts, list):
        raise Strange
    return [_together(parts, each, names) for each in values]


def _together(parts: list[object], value: object, names: _Names) -> Line:
    held = value.get("concat") if isinstance(value, dict) else None
    if not isinstance(held, list) or len(held) != len(parts):
        raise Strange
    return tuple(
        one for part, each in zip(parts, held, strict=True) for one in _line(field_of(part), "==", each, names)
    )


def _line(known: Field, op: str, right: object, names: _Names) -> Line:
    if not known.name:
        return (*known.implied, Sometimes())
    values = [_bare(each) for each in _elements(right, names)]
    if op not in ("==", "!=", "in"):
        raise Strange
    if known.is_named:
        words = frozenset(word_of(known.name, each) for each in values)
        return (*known.implied, Test(known.name, names=words, negated=op == "!="))
    spans = tuple(span_of(known.name, each, names.users) for each in values)
    return (*known.implied, Test(known.name, spans=spans, negated=op == "!="))


def _elements(right: object, names: _Names) -> Iterable[object]:
    if isinstance(right, str) and right.startswith("@"):
        return names.set_named(right[1:])
    if isinstance(right, dict) and "set" in right:
        held = right["set"]
        return held if isinstance(held, list) else [held]
    return right if isinstance(right, list) else [right]


def _bare(element: object) -> object:
    inner = element.get("elem") if isinstance(element, dict) else None
    return inner.get("val") if isinstance(inner, dict) else element
