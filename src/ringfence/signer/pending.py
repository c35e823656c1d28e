"""Changing the policy: what narrows comes at once and needs nobody; what widens waits, and needs two proofs (G12).

The signer itself decides which it is. A change that waits was shown to its owner beside the policy in force, so it goes
when any other comes into force. Must never let a policy in that the journal does not hold, nor shorten a wait.
"""

import asyncio
import contextlib
from collections.abc import Callable

from msgspec.structs import replace

from ringfence.errors import Broken, Misconfigured, RingfenceError, Unreachable
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.policy.diff import diff, wait_ms, widens
from ringfence.policy.load import load
from ringfence.policy.policy import Policy, digest
from ringfence.policy.symbols import narrowed
from ringfence.signer import policies
from ringfence.signer.clock import wall_ms
from ringfence.signer.desk import Desk
from ringfence.signer.factor import Right, SecondFactor
from ringfence.signer.past import Past
from ringfence.signer.pins import Pinned, look_again, pin
from ringfence.signer.world import InForce, Waiting
from ringfence.vault.opened import Opened

_TICK_SECONDS = 1.0
_AGAIN_MS = 10_000  # an exchange that cannot be asked now is asked again
_LOOK_MS = 86_400_000  # and no sooner: a day's bound counts with one change of a class (policy/size.py)
_LOOK_AGAIN_MS = 600_000
_STALE_MS = 2 * _LOOK_MS
_GRACE_MS = 86_400_000  # later than a day after it was due, nobody remembers what was agreed to


class Changes:
    """Takes in policies, one at a time, and puts the one that waits in force when it is due."""

    def __init__(self, desk: Desk, vault: Opened, past: Past, changed: Callable[[], None]) -> None:
        self._desk = desk
        self._changed = changed
        self._factor = SecondFactor(vault, past.given)
        self._known_factor = self._factor.name()
        self._text = past.text
        self._turn = asyncio.Lock()
        self._not_before = 0
        self._look_after = 0

    async def apply(self, text: str, code: str, *, proven: bool) -> dict[str, object]:
        """Put a policy in force, or let it wait; `proven`: whoever asks can open the vault.

        Raises `Misconfigured` or `Unreachable`; then all stays as it is.
        """
        policy, base, old = policies.read(text), self._desk.world.newest, self._old()
        first = base is None and self._desk.writer.store.suspect is None
        wider = not first and widens(diff(old, policy))
        if wider and not proven:
            raise Misconfigured("this lets more happen than now, so it needs the vault's passphrase")
        wait = wait_ms(old, policy) if wider else 0
        if wait:
            return await self._wait(policy, base, wait, code)
        in_force = await self._put(policy, await pin(self._desk, policy) if proven or first else None, base)
        return {"done": True, "digest": in_force.digest, "seq": in_force.seq, "due": None}

    async def drop(self) -> dict[str, object]:
        """Drop the change that waits; anyone who reaches the owner's socket may."""
        waiting = self._desk.world.waiting
        if waiting is None:
            raise Misconfigured("no change waits")
        await self._drop(waiting, "cancelled by the owner")
        return {"done": True, "seq": waiting.seq}

    async def use(self, code: str) -> None:
        """Use up a code for something else than a policy; raises `Misconfigured`."""
        async with self._turn:
            right = await self._right(code)
            await self._desk.writer.write(lambda store: store.append(EntryKind.CODE, "owner", right.fields))

    def reloaded(self) -> None:
        """Look at a vault that was read again: a new second factor is told of."""
        if self._factor.name() != self._known_factor:
            self._known_factor = self._factor.name()
            self._desk.alarm("the vault has another second factor than before")

    async def run(self) -> None:
        """Put what waits in force when it is due, and ask each day what the symbols of classes are, for ever."""
        while True:
            waiting, now = self._desk.world.waiting, self._desk.timeline.now()
            if waiting is not None and now >= max(waiting.due, self._not_before):
                await self._come_in(waiting, now)
            await self._look(now)
            await asyncio.sleep(_TICK_SECONDS)

    async def _wait(self, policy: Policy, base: int | None, wait: int, code: str) -> dict[str, object]:
        self._none_waits()
        await pin(self._desk, policy)  # what cannot be pinned is better heard of now than when it is due
        async with self._turn:
            self._none_waits()
            self._still(base)
            right = await self._right(code)
            now = self._desk.timeline.now()
            asked = Waiting(-1, policy.text, -1 if base is None else base, now, now + wait)
            waiting = await self._desk.writer.write(lambda store: _write_waiting(store, asked, right))
            self._desk.world.waiting = waiting
        name = digest(policy)
        self._desk.alarm(f"a policy that lets more happen than now was asked for and waits, as entry {waiting.seq}")
        return {"done": False, "digest": name, "seq": waiting.seq, "due": waiting.due, "now": now}

    async def _come_in(self, waiting: Waiting, now: int) -> None:
        """Put a change in force that is due; what has become of the world meanwhile may be against it."""
        try:
            if now > waiting.due + _GRACE_MS:
                raise Misconfigured("it was due more than a day ago")
            policy = policies.read(waiting.text)
            await self._put(policy, await pin(self._desk, policy), waiting.base, waiting)
            self._desk.alarm(f"the policy of entry {waiting.seq} has waited and is in force: it lets more happen")
        except Unreachable as error:
            self._not_before = now + _AGAIN_MS
            self._desk.alarm(f"the policy that waits is due, and asked for again soon: {error}")
        except RingfenceError as error:
            with contextlib.suppress(Broken):  # then it comes in no more than it goes, and a start looks again
                await self._drop(waiting, str(error))

    async def _look(self, now: int) -> None:
        """Ask anew what the classes come to where it is a day ago; where nobody tells for two, none has a symbol."""
        world, before = self._desk.world, self._desk.world.in_force
        if before is None or not before.classed or now < before.members_at + _LOOK_MS:
            return
        if before.members and now >= before.members_at + _STALE_MS:
            before = world.in_force = replace(before, members={})
            self._desk.alarm("nobody has told for two days what the symbols of a class are; none is traded any more")
        if now < self._look_after:
            return
        self._look_after = now + _LOOK_AGAIN_MS
        try:
            await self._take(before, await look_again(self._desk, before.policy, before.instruments), now)
        except RingfenceError as error:
            self._desk.alarm(f"what the symbols of a class are is not known anew: {error}")

    async def _take(self, before: InForce, found: Pinned, now: int) -> None:
        world, write = self._desk.world, self._desk.writer.write
        async with self._turn:
            if world.in_force is before:
                world.in_force = await write(lambda store: policies.write_again(store, before, found, now))
        self._changed()

    async def _put(self, policy: Policy, anew: Pinned | None, base: int | None, came: Waiting | None = None) -> InForce:
        """Put a policy in force with what has been pinned `anew`, or else with what is."""
        world = self._desk.world
        async with self._turn:
            self._still(base)
            gone, at = world.waiting, self._desk.timeline.now()
            if came is not None and gone is not came:
                raise Misconfigured("it was dropped meanwhile")
            found = self._kept(policy) if anew is None else anew
            looked = at if anew is not None else at - _LOOK_MS  # a class that is narrower is looked at again now
            write = self._desk.writer.write
            in_force = await write(lambda store: policies.write(store, policy, found, looked, at, came))
            self._look_after = 0
            world.in_force, world.waiting, world.newest, self._text = in_force, None, in_force.seq, policy.text
            if anew is not None:
                world.drifts.clear()
        if gone is not came:
            self._desk.alarm("the policy that waited is dropped: the one that it was compared with has been replaced")
        self._changed()
        return in_force

    async def _drop(self, waiting: Waiting, why: str) -> None:
        async with self._turn:
            if self._desk.world.waiting is waiting:
                self._desk.world.waiting = None  # at once, whatever becomes of the entry
                await self._desk.writer.write(lambda store: _write_dropped(store, waiting, why))
                self._desk.alarm(f"the policy that waited is dropped: {why}")

    async def _right(self, code: str) -> Right:
        now = self._desk.timeline.now()
        right = self._factor.check(code, now, wall_ms() // 1000)
        if right is not None:
            return right
        await self._desk.writer.write(lambda store: store.append(EntryKind.CODE, "owner", {"right": False}))
        if self._factor.locked(now):
            so_far = f"{self._factor.wrong} codes of the second factor were wrong so far"
            self._desk.alarm(f"{so_far}; none is looked at for ten minutes")
        hint = "each works once, for about a minute, and by this machine's clock; `date -u` shows it"
        raise Misconfigured("the code is wrong, or was used before", hint=hint)

    def _old(self) -> Policy | None:
        """Return what a new policy is compared with: the newest there was, even where it is not in force any more."""
        if self._desk.world.in_force is not None:
            return self._desk.world.in_force.policy
        with contextlib.suppress(Misconfigured):
            return load(self._text)
        return None

    def _kept(self, policy: Policy) -> Pinned:
        """Keep what is pinned: what narrows needs no exchange. Orders in a symbol that goes can still be cancelled."""
        in_force = self._desk.world.in_force
        if in_force is None:
            raise Misconfigured("no policy is in force, so this needs the vault's passphrase")
        instruments = {name: in_force.instruments[name] for name in policy.accounts}
        classes = {bot.name: bot.symbol_class for bot in policy.bots.values() if not bot.guards}
        before = in_force.members
        members = {name: narrowed(c, before.get(name, ())) for name, c in classes.items() if c is not None}
        return Pinned(instruments, members)

    def _none_waits(self) -> None:
        if self._desk.world.waiting is not None:
            hint = "`ringfence policy pending` shows it, `ringfence policy cancel` drops it"
            raise Misconfigured("another change waits already", hint=hint)

    def _still(self, base: int | None) -> None:
        if self._desk.world.newest != base:
            raise Misconfigured("another policy has come into force meanwhile", hint="look at the change again")


def restore(desk: Desk, store: Store, past: Past) -> None:
    """Find the newest policy's entry again, and what waits, where the journal's newest checkpoint vouches for it."""
    waiting, desk.world.newest = past.waiting, past.seq
    if waiting is None or store.suspect is not None:
        return
    if waiting.seq >= store.signed:
        desk.alarm("the policy that waited is dropped: the journal ended before its entry was signed")
    else:
        desk.world.waiting = replace(waiting, due=waiting.due + desk.timeline.unseen)


def note_start(desk: Desk, store: Store, past: Past) -> None:
    """Write down what has become of the change that waited: dropped for good, or due later, if the machine was off."""
    waiting = desk.world.waiting
    if past.waiting is not None and waiting is None:
        _write_dropped(store, past.waiting, "it was not signed")
    if waiting is not None and desk.timeline.unseen:
        store.append(EntryKind.CHANGE, "signer", {"state": "moved", "change": waiting.seq, "due": waiting.due})


def _write_waiting(store: Store, asked: Waiting, right: Right) -> Waiting:
    store.append(EntryKind.CODE, "owner", right.fields)
    seq = store.append(
        EntryKind.CHANGE, "owner", {"state": "waiting", "text": asked.text, "base": asked.base, "due": asked.due}
    )
    return replace(asked, seq=seq)


def _write_dropped(store: Store, waiting: Waiting, why: str) -> int:
    return store.append(EntryKind.CHANGE, "signer", {"state": "dropped", "change": waiting.seq, "why": why[:500]})
