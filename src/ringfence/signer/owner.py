"""What the owner may ask and order, through the control socket. Tightening needs nothing; loosening needs a person.

A command that loosens carries a proof that whoever gave it can open the vault: an HMAC with the vault's owner key
over a nonce that is used once.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Coroutine

import msgspec

from ringfence.errors import Broken, Misconfigured, RingfenceError, Unreachable
from ringfence.ipc import messages
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Failed, FromOwner, Nonce, Proof, Reply, proof_text
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value
from ringfence.model.facts import Role, Switch
from ringfence.model.names import AccountName, BotName, Symbol
from ringfence.signer import records, switch
from ringfence.signer.checks import Checks
from ringfence.signer.errands import Errands
from ringfence.signer.holds import GRANT_MS
from ringfence.signer.keyring import open_keyring
from ringfence.signer.office import Office
from ringfence.signer.pending import Changes
from ringfence.signer.trades import Trades
from ringfence.signer.world import Position

_NONCE_SECONDS = 60.0
_MAX_NONCES = 64
_MAX_ROWS = 1_000


class Owner:
    """Answers the owner's commands, one reply each."""

    def __init__(self, office: Office, errands: Errands, changes: Changes) -> None:
        self._office = office
        self._changes = changes
        self._desk = office.desk
        self._errands = errands
        self._checks = Checks(office.desk, errands)
        self._trades = Trades(office.desk, errands.send)
        self._nonces: dict[bytes, float] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    def received(self, link: Link[FromOwner], message: FromOwner) -> None:
        """Begin to answer one command."""
        self._spawn(self._serve(link, message))

    async def _serve(self, link: Link[FromOwner], message: FromOwner) -> None:
        try:
            answer = await self._answer(message)
            reply: Reply | Failed | Nonce = answer if isinstance(answer, Nonce) else Reply(msgspec.json.encode(answer))
        except RingfenceError as error:
            reply = Failed(type(error).__name__, str(error), error.hint)
        try:
            link.send(reply)
        except Unreachable:
            return  # whoever asked has gone; what was ordered is done

    async def _answer(self, message: FromOwner) -> object:  # noqa: C901, PLR0911, PLR0912  # one line a command
        match message:
            case messages.AskStatus():
                return await self._office.status()
            case messages.AskHalt():
                return await self._halt(message)
            case messages.AskNonce():
                return self._nonce()
            case messages.AskResume(proof, bot):
                self._prove(proof, "resume", bot.encode())
                return await (self._let_go_on(BotName(bot)) if bot else self._resume())
            case messages.AskHolds():
                return {"held": tuple(reversed(self._desk.holds.held.values()))}
            case messages.AskAllow(name, proof):
                self._prove(proof, "allow", name.encode())
                return await self._allow(name)
            case messages.AskApply(text, proof, code):
                if proof is not None:
                    self._prove(proof, "apply", messages.apply_content(text, code))
                return await self._changes.apply(text, code, proven=proof is not None)
            case messages.AskPending():
                return {"change": self._desk.world.waiting, "now": self._desk.timeline.now()}
            case messages.AskDrop():
                return await self._changes.drop()
            case messages.AskCode(code, proof):
                self._prove(proof, "code", code.encode())
                await self._changes.use(code)
                return {"done": True}
            case messages.AskPolicy():
                return self._policy()
            case messages.AskWhy(bot, limit):
                return {"refusals": self._desk.refusals.last(bot, min(limit, _MAX_ROWS))}
            case messages.AskOrder(ref):
                return await self._desk.writer.read(lambda store: _order(store, ref))
            case messages.AskLog(after, limit):
                return await self._desk.writer.read(lambda store: _log(store, after, min(limit, _MAX_ROWS)))
            case messages.AskReload():
                return await self._reload()
            case messages.AskKey(account, role):
                return await self._checks.check(AccountName(account), Role(role))
            case messages.AskFills(account, symbol, first):
                return await self._trades.page(AccountName(account), Symbol(symbol), first)
            case messages.AskProven():
                return await self._office.walls.take(message)

    async def _halt(self, message: messages.AskHalt) -> object:
        to = Switch.EXITS_ONLY if message.exits_only else Switch.HALTED
        if self._desk.world.position.switch is Switch.HALTED and message.exits_only:
            raise Misconfigured("trading is halted; allowing exits again loosens that", hint="ringfence resume")
        why = message.why or "halted by the owner"
        position = Position(to, why, self._desk.timeline.now(), cancel=message.cancel)
        await switch.throw(self._desk, position, "owner")
        asked = 0
        if message.cancel:
            asked = len(self._errands.unwanted())
            self._spawn(self._errands.cancel_unwanted())
        return {"done": True, "switch": str(to), "cancelling": asked}

    async def _resume(self) -> object:
        if self._desk.writer.broken is not None:
            raise Broken(self._desk.writer.broken, hint="make room or mend the disk, then restart ringfence")
        await switch.release(self._desk, Position(Switch.TRADING, since=self._desk.timeline.now()), "owner")
        return {"done": True, "switch": str(Switch.TRADING)}

    async def _let_go_on(self, bot: BotName) -> object:
        """Let one bot that was stopped add risk again; its best result is what it has now."""
        world = self._desk.world
        if bot not in world.stops:
            raise Misconfigured(f"bot {bot} is not stopped", hint="`ringfence status` shows which are")
        left = {name: why for name, why in world.stops.items() if name != bot}
        await self._desk.writer.write(lambda store: records.write_stop(store, bot, "", "", left))
        world.stops.pop(bot, None)
        world.peaks.pop(bot, None)
        self._desk.ledger.habits(bot).forgive()
        return {"done": True, "bot": bot, "switch": str(Switch.TRADING)}

    async def _allow(self, name: str) -> object:
        now = self._desk.timeline.now()
        if name not in self._desk.holds.held:
            raise Misconfigured(f"no order is held as {name}", hint="`ringfence hold list` shows what is")
        fields: dict[str, Value] = {"held": name, "words": self._desk.holds.held[name].words}
        await self._desk.writer.write(lambda store: store.append(EntryKind.GRANT, "owner", fields))
        held = self._desk.holds.grant(name, now)
        return {"done": held is not None, "held": name, "seconds": GRANT_MS // 1000}

    def _policy(self) -> object:
        in_force = self._desk.world.in_force
        if in_force is None:
            raise Misconfigured("no policy is in force", hint="write policy.toml, then `ringfence policy apply`")
        pinned = {account: tuple(instruments.values()) for account, instruments in in_force.instruments.items()}
        looked = {"members": in_force.members, "looked": in_force.members_at, "now": self._desk.timeline.now()}
        which = {"text": in_force.policy.text, "digest": in_force.digest, "seq": in_force.seq}
        return {**which, **looked, "pinned": pinned}

    async def _reload(self) -> object:
        vault = self._office.vault
        vault.reread()
        self._desk.keyring = open_keyring(vault)
        self._changes.reloaded()
        counter = vault.counter
        await self._desk.writer.write(lambda store: _note_vault(store, counter))
        return {"done": True, "accounts": len(self._desk.keyring.accounts), "bots": len(self._desk.keyring.bots)}

    def _nonce(self) -> Nonce:
        now = time.monotonic()
        self._nonces = {nonce: until for nonce, until in self._nonces.items() if until > now}
        if len(self._nonces) >= _MAX_NONCES:
            raise Unreachable("too many commands are waiting for their proof", hint="try again in a minute")
        nonce = secrets.token_bytes(32)
        self._nonces[nonce] = now + _NONCE_SECONDS
        return Nonce(nonce)

    def _prove(self, proof: Proof, command: str, content: bytes) -> None:
        """Insist on a proof that fits this command, made over a nonce that is used up now."""
        until = self._nonces.pop(proof.nonce, 0.0)
        mac = hmac.digest(self._office.owner_key.view(), proof_text(proof.nonce, command, content), "sha256")
        if until <= time.monotonic() or not hmac.compare_digest(mac, proof.mac):
            raise Misconfigured("the proof does not fit", hint="give the vault's passphrase, and be quick: 60 seconds")

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _order(store: Store, ref: str) -> object:
    intent = records.by_reference(store, ref)
    if intent is None:
        raise Misconfigured(f"no order is known by {ref}", hint="give an intent number, a client id or an exchange id")
    seqs = records.outcomes(store, intent.seq)
    entries = [entry for seq in seqs if (entry := store.entry(seq)) is not None]
    outcomes = [msgspec.json.decode(entry.text) for entry in entries]
    first = store.entry(intent.seq)
    written = {} if first is None else msgspec.json.decode(first.text)
    now = {"state": intent.state, "order_id": intent.order_id, "executed": intent.executed}
    return {"intent": {**written, **now}, "outcomes": outcomes, "entries": [intent.seq, *seqs]}


def _log(store: Store, after: int, limit: int) -> object:
    entries = store.entries(after, limit)
    rows = [{"seq": entry.seq, "kind": str(entry.kind), "text": entry.text.decode()} for entry in entries]
    return {"entries": rows, "size": store.size}


def _note_vault(store: Store, counter: int) -> None:
    store.append(EntryKind.KEY, "owner", {"vault_counter": counter})
    records.put(store, "vault-counter", str(counter))
