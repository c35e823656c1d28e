"""A matching engine with one symbol and three people who have plenty, for tests of the engine alone."""

from decimal import Decimal

from ringfence.paper.accounts import Accounts
from ringfence.paper.engine import Engine
from ringfence.paper.instruments import Instrument
from ringfence.paper.orders import Kind, Placed, Side, Stp, Tif, Wish
from ringfence.paper.records import Records

SYMBOL = "VIAUSDT"
INSTRUMENT = Instrument(SYMBOL, "VIA", "USDT", Decimal("0.01"), Decimal("0.1"), Decimal(1000), Decimal(10_000))
PEOPLE = ("ann", "bob", "cat")
START = {"VIA": Decimal(1000), "USDT": Decimal(10_000)}


class Floor:
    def __init__(self, **groups: int) -> None:
        self.accounts = Accounts()
        self.records = Records(house=frozenset())
        self.engine = Engine({SYMBOL: INSTRUMENT}, self.accounts, self.records)
        self.now = 1000
        self._sent = 0
        for person in PEOPLE:
            self.accounts.open(person, groups.get(person, -1))
            for asset, amount in START.items():
                self.accounts.deposit(person, asset, amount, self.now)

    def send(
        self, who: str, side: str, quantity: str = "0", price: str = "0", *, kind: str = "LIMIT", tif: str = "GTC",
        quote: str = "0", stp: str = "EXPIRE_MAKER", client_id: str | None = None,
    ) -> Placed:  # fmt: skip
        self.now += 1
        self._sent += 1
        wish = Wish(
            account=who, symbol=SYMBOL, side=Side(side), kind=Kind(kind), client_id=client_id or f"id-{self._sent}",
            price=Decimal(price), quantity=Decimal(quantity), quote=Decimal(quote), tif=Tif(tif), stp=Stp(stp),
        )  # fmt: skip
        return self.engine.place(wish, Decimal(1), self.now)

    def balance(self, who: str, asset: str) -> tuple[Decimal, Decimal]:
        return self.accounts.free(who, asset), self.accounts.locked(who, asset)

    def book(self, side: str) -> list[tuple[str, str]]:
        resting = self.engine.resting(SYMBOL, Side(side))
        return [(f"{order.wish.price:f}", f"{order.left.normalize():f}") for order in resting]
