"""The owner asks for past trades: one page a question, with the real key, within a tenth of the exchange's weight."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ringfence.ipc.messages import AskFills, Outcome
from ringfence.model.names import AccountName
from ringfence.signer import trades
from tests.dialects.binance.test_fills import row
from tests.signer.owner import Exchange, House, Refused

PAGE = 1_000


@dataclass(slots=True)
class History(Exchange):
    """An exchange that has trades on record, and answers as Binance does; or says what it is told to."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    says: Outcome | None = None
    questions: list[dict[str, str]] = field(default_factory=list)

    async def carry(self, *asked: Any) -> Outcome:
        """Answer a question for past trades."""
        target = urlsplit(asked[1].target)
        if target.path != "/api/v3/myTrades":
            return await Exchange.carry(self, *asked)
        given = dict(parse_qsl(target.query))
        self.questions.append(given)
        if self.says is not None:
            return self.says
        first, limit = given.get("fromId"), int(given["limit"])
        found = [each for each in self.rows if each["id"] >= int(first or 0)]
        return answer(200, found[-limit:] if first is None else found[:limit])


def answer(status: int, content: object) -> Outcome:
    return Outcome(1, sent=True, status=status, body=json.dumps(content).encode())


def error(code: int, text: str = "no") -> dict[str, Any]:
    return {"code": code, "msg": text}


def trade(number: int, symbol: str = "BTCUSDT") -> dict[str, Any]:
    return row(symbol=symbol, id=number, orderId=number)


@pytest.fixture
def history(house: House) -> History:
    made: Any = History(house.machine, rows=[trade(number) for number in range(10)])
    house.exchange = made
    house.desk.carrier = made
    return made  # type: ignore[no-any-return]


def ask(house: House, symbol: str = "BTC/USDT", after: int | None = -1, account: str = "main") -> dict[str, Any]:
    return house.ask(AskFills(account, symbol, after))


def ids(page: dict[str, Any]) -> list[int]:
    return [each["trade"] for each in page["fills"]]


def test_a_page_is_asked_for_with_the_real_key_and_signed(house: House, history: History) -> None:
    page = ask(house)
    [question] = history.questions
    assert (question["symbol"], question["fromId"], question["limit"]) == ("BTCUSDT", "0", "1000")
    assert question["signature"]
    assert (ids(page), page["after"], page["wait_s"], page["exchange"]) == (list(range(10)), None, 0, "binance")


def test_without_a_place_to_go_on_from_it_is_the_newest(house: House, history: History) -> None:
    history.rows = [trade(number) for number in range(PAGE + 5)]
    page = ask(house, after=None)
    assert "fromId" not in history.questions[0]
    assert (ids(page)[0], ids(page)[-1]) == (5, PAGE + 4)


@pytest.mark.parametrize(("count", "more"), [(PAGE - 1, None), (PAGE, PAGE - 2), (PAGE + 1, PAGE - 2)])
def test_a_full_page_says_where_to_go_on(house: House, history: History, count: int, more: int | None) -> None:
    history.rows = [trade(number) for number in range(count)]
    assert ask(house)["after"] == more


def test_pages_leave_no_half_of_a_trade_with_oneself_out(house: House, history: History) -> None:
    history.rows = [trade(number) for number in range(PAGE)]
    history.rows += [{**trade(PAGE - 1), "isBuyer": False, "orderId": 7}, trade(PAGE)]
    first = ask(house)
    assert ids(ask(house, after=first["after"])) == [PAGE - 1, PAGE - 1, PAGE]


def test_it_works_before_any_policy_is_in_force_and_for_what_no_policy_names(house: House, history: History) -> None:
    house.desk.world.in_force = None
    history.rows = [trade(3, "SOLUSDT")]
    assert ids(ask(house, "SOL/USDT")) == [3]


def test_each_page_is_an_errand_in_the_journal_and_says_nothing_of_what_was_told(
    house: House, history: History
) -> None:
    ask(house)
    [entry] = [each for each in house.entries if each["kind"] == "errand"]
    said = tuple(entry[name] for name in ("actor", "read", "account", "symbol"))
    assert said == ("owner", "my-trades", "main", "BTC/USDT")
    assert "fills" not in entry
    assert len(history.questions) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"account": "other"}, "account other has no key (ringfence key add other)"),
        ({"symbol": "btc usdt"}, "btc usdt cannot be a symbol of binance"),
        ({"symbol": "A" * 21}, "cannot be a symbol of binance"),
        ({"after": 2**63}, "fromId"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_leaves(
    house: House, history: History, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused) as refused:
        ask(house, **asked)
    assert said in str(refused.value)
    assert history.questions == []


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (answer(400, error(-1121, "Invalid symbol.")), "did not tell the trades in BTC/USDT: Invalid symbol."),
        (
            answer(401, error(-2015, "Invalid API-key")),
            "Invalid API-key (is it traded there? `ringfence key check main` tries the key)",
        ),
        (answer(429, error(-1003)), "asks to be left alone for 60 s"),
        (answer(200, [row(price="-1")]), "in a way that can be read"),
        (answer(200, {}), "in a way that can be read"),
        (answer(200, [trade(1, "ETHUSDT")]), "in another symbol than BTCUSDT"),
        (answer(503, {}), "its answer is none (ringfence status)"),
        (Outcome(1, sent=False, status=None, body=b"", error="no route"), "no route"),
    ],
)
def test_an_answer_that_tells_nothing_is_an_error_with_its_reason(
    house: House, history: History, outcome: Outcome, said: str
) -> None:
    history.says = outcome
    with pytest.raises(Refused) as refused:
        ask(house)
    assert said in str(refused.value)


def test_while_the_exchange_wants_to_be_left_alone_nothing_is_asked(house: House, history: History) -> None:
    history.says = answer(418, error(-1003))
    for _ in range(2):
        with pytest.raises(Refused, match="left alone for 120 s"):
            ask(house)
    assert len(history.questions) == 1
    assert house.desk.waiting_out(AccountName("main")) == 120


def test_pages_take_a_tenth_of_the_weight_of_any_minute_and_say_how_long_to_wait(
    house: House, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(trades, "time", SimpleNamespace(monotonic=lambda: now[0]))
    asked: list[float] = []
    while now[0] < 300:
        page = ask(house)
        if page["wait_s"]:
            assert page["fills"] == []
            now[0] += 0.5
        else:
            asked.append(now[0])
    weights = [20 * sum(start <= at < start + 60 for at in asked) for start in asked]
    assert max(weights) <= 600
    assert weights[0] >= 500  # and it is not far less
    assert len(history.questions) == len(asked)


def test_what_it_says_to_wait_is_enough(house: House, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(trades, "time", SimpleNamespace(monotonic=lambda: now[0]))
    pages = [ask(house) for _ in range(20)]
    [wait] = {page["wait_s"] for page in pages} - {0}
    now[0] += wait
    assert ask(house)["wait_s"] == 0
    assert len(history.questions) == sum(not page["wait_s"] for page in pages) + 1
