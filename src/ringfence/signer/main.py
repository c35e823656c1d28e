"""`python -m ringfence.signer`: open the vault, replay the journal, give up what is not needed, then serve."""

import argparse
import os
import sys
from collections.abc import Coroutine
from decimal import setcontext
from pathlib import Path

import msgspec
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.confine.harden import harden
from ringfence.confine.memory import Protection
from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.ipc.client import stay_connected
from ringfence.ipc.messages import Ask, FromCourier, FromOwner, Quotes
from ringfence.ipc.process import log_to_stderr, until_stopped
from ringfence.ipc.server import listen
from ringfence.journal.emergency import Emergency
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Switch
from ringfence.policy.amounts import EXACT
from ringfence.settings import Settings, load
from ringfence.signer import guard, pending, policies, records, switch
from ringfence.signer.clock import Moment, Timeline, boot_id, boot_ms
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands
from ringfence.signer.feeds import Feeds
from ringfence.signer.intent import State
from ringfence.signer.keyring import open_keyring
from ringfence.signer.office import Office
from ringfence.signer.owner import Owner
from ringfence.signer.past import Past, read_past
from ringfence.signer.pending import Changes
from ringfence.signer.refusals import Refusals
from ringfence.signer.serve import Serve
from ringfence.signer.world import Position
from ringfence.signer.writer import Writer
from ringfence.vault.opened import Opened
from ringfence.vault.record import RecordKind
from ringfence.vault.secret import Secret
from ringfence.vault.unlock import Unlock, from_credential, read_passphrase

_ORIGIN = "ringfence/journal"
# A commit that is durable must not wait Python's default 5 ms for its turn to say so: under load that halves the rate.
_SWITCH_SECONDS = 0.0002
_log = log_to_stderr("signer")


def main() -> None:
    """Run the signer until SIGTERM; an error that a person can act on ends it with its exit code."""
    parser = argparse.ArgumentParser(prog="ringfence.signer")
    parser.add_argument("--home", type=Path, required=True, help="the deployment's directory")
    parser.add_argument("--passphrase-fd", type=int, help="read the vault's passphrase from this descriptor")
    arguments = parser.parse_args()
    sys.setswitchinterval(_SWITCH_SECONDS)
    setcontext(EXACT.copy())  # every task and callback inherits it: sums that come and go must come out at zero
    try:
        settings = load(arguments.home)
        uvloop.run(run(settings, _unlock(arguments.passphrase_fd), _confine(settings)))
    except RingfenceError as error:
        _log.error("%s%s", error, f" ({error.hint})" if error.hint else "")
        sys.exit(error.exit_code)


def _confine(settings: Settings) -> tuple[Protection, ...]:
    """Give up what is never needed, before the first secret is read and before the event loop opens its own files."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    protections = harden("signer", settings, [Path(credentials)] if credentials else [])
    for lacking in (one for one in protections if one.name == "no-internet" and not one.live):
        raise Broken(f"internet sockets stay open to the signer: {lacking.detail}", hint="ringfence needs seccomp")
    return protections


async def run(settings: Settings, unlock: Unlock, protections: tuple[Protection, ...]) -> None:
    """Open everything, in the order in which each can vouch for the next, and serve."""
    vault = Opened.open(settings.vault, unlock)
    store, timeline = _open_journal(settings, vault)
    emergency = Emergency.open(settings.journal / "emergency")
    past = read_past(store)
    desk = _desk(vault, store, timeline, emergency, past)
    errands = Errands(desk)
    feeds = Feeds(desk, errands)
    serve = Serve(desk, errands, feeds, settings, records.counting(store, timeline.now()))
    office = Office(
        desk, vault, _reveal(vault, RecordKind.OWNER), protections, lambda: serve.gateways, apart=settings.apart
    )
    office.tell()
    changes = Changes(desk, vault, past, office.tell)
    owner = Owner(office, errands, changes)
    prices = (office.prices_received, office.prices_changed)
    servers = (
        await listen(settings.socket("asks"), Ask, settings.uids("gateway"), serve.received, serve.changed),
        await listen(settings.socket("quotes"), Quotes, settings.uids("prices"), *prices),
        await listen(settings.socket("owner"), FromOwner, settings.uids("owner"), owner.received),
    )
    _log.info("ready: %s entries, %s bots, switch %s", store.size, len(desk.keyring.bots), desk.world.position.switch)
    carry: Coroutine[object, object, None] = stay_connected(
        settings.socket("carry"), FromCourier, settings.uids("courier"), desk.carrier.received, desk.carrier.changed
    )
    await until_stopped(desk.writer.run(), errands.run(), changes.run(), feeds.run(), carry)
    for server in servers:
        server.close()
    await desk.writer.flush()


def _unlock(descriptor: int | None) -> Unlock:
    if descriptor is not None:
        return lambda: read_passphrase(descriptor)
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory:
        return lambda: from_credential(Path(directory))
    raise Misconfigured(
        "the signer needs the vault's passphrase", hint="`ringfence run` gives it, or a systemd credential"
    )


def _reveal(vault: Opened, kind: RecordKind) -> Secret:
    found = [record for record in vault.records if record.kind is kind]
    if len(found) != 1:
        raise Broken(f"the vault has {len(found)} records of kind {kind}, not one")
    return vault.reveal(found[0].id)


def _open_journal(settings: Settings, vault: Opened) -> tuple[Store, Timeline]:
    with _reveal(vault, RecordKind.JOURNAL) as seed:
        key = Ed25519PrivateKey.from_private_bytes(seed.view())
    timelines: list[Timeline] = []

    def clock() -> tuple[int, int]:
        return (timelines[-1].now() if timelines else 0), boot_ms()

    store = Store.open(settings.journal, _ORIGIN, key, records.SCHEMA, clock)
    timelines.append(Timeline(_last_moment(store)))
    return store, timelines[-1]


def _last_moment(store: Store) -> Moment | None:
    """Find when the journal was last written, on which boot."""
    if not store.size:
        return None
    try:
        entry = store.entry(store.size - 1)
    except Broken:
        return None  # the store says itself that it is suspect, and exits must still be able to pass
    last = {} if entry is None else msgspec.json.decode(entry.text, type=dict[str, object])
    at, boot = last.get("t_wall"), last.get("t_boot")
    if not isinstance(at, int) or not isinstance(boot, int):
        return None
    return Moment(at, boot, records.get(store, "boot-id") or "")


def _desk(vault: Opened, store: Store, timeline: Timeline, emergency: Emergency, past: Past) -> Desk:
    writer = Writer(store, _broke)
    desk = Desk(
        writer=writer,
        emergency=emergency,
        keyring=open_keyring(vault),
        client_id_key=_reveal(vault, RecordKind.CLIENT_ID),
        timeline=timeline,
        refusals=Refusals(writer),
    )
    _restore(desk, store, past)
    saved = emergency.drain()
    switch.restore(desk, store, saved)
    known = int(records.get(store, "vault-counter") or 0)
    suspect = store.suspect
    if vault.counter < known:
        suspect = f"the vault is older ({vault.counter}) than the one the journal knows ({known})"
    if suspect is not None and desk.world.position.switch is Switch.TRADING:
        desk.world.position = Position(Switch.EXITS_ONLY, suspect, timeline.now())
    _note_start(desk, store, past, saved, max(known, vault.counter))
    if suspect is not None:
        desk.alarm(suspect)
    emergency.clear()
    return desk


def _restore(desk: Desk, store: Store, past: Past) -> None:
    counting = list(records.counting(store, desk.timeline.now()))
    desk.ledger.restore(counting)
    for intent in counting:
        desk.bind(intent)
    for bot, account, asset, quantity in records.positions(store):
        desk.ledger.restore_position(bot, account, asset, quantity)
    for bot, cash in records.results(store):
        desk.ledger.restore_cash(bot, cash)
    guard.restore(desk, store)
    try:
        desk.world.in_force = policies.restore(store, past)
    except RingfenceError as error:
        desk.alarm(f"the policy that was in force cannot be read, so none is: {error}")
    pending.restore(desk, store, past)


def _note_start(desk: Desk, store: Store, past: Past, saved: list[bytes], counter: int) -> None:
    """Write down that we started, with what the emergency file kept while the journal could not be written."""
    store.begin()
    for text in saved:
        store.append(EntryKind.EMERGENCY, "signer", {"text": text[:4096].decode("utf-8", "replace")})
    lost = sum(intent.state is State.RESERVED for intent in desk.ledger.live())
    store.append(EntryKind.START, "signer", {"unknown_outcomes": lost, "switch": str(desk.world.position.switch)})
    pending.note_start(desk, store, past)
    switch.keep(store, desk.world.position)
    records.put(store, "boot-id", boot_id())
    records.put(store, "vault-counter", str(counter))
    store.commit()


def _broke(why: str) -> None:
    _log.error("%s; nothing that adds risk passes any more", why)
