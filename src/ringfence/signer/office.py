"""What the owner looks at: one picture of the whole signer, and the links to those who feed it."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from ringfence.confine.memory import Protection
from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Quotes, Tunnels, Watch
from ringfence.model.names import KeyId
from ringfence.policy.policy import BotPolicy
from ringfence.signer.clock import boot_ms
from ringfence.signer.desk import Desk
from ringfence.signer.doubts import Doubts
from ringfence.signer.intent import State
from ringfence.signer.keyring import AccountKey, BotKey, masked
from ringfence.signer.pins import watched
from ringfence.signer.walls import Walls
from ringfence.vault.opened import Opened
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import Secret


class Office:
    """Holds what only the owner's commands need, and draws the status."""

    def __init__(
        self,
        desk: Desk,
        vault: Opened,
        owner_key: Secret,
        protections: tuple[Protection, ...],
        gateways: Callable[[], int],
        *,
        apart: bool,
    ) -> None:
        self.desk = desk
        self.vault = vault
        self.owner_key = owner_key
        self._protections = protections
        self._gateways = gateways
        self._prices: Link[Quotes] | None = None
        self._doubts = Doubts()
        self.walls = Walls(desk, apart=apart)

    def prices_changed(self, link: Link[Quotes], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Note that the prices process has come or gone, and tell it what to watch."""
        self._prices = link if up else None
        self._watch()

    def prices_received(self, _link: Link[Quotes], quotes: Quotes) -> None:
        """Take in reference prices, and raise an alarm for each doubt that is new."""
        self.desk.world.market.take(quotes, self.desk.timeline.now())
        for text in self._doubts.fresh(quotes.doubts, boot_ms() / 1000):
            self.desk.alarm(f"prices: {text}")

    def tell(self) -> None:
        """Tell the other processes what of the policy in force is theirs."""
        in_force = self.desk.world.in_force
        bots = () if in_force is None else in_force.policy.bots.values()
        self.desk.carrier.lead(Tunnels(tuple((bot.name, bot.tunnels) for bot in bots if bot.tunnels)))
        self._watch()

    def _watch(self) -> None:
        """Tell the prices process which symbols are traded, and which are still held."""
        in_force = self.desk.world.in_force
        if self._prices is None or in_force is None:
            return
        try:
            every = [symbol for account in in_force.policy.accounts for symbol in watched(self.desk, account)]
            self._prices.send(Watch(tuple(dict.fromkeys(every))))
        except Unreachable:
            self._prices = None

    async def status(self) -> dict[str, object]:
        """Draw the picture that `ringfence status --json` prints."""
        desk, world = self.desk, self.desk.world
        in_force = world.in_force
        journal = await desk.writer.read(lambda store: {"size": store.size, "root": store.root.hex()})
        return {
            **msgspec.to_builtins(world.position, enc_hook=str),
            "now": desk.timeline.now(),
            "policy": in_force and {"digest": in_force.digest, "seq": in_force.seq, "applied_at": in_force.applied_at},
            "first": world.newest is None,
            "second_factor": any(record.kind is RecordKind.TOTP for record in self.vault.records),
            "change": world.waiting and {"seq": world.waiting.seq, "at": world.waiting.at, "due": world.waiting.due},
            "warm_up": self._warm_up(),
            "suspect": desk.writer.broken or desk.writer.store.suspect,
            "processes": {
                "gateway": self._gateways() > 0,
                "courier": desk.carrier.up,
                "prices": self._prices is not None,
            },
            "journal": journal,
            "memory": self.owner_key.memory,
            "protections": self._protections,
            "walls": self.walls.told(),
            "accounts": [self._account(key) for key in desk.keyring.accounts.values()],
            "bots": [self._bot(key) for key in desk.keyring.bots.values()],
            "decoys": [self._decoy(*one) for one in desk.keyring.decoys.items()],
            "alarms": [{"at": at, "text": text} for at, text in desk.alarms],
        }

    def _account(self, key: AccountKey) -> dict[str, object]:
        offset, away = self.desk.world.offsets.get(key.account), self.desk.waiting_out(key.account)
        watching = self.desk.keyring.watching.get(key.account)
        names = {
            "account": key.account,
            "exchange": key.exchange,
            "key": masked(key.key),
            "read_only_key": watching and masked(watching.key),
        }
        return {**names, "venue_offset_ms": offset, "waiting_s": away, "unfit": self.desk.unfit.get(key.key)}

    def _decoy(self, key: KeyId, decoy: Record) -> dict[str, object]:
        row: dict[str, object] = {"decoy": decoy.bot, "exchange": decoy.exchange, "place": decoy.account}
        return {**row, "key": masked(key), "used": self.desk.decoys.uses[key]}

    def _warm_up(self) -> dict[str, float | None]:
        """Seconds since each symbol's price, None where there is none yet."""
        in_force = self.desk.world.in_force
        now = boot_ms() / 1000
        bots = () if in_force is None else in_force.bots.values()
        symbols = sorted({symbol for bot in bots for symbol in bot.symbols})
        references = self.desk.world.market.references
        return {symbol: round(now - references[symbol].at, 1) if symbol in references else None for symbol in symbols}

    def _bot(self, key: BotKey) -> dict[str, object]:
        desk, bot = self.desk, self.desk.world.bot(key.bot)
        stopped = desk.world.stops.get(key.bot)
        row: dict[str, object] = {"bot": key.bot, "account": key.account, "role": key.role, "key": masked(key.key)}
        unknown = sum(intent.state is State.RESERVED for intent in desk.ledger.live(key.bot))
        refused = desk.refusals.total.get(key.bot, 0)
        used = {} if bot is None else self._used(bot)
        shadow = 0 if bot is None else bot.shadow_until
        row |= {"refused": refused, "unknown_outcomes": unknown, "in_policy": bot is not None, "shadow_until": shadow}
        return {**row, "stopped": stopped, **used}

    def _used(self, bot: BotPolicy) -> dict[str, object]:
        """What is used of each cap, beside the cap."""
        usage = self.desk.ledger.usage(bot.name, self.desk.timeline.now())
        used = (
            usage.window_notional,
            usage.window_loss,
            self.desk.world.exposure(bot, bot.name, self.desk.ledger),
            usage.open_orders,
        )
        names = ("window_notional", "loss_budget", "exposure", "open_orders")
        caps = [getattr(bot.limits, name, None) for name in names]
        shown = ("window_notional", "loss", "exposure", "open_orders")
        return {name: [_figure(value), _figure(cap)] for name, value, cap in zip(shown, used, caps, strict=True)}


def _figure(value: object) -> object:
    """Money as text, counts as numbers, "unlimited" in words, None where it is not known."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return getattr(value, "value", value)
