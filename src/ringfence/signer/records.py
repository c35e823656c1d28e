"""The signer's own tables, in the journal's database and in its transactions: intents, positions, state."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ringfence.dialects.dialect import Answer
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.model.names import AccountName, Asset, BotName, ClientId
from ringfence.signer.intent import WINDOW_MS, Intent, State

SCHEMA = (
    """
    CREATE TABLE intents (
        seq INTEGER PRIMARY KEY, bot TEXT NOT NULL, account TEXT NOT NULL, client_id TEXT NOT NULL,
        order_id TEXT, final INTEGER NOT NULL, settled_at INTEGER, intent BLOB NOT NULL,
        outcomes TEXT NOT NULL DEFAULT '', answer BLOB, UNIQUE (account, client_id)
    ) STRICT;
    CREATE UNIQUE INDEX intents_by_order ON intents (account, order_id) WHERE order_id IS NOT NULL;
    CREATE INDEX intents_live ON intents (final, settled_at);
    CREATE TABLE positions (
        bot TEXT NOT NULL, asset TEXT NOT NULL, account TEXT NOT NULL, quantity TEXT NOT NULL, PRIMARY KEY (bot, asset)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE results (bot TEXT PRIMARY KEY, cash TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    """,
)


_decode_intent = msgspec.json.Decoder(Intent).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


class Holds(msgspec.Struct, frozen=True):
    """What a bot's fills have made: of the base asset of an intent, and of the account's currency."""

    position: Decimal
    cash: Decimal


def add_intent(store: Store, intent: Intent) -> None:
    """Write a new intent; the unique index refuses a client id that the account has ever used."""
    store.sql(
        "INSERT INTO intents (seq, bot, account, client_id, final, intent) VALUES (?, ?, ?, ?, 0, ?)",
        (intent.seq, intent.bot, intent.account, intent.client_id, msgspec.json.encode(intent)),
    )


def update_intent(store: Store, intent: Intent, holds: Holds | None, entry: int, answer: Answer | None) -> None:
    """Write what has become of an intent, which entry says so, and what the bot was told.

    `holds` is what the bot has with it, None where nothing has filled since it was written.
    Where the exchange gives an order an id that another intent has, it stays as it is: unknown, and reserved.
    """
    became = (intent.order_id, int(intent.state is State.FINAL), intent.settled_at, msgspec.json.encode(intent))
    told = (f"{entry} ", None if answer is None else msgspec.msgpack.encode(answer), intent.seq)
    if not store.sql(
        "UPDATE OR IGNORE intents SET order_id = ?, final = ?, settled_at = ?, intent = ?,"
        " outcomes = outcomes || ?, answer = coalesce(answer, ?) WHERE seq = ? AND final = 0 RETURNING seq",
        (*became, *told),
    ):
        store.sql("UPDATE intents SET outcomes = outcomes || ?, answer = coalesce(answer, ?) WHERE seq = ?", told)
    if holds is None:
        return
    held = (intent.bot, intent.base, intent.account, str(holds.position))
    store.sql("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", held)
    store.sql("INSERT OR REPLACE INTO results VALUES (?, ?)", (intent.bot, str(holds.cash)))


def add_slippage(store: Store, seq: int, more: Decimal) -> None:
    """Count more of an intent's fills as lost, final or not, and write down that they were."""
    for (kept,) in store.sql("SELECT intent FROM intents WHERE seq = ?", (seq,)):
        intent = _decode_intent(kept)
        written = msgspec.json.encode(replace(intent, slipped=intent.slipped + more))
        store.sql("UPDATE intents SET intent = ? WHERE seq = ?", (written, seq))
        store.append(EntryKind.LOSS, intent.bot, {"intent": seq, "more": str(more)})


def outcomes(store: Store, seq: int) -> list[int]:
    """Return the numbers of the entries that say what became of an intent."""
    ((text,),) = store.sql("SELECT outcomes FROM intents WHERE seq = ?", (seq,))
    return [int(number) for number in text.split()]


def add_answer(store: Store, seqs: Iterable[int], answer: Answer) -> None:
    """Remember what the bot was told about the intents of one request, for whoever repeats it."""
    told = msgspec.msgpack.encode(answer)
    for seq in seqs:
        store.sql("UPDATE intents SET answer = ? WHERE seq = ? AND answer IS NULL", (told, seq))


def find_answer(store: Store, seq: int) -> Answer | None:
    """Return what the bot was told about an intent."""
    rows = store.sql("SELECT answer FROM intents WHERE seq = ? AND answer IS NOT NULL", (seq,))
    return _decode_answer(rows[0][0]) if rows else None


def by_client_id(store: Store, account: AccountName, client_id: ClientId) -> Intent | None:
    """Return the one intent that ever used a client id."""
    rows = store.sql("SELECT intent FROM intents WHERE account = ? AND client_id = ?", (account, client_id))
    return _decode_intent(rows[0][0]) if rows else None


def by_reference(store: Store, ref: str) -> Intent | None:
    """Return the intent that a person means: by number, client id or the exchange's id."""
    rows = store.sql(
        "SELECT intent FROM intents WHERE CAST(seq AS TEXT) = ?1 OR client_id = ?1 OR order_id = ?1 ORDER BY seq DESC",
        (ref,),
    )
    return _decode_intent(rows[0][0]) if rows else None


def counting(store: Store, now: int) -> Iterator[Intent]:
    """Yield every intent that still counts: live ones, and those that ended within the window."""
    rows = store.sql("SELECT intent FROM intents WHERE final = 0 OR settled_at > ?", (now - WINDOW_MS,))
    return (_decode_intent(row[0]) for row in rows)


def positions(store: Store) -> list[tuple[BotName, AccountName, Asset, Decimal]]:
    """Return every bot's positions."""
    rows = store.sql("SELECT bot, account, asset, quantity FROM positions")
    return [
        (BotName(str(bot)), AccountName(str(account)), Asset(str(asset)), Decimal(str(quantity)))
        for bot, account, asset, quantity in rows
    ]


def results(store: Store) -> list[tuple[BotName, Decimal]]:
    """Return what each bot's fills have done to its account's currency."""
    return [(BotName(str(bot)), Decimal(str(cash))) for bot, cash in store.sql("SELECT bot, cash FROM results")]


def write_stop(store: Store, bot: BotName, why: str, by: str, kept: Mapping[BotName, str]) -> None:
    """Write down that a bot was stopped by a limit, or with an empty reason let go on, and keep what is stopped now."""
    to, who = ("exits-only", "signer") if why else ("trading", "owner")
    store.append(EntryKind.SWITCH, who, {"bot": bot, "to": to, "why": why, "by": by})
    put(store, "stops", msgspec.json.encode(kept).decode())


def kept(store: Store, name: str) -> dict[str, str]:
    """Return one of the signer's own tables of texts: stops, peaks, anchors."""
    return msgspec.json.decode(get(store, name) or "{}", type=dict[str, str])


def keep(store: Store, name: str, texts: Mapping[str, str]) -> None:
    """Keep one of them."""
    put(store, name, msgspec.json.encode(texts).decode())


def get(store: Store, name: str) -> str | None:
    """Return one value of the signer's own state."""
    rows = store.sql("SELECT value FROM state WHERE name = ?", (name,))
    return str(rows[0][0]) if rows else None


def put(store: Store, name: str, value: str) -> None:
    """Set one value of the signer's own state."""
    store.sql("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))
