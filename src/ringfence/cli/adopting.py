"""The steps of adopting: what is there, what it becomes, and doing it so that a crash at any point can be mended.

In this order: the sealed copy of the old files, the real key, the bot, the copy with what the files become, the files.
Whoever runs it again finds the copy and goes on; whoever undoes it goes by the copy alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ringfence.adopt import copies, discover, files
from ringfence.adopt.copies import Copy
from ringfence.adopt.edits import decode
from ringfence.adopt.files import Held
from ringfence.adopt.found import Kind, Source, exchange_of
from ringfence.adopt.plan import Adopted, Change, Pair, changes, pair_of
from ringfence.cli import digests
from ringfence.cli.key import probe
from ringfence.cli.places import place
from ringfence.cli.sealing import chosen_exchange, seal
from ringfence.cli.unlock import account_of, bot_of, bots_of, copies_key, keep_passes, masked, new_bot
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.pointing.answer import Answer, answer
from ringfence.pointing.clients import Mode, client
from ringfence.pointing.place import Place
from ringfence.settings import Settings
from ringfence.vault.record import Record
from ringfence.vault.vault import Vault

_CLIENTS = {Kind.FREQTRADE: "freqtrade", Kind.PASSIVBOT: "environment", Kind.DOTENV: "environment"}

_TRUST = "`ringfence certificates` makes it; --mode base-url needs none"
_BOTS = {"freqtrade": "freqtrade", "environment": "bot"}  # what a bot is called where nobody says


@dataclass(frozen=True, slots=True)
class Wish:
    """What the owner asked for."""

    path: Path
    bot: str
    account: str
    exchange: str
    mode: Mode | None
    unconfined: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done: the files as they were, the key that they hold, and the copy that will say so."""

    copy: Copy
    pair: Pair
    read: tuple[tuple[Held, Source], ...]
    now: Mapping[Path, bytes]
    client: str
    mode: Mode

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files' texts as they were."""
        return tuple(source for _, source in self.read)

    @property
    def untouched(self) -> bool:
        """Say whether every file still is as it was."""
        return all(self.now[held.path] == held.data for held, _ in self.read)

    def answer(self, at: Place) -> Answer:
        """Say where the bot is to come in."""
        return answer(client(self.client), client(self.client).way(self.mode), at)

    def changes(self, at: Place) -> tuple[Change, ...]:
        """Write the new texts, with what the bot is to hold."""
        return changes(self.sources, self.pair, at, self.answer(at))


def look(settings: Settings, vault: Vault, wish: Wish) -> Work:
    """Say what adopting a path means; raises `Adopted`, or `Misconfigured` with what is in the way."""
    begun = _begun(settings, vault, wish.path)
    read = discover.found(wish.path)
    now = {held.path: held.data for held, _ in read}
    if begun is not None:
        read = tuple(_before(begun, held, source) for held, source in read)
        if begun.files and all(copies.digest(now.get(Path(one.path), b"")) == one.after for one in begun.files):
            raise Adopted
    sources = tuple(source for _, source in read)
    exchange = begun.exchange if begun else _exchange(settings, sources, wish.exchange)
    pair = pair_of(sources, exchange.removeprefix("paper-"))
    name, mode = _way(pair, sources, wish.mode)
    if mode is not Mode.BASE_URL and not settings.authority.is_file():
        raise Misconfigured(f"there is no certificate that a bot could trust in the {mode} mode", hint=_TRUST)
    copy = begun or _new(settings, vault, replace(wish, bot=wish.bot or _BOTS[name]), exchange, pair)
    return Work(copy, pair, read, now, name, mode)


def do(settings: Settings, vault: Vault, work: Work) -> Place:
    """Do it; each step is one that a second run finds done. Returns what the bot now holds."""
    copy, folder = work.copy, settings.home / "adopted"
    with copies_key(vault) as key:
        if not copy.files:
            copies.write(folder, noted(work, {}), key.view())
        try:
            _seal(settings, vault, work)
        except Misconfigured:
            if work.untouched:  # the key was refused, and all is as it was
                copies.remove(folder, Path(copy.path))
            raise
        with _bot(vault, copy) as (record, secret):
            keep_passes(settings, vault)
            digests.keep(settings, vault)
            at = place(settings, copy.bot, copy.exchange, record.key, secret)
        after = {one.source.path: one.after.encode() for one in work.changes(at)}
        copies.write(folder, noted(work, after), key.view())
    for held, _ in work.read:
        if held.path in after and work.now[held.path] != after[held.path]:
            files.replace(held.path, after[held.path], work.now[held.path], held)
    return at


def preview(settings: Settings, work: Work) -> Place:
    """Say where the bot will come in, with names in place of what is secret."""
    bot = work.copy.bot
    shown = place(settings, bot, work.copy.exchange, f"<virtual key of {bot}>", f"<virtual secret of {bot}>")
    return replace(shown, token="<pass>")  # noqa: S106  # it stands for one


def noted(work: Work, after: Mapping[Path, bytes]) -> Copy:
    """Say in the copy what each file was, and what those that change become, once that is known."""
    changing = after or {one.path: b"" for one in work.pair.found}
    rows = tuple(copies.kept(held, after.get(held.path)) for held, _ in work.read if held.path in changing)
    return msgspec.structs.replace(work.copy, files=rows)


def _begun(settings: Settings, vault: Vault, path: Path) -> Copy | None:
    if not (settings.home / "adopted").is_dir():
        return None
    with copies_key(vault) as key:
        return copies.read(settings.home / "adopted", path, key.view())


def _before(begun: Copy, held: Held, source: Source) -> tuple[Held, Source]:
    """Take a file as it was where it has been changed by us already; refuse one that others have changed since."""
    for one in begun.files:
        if Path(one.path) == held.path and held.data != one.data:
            if copies.digest(held.data) != one.after:
                raise Misconfigured(
                    f"{held.path} has changed since it was adopted", hint="`ringfence adopt --undo` shows how"
                )
            return one.held, Source(source.path, source.kind, decode(str(held.path), one.data))
    return held, source


def _exchange(settings: Settings, sources: tuple[Source, ...], given: str) -> str:
    """Choose the exchange: the one that is given, or the only one of this deployment that speaks what the bot does."""
    named = {exchange_of(source) for source in sources} - {""}
    known = sorted({str(one.exchange) for one in settings.listeners})
    fitting = [one for one in known if not named or one.removeprefix("paper-") in named]
    if given:
        fitting = [one for one in fitting if one == given]
    if len(fitting) != 1:
        spoken = f"; the bot's files say {', '.join(sorted(named))}" if named else ""
        raise Misconfigured(f"which exchange is meant? there is {', '.join(known)}{spoken}", hint="give --exchange")
    return fitting[0]


def _way(pair: Pair, sources: tuple[Source, ...], mode: Mode | None) -> tuple[str, Mode]:
    kinds = {source.path: source.kind for source in sources}
    kind = kinds[pair.found[0].path]
    freqtrade = any(source.kind is Kind.FREQTRADE and exchange_of(source) for source in sources)
    name = "freqtrade" if freqtrade else _CLIENTS[kind]
    usual = Mode.NAMES if kind is Kind.PASSIVBOT else client(name).default  # its file has no place for a proxy
    return name, client(name).way(mode or usual).mode


def _new(settings: Settings, vault: Vault, wish: Wish, exchange: str, pair: Pair) -> Copy:
    """Say what will be put into the vault; raises `Misconfigured` where something of another meaning is there."""
    chosen_exchange(settings, exchange, "", unconfined=wish.unconfined or exchange.startswith("paper-"))
    known = next((one for one in vault.records if one.id == f"account-{wish.account}"), None)
    if known is not None and (known.key, known.exchange) != (pair.key, exchange):
        raise Misconfigured(
            f"account {wish.account} has another key, {masked(known.key)}", hint="give --account with another name"
        )
    bot = next((one for one in bots_of(vault) if one.bot == wish.bot), None)
    if bot is not None and (bot.account != wish.account or bot.algorithm):
        raise Misconfigured(f"there is already a bot {wish.bot}, of another kind", hint="give --bot with another name")
    return Copy(str(wish.path), wish.bot, wish.account, exchange, bot is None, known is None, ())


def _seal(settings: Settings, vault: Vault, work: Work) -> None:
    """Seal the real key as `key add` does, with the same questions to the exchange."""
    copy = work.copy
    if not copy.sealed_key:
        return
    if not any(one.id == f"account-{copy.account}" for one in vault.records):
        given = (work.pair.key, bytearray(work.pair.secret.encode()))
        seal(settings, vault, copy.account, ExchangeId(copy.exchange), given)
    probe(settings, vault, account_of(vault, copy.account))


@contextmanager
def _bot(vault: Vault, copy: Copy) -> Iterator[tuple[Record, str]]:
    """Show the bot's virtual key, and make it where it is not there yet."""
    if any(one.bot == copy.bot for one in bots_of(vault)):
        record = bot_of(vault, copy.bot)
        with vault.reveal(record.id) as secret:
            yield record, str(secret.view(), "ascii")
        return
    with new_bot(vault, copy.bot, copy.account, "trade", Algorithm.HMAC) as (record, fresh):
        yield record, str(fresh.view(), "ascii")
