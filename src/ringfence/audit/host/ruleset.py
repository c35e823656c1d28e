"""The rules of a firewall, and what becomes of a packet under them. Pure: it is told the rules and loads none.

A packet is followed through every chain that it may take. It is closed out only where it surely is: a rule that may
match and accepts lets it in, a rule that may match and drops does not keep it out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ringfence.audit.host.packet import Condition, Odds, Packet, is_, odds

_DEEPEST = 16
"""The kernel refuses rules that jump deeper (NFT_JUMP_STACK_SIZE)."""


class Act(StrEnum):
    """What a rule does with a packet."""

    ACCEPT = "accept"
    DROP = "drop"
    RETURN = "return"
    JUMP = "jump"
    GOTO = "goto"
    FORWARD = "forward"  # to another address: DNAT
    UNCLEAR = "unclear"


class Rule(NamedTuple):
    """Where all of it holds, this is done. `target` is the chain to go to, or the address to forward to."""

    conditions: tuple[Condition, ...]
    act: Act
    target: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A list of rules; `hook` is empty for one that others jump to."""

    family: str
    table: str
    name: str
    rules: tuple[Rule, ...] = ()
    hook: str = ""
    kind: str = ""
    policy: Act = Act.ACCEPT


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Every chain. `untracked` where some packets have no state; `partial` says what else there is and is not seen."""

    chains: tuple[Chain, ...] = ()
    untracked: bool = False
    partial: str = ""


class Ending(NamedTuple):
    """How a chain may end for a packet."""

    act: Act
    target: str = ""


class Fate(StrEnum):
    """What becomes of a packet."""

    OPEN = "open"
    UNCLEAR = "unclear"
    CLOSED = "closed"


_OVER = Ending(Act.RETURN)
_UNCLEAR = Ending(Act.UNCLEAR)


def fate(rules: Ruleset, hooks: Iterable[str], packet: Packet) -> Fate:
    """Say what becomes of a packet: every chain at these hooks must let it through."""
    fates = {_through(rules, chain, packet) for chain in at(rules, hooks, packet, ("filter", "route"))}
    if Fate.CLOSED in fates:
        return Fate.CLOSED
    return Fate.UNCLEAR if rules.partial or Fate.UNCLEAR in fates else Fate.OPEN


def at(rules: Ruleset, hooks: Iterable[str], packet: Packet, kinds: tuple[str, ...]) -> tuple[Chain, ...]:
    """List the chains that a packet passes at these hooks; those of another family never see it."""
    return tuple(
        each
        for each in rules.chains
        if each.hook in hooks and each.kind in kinds and (each.family == "inet" or is_(packet, "family", each.family))
    )


def endings(rules: Ruleset, chain: Chain, packet: Packet) -> frozenset[Ending]:
    """List how a chain may end for a packet; a chain that does not decide ends in a return."""
    return _Walk(rules, packet).chain(chain, 0)


def _through(rules: Ruleset, chain: Chain, packet: Packet) -> Fate:
    acts = {chain.policy if each.act is Act.RETURN else each.act for each in endings(rules, chain, packet)}
    if acts & {Act.ACCEPT, Act.FORWARD}:
        return Fate.OPEN
    return Fate.UNCLEAR if Act.UNCLEAR in acts else Fate.CLOSED


class _Walk:
    def __init__(self, rules: Ruleset, packet: Packet) -> None:
        self._named = {(each.family, each.table, each.name): each for each in rules.chains}
        self._packet = packet
        self._seen: dict[tuple[str, str, str], frozenset[Ending]] = {}

    def chain(self, chain: Chain, depth: int) -> frozenset[Ending]:
        if depth > _DEEPEST:
            return frozenset((_UNCLEAR,))
        key = (chain.family, chain.table, chain.name)
        if key not in self._seen:
            self._seen[key] = self._walk(chain, depth)
        return self._seen[key]

    def _walk(self, chain: Chain, depth: int) -> frozenset[Ending]:
        found = set[Ending]()
        for rule in chain.rules:
            likely = odds(rule.conditions, self._packet)
            if likely is Odds.NO:
                continue
            ends, goes_on = self._does(chain, rule, depth)
            found |= {_doubted(end) for end in ends} if likely is Odds.ODD else ends
            if likely is Odds.YES and not goes_on:
                return frozenset(found)
        return frozenset(found | {_OVER})

    def _does(self, chain: Chain, rule: Rule, depth: int) -> tuple[frozenset[Ending], bool]:
        if rule.act not in (Act.JUMP, Act.GOTO):
            return frozenset((Ending(rule.act, rule.target),)), rule.act is Act.UNCLEAR
        target = self._named.get((chain.family, chain.table, rule.target))
        ends = self.chain(target, depth + 1) if target else frozenset((_UNCLEAR,))
        return (ends - {_OVER}, _OVER in ends) if rule.act is Act.JUMP else (ends, False)


def _doubted(end: Ending) -> Ending:
    return _UNCLEAR if end.act in (Act.ACCEPT, Act.FORWARD) else end
