"""Real incidents on paper: the data is whole and marked, and what they cost is within what was promised."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ringfence.cli.main import build
from ringfence.cli.starter import policy_text
from ringfence.drill import incidents
from ringfence.drill.client import Answer
from ringfence.drill.incidents import Played, Replayed, ports
from ringfence.drill.incidents.crew import Advice, Deal, Pair, advice
from ringfence.drill.incidents.incident import NAMES, Incident, chosen
from ringfence.drill.incidents.play import play
from ringfence.drill.incidents.show import document, draw
from ringfence.drill.incidents.starting import bots, policy, scenario, unlisted, usual
from ringfence.drill.incidents.verdict import faults
from ringfence.errors import Broken, Misconfigured
from ringfence.model.names import BotName
from ringfence.paper import scenario as scenarios
from ringfence.paper.markets import LISTINGS
from ringfence.policy.load import load
from tests.drill.world import answer, effect, refused

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "explanation" / "incidents.md"
ALWAYS = {listing.instrument.symbol for listing in LISTINGS}
STARTING = policy_text("paper-binance")
GRID = BotName("grid")


# The data.


@pytest.mark.parametrize("incident", chosen(None), ids=lambda each: each.id)
def test_every_figure_says_where_it_is_from_and_the_page_has_it(incident: Incident) -> None:
    page = PAGE.read_text("utf-8")
    figures = list(incident.figures())
    for name, figure in figures:
        assert figure.says, name
        assert f"| `{name}` | {figure.value:f} | {figure.source} | {figure.says} |" in page
    assert {"record", "model"} <= {figure.source for _, figure in figures}
    assert len(figures) >= 8


@pytest.mark.parametrize("incident", chosen(None), ids=lambda each: each.id)
def test_an_account_had_10000_and_every_pair_has_a_market(incident: Incident) -> None:
    record = incident.record
    assert sum(worth.value for worth in record.holdings.values()) == 10_000
    assert {phase.symbol for phase in record.phases} <= record.markets.keys() | ALWAYS
    for symbol, market in record.markets.items():
        grid = (market.spread, market.depth, market.tick, market.step, market.max_price)
        assert not any(grid) if symbol in ALWAYS else all(grid), symbol
    assert f"| {incident.id} |" in (ROOT / "docs" / "explanation" / "attacks.md").read_text("utf-8")


def test_the_one_that_came_through_a_web_session_is_said_not_to_be_stoppable() -> None:
    (session,) = [each for each in chosen(None) if not each.stoppable]
    assert session.id == "I9"
    assert "would not have been stopped" in session.record.lesson


@pytest.mark.parametrize(
    ("names", "found"),
    [(None, NAMES), ([], NAMES), (["I7"], ("I7",)), (["i7", "I1", "I7"], ("I1", "I7"))],
)
def test_incidents_are_chosen_by_name_and_come_in_the_order_of_the_catalogue(
    names: list[str] | None, found: tuple[str, ...]
) -> None:
    assert tuple(each.id for each in chosen(names)) == found


@pytest.mark.parametrize("name", ["I3", "S01", ""])
def test_an_incident_that_cannot_be_replayed_is_refused_with_those_that_can(name: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        chosen(["I1", name])
    assert refusal.value.hint == "there are I1, I2, I6, I7, I8, I9"


# The policy and the scenario that a replay begins with.


def test_every_bot_has_the_limits_that_init_writes_and_its_own_pairs_besides() -> None:
    wanted = bots(chosen(None), STARTING)
    made, written = load(policy(STARTING, wanted)).bots, load(STARTING).bots[GRID]
    assert set(made) == set(wanted)
    for name, more in wanted.items():
        bot = made[BotName(name)]
        assert (bot.limits, bot.kinds, bot.fee, bot.role) == (written.limits, written.kinds, written.fee, written.role)
        assert bot.symbols == (*written.symbols, *more)


def test_only_what_is_refused_as_a_whole_shares_a_bot() -> None:
    shared = {each.id: usual(each, STARTING) for each in chosen(None)}
    assert shared == {"I1": "i1", "I2": "grid", "I6": "i6", "I7": "grid", "I8": "grid", "I9": "grid"}


def test_where_the_policy_lists_the_pair_already_there_is_no_second_bot() -> None:
    wanted = bots(chosen(["I6"]), STARTING)
    assert wanted == {"i6": ()}
    assert unlisted(chosen(["I9"])[0], STARTING) == ("QTUM/USDT", "DASH/USDT")
    listing = STARTING.replace('"ETH/USDT"', '"ETH/USDT", "DMG/USDT"')
    assert bots(chosen(["I7"]), listing) == {"i7": ()}


@pytest.mark.parametrize("text", ["", STARTING.replace("bot.grid]", "bot.first]"), f"{STARTING}\n{STARTING}"])
def test_a_starting_policy_that_is_not_as_expected_is_not_guessed_at(text: str) -> None:
    with pytest.raises(Broken):
        policy(text, {"i1": ()})


def test_a_starting_policy_without_a_list_of_symbols_is_not_guessed_at() -> None:
    with pytest.raises(Broken):
        policy(STARTING.replace("symbols =", "pairs ="), {"i1": ()})


def test_the_scenario_has_every_pair_at_its_price(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(scenario(chosen(None)), "utf-8")
    start = scenarios.load(path, "0")
    listed = {each.instrument.symbol: start.prices[each.instrument.symbol] for each in start.listings[len(LISTINGS) :]}
    assert set(listed) == {"SYSUSDT", "DMGUSDT", "AXSUSDT", "QTUMUSDT", "DASHUSDT"}
    assert (listed["DMGUSDT"], start.prices["VIAUSDT"]) == (Decimal("0.01"), Decimal("2.25"))
    assert start.frozen


def test_a_replay_has_ports_of_its_own_and_nothing_else_is_changed(tmp_path: Path) -> None:
    lines = ["[listeners.paper]", 'exchange = "paper-binance"', "port = 8300", "", "[paper]", "port = 8410"]
    lines += ["plain_port = 8411", "east_port = 8412", "west_port = 8413", "support = 1"]
    path = tmp_path / "ringfence.toml"
    path.write_text("\n".join(lines), "utf-8")
    ports.move(path)
    moved = path.read_text("utf-8").split("\n")
    at = [number for number, line in enumerate(lines) if "port = " in line and line != "support = 1"]
    chosen_ports = [int(moved[number].partition(" = ")[2]) for number in at]
    assert len(set(chosen_ports)) == 5
    assert all(10_000 <= port < 20_000 for port in chosen_ports)
    assert [line.partition(" = ")[0] for line in moved] == [line.partition(" = ")[0] for line in lines]
    assert [moved[number] for number in range(len(lines)) if number not in at] == [
        lines[number] for number in range(len(lines)) if number not in at
    ]


# What a thief makes of an answer.


@pytest.mark.parametrize(
    ("came", "then"),
    [
        (answer(200, executedQty="1"), Advice.GO_ON),
        (answer(200, executedQty="0"), Advice.NEARER_THE_PRICE),
        (answer(200), Advice.NEARER_THE_PRICE),
        (refused("collar"), Advice.NEARER_THE_PRICE),
        (refused("slow-collar"), Advice.NEARER_THE_PRICE),
        (refused("order-notional"), Advice.SMALLER),
        (refused("loss-budget"), Advice.SMALLER),
        (refused("a-rule-of-tomorrow"), Advice.SMALLER),
        (answer(400, code=-1013, msg="Filter failure: NOTIONAL"), Advice.SMALLER),
        (refused("symbol"), Advice.GIVE_UP),
        (refused("halted"), Advice.GIVE_UP),
        (refused("orders-per-minute"), Advice.GIVE_UP),
        (answer(0), Advice.GIVE_UP),
    ],
)
def test_a_thief_asks_for_less_where_that_may_help(came: Answer, then: Advice) -> None:
    assert advice(came) is then


DMG = Pair("DMGUSDT", Decimal("0.01"), Decimal("0.000001"), Decimal(1))


def test_prices_and_coins_are_on_the_grid_of_their_pair() -> None:
    assert DMG.at(Decimal("1.00351")) == Decimal("0.010035")
    assert DMG.at(Decimal("0.00001")) == Decimal("0.000001")
    assert DMG.coins(Decimal("0.0399"), Decimal("0.01")) == 3


@pytest.mark.parametrize(
    ("side", "form", "words"),
    [
        ("BUY", "limit", "timeInForce=IOC&quantity=300&price=0.1"),
        ("BUY", "market", "quoteOrderQty=30.00"),
        ("SELL", "market", "quantity=300"),
    ],
)
def test_an_order_is_written_by_its_form(side: str, form: str, words: str) -> None:
    call = Deal(DMG, side, form, Decimal("0.1"), Decimal(300)).call
    assert call.query.startswith(f"symbol=DMGUSDT&side={side}&type={form.upper()}")
    assert call.query.endswith(words)


@pytest.mark.parametrize(
    ("side", "price", "edge"),
    [
        ("BUY", "0.1", "0.012"),
        ("BUY", "0.012001", "0.012"),
        ("BUY", "0.012", "0.011999"),
        ("BUY", "0.010035", "0.010034"),
        ("SELL", "0.001", "0.008333"),
        ("SELL", "0.009965", "0.009966"),
    ],
)
def test_an_accomplice_takes_what_is_better_than_his_own_offer_and_never_his_own(
    side: str, price: str, edge: str
) -> None:
    call = Deal(DMG, side, "limit", Decimal(price), Decimal(300)).clearing
    assert call.query.startswith(f"symbol=DMGUSDT&side={side}&type=LIMIT&timeInForce=IOC")
    assert Decimal(call.query.partition("&price=")[2]) == Decimal(edge)


class Between:
    """A thief whose accomplice is not always the best in the book: what each order came to, in its turn."""

    def __init__(self, pair: Pair, spent: list[str]) -> None:
        self.pairs = {pair.symbol: pair}
        self.deals: list[Deal] = []
        self._spent = spent

    def free(self, _asset: str) -> Decimal:
        return Decimal(10_000)

    def hand_over(self, deal: Deal) -> Answer:
        self.deals.append(deal)
        spent = self._spent[len(self.deals) - 1]
        return answer(200, executedQty=str(deal.quantity), cummulativeQuoteQty=spent)


def test_an_order_that_makers_filled_for_next_to_nothing_is_tried_again() -> None:
    """They quote twice a second, and may come between the accomplice and the order (I2 has one order alone)."""
    (phase,) = chosen(["I2"])[0].record.phases
    sys_usdt = Pair("SYSUSDT", Decimal("0.26"), Decimal("0.0001"), Decimal("0.01"))
    crew: Any = Between(sys_usdt, ["0.26", "0.26", "9880"])
    play(crew, phase)
    assert len(crew.deals) == 3
    assert {deal.price for deal in crew.deals} == {sys_usdt.at(Decimal(38_000))}


# What is judged.

(I7,) = chosen(["I7"])


def played(lost: str, **changed: object) -> Played:
    return Played(effect(lost, **changed), Decimal(10_000), 0.5)


def replayed(
    guarded: str = "0", allowed: str | None = "93.40", bare: str = "5000", promised: str | None = "93.40"
) -> Replayed:
    return Replayed(
        I7,
        played(bare, answers=(answer(200, executedQty="1"),)),
        played(guarded),
        None if allowed is None else played(allowed),
        None if promised is None else Decimal(promised),
    )


def test_a_loss_up_to_what_was_promised_is_as_promised() -> None:
    assert faults([replayed()]) == ()
    assert faults([replayed(guarded="93.40", allowed=None)]) == ()


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (replayed(guarded="93.41"), "exceeded: 93.41 was lost, and 93.40 was promised at most"),
        (replayed(allowed="93.41"), "exceeded: 93.41 was lost, and 93.40 was promised at most"),
        (replayed(bare="4999.99"), "it took 4999.99 without Ringfence, less than 50%, so it shows nothing"),
        (replayed(promised=None), "no figure was promised, so the loss cannot be within it"),
        (replace(replayed(), guarded=played("0", answers=())), "it was not carried out behind Ringfence"),
        (replace(replayed(), allowed=played("0", answers=())), "it was not carried out behind Ringfence"),
    ],
)
def test_what_is_not_as_promised_is_said(one: Replayed, why: str) -> None:
    assert faults([one]) == (f"I7, DMG, FTX: {why}",)


def test_without_a_replay_nothing_was_shown() -> None:
    assert faults([]) == ("no incident was replayed, so nothing was shown",)


def test_a_run_says_what_refused_it_and_what_left_at_the_collar() -> None:
    at_market = answer(200, "symbol=DMGUSDT&type=MARKET", type="LIMIT", price="0.01", executedQty="0")
    run = played("1", answers=(refused("collar"), refused("exposure"), refused("collar"), at_market))
    assert (run.sent, run.held, dict(run.refused)) == (4, 1, {"collar": 2, "exposure": 1})
    assert run.share == Decimal("0.0001")


# How it looks.


def test_the_document_has_every_figure_with_its_mark() -> None:
    made = document([replayed()])
    (shown,) = made.incidents
    assert [(mark.name, mark.source) for mark in shown.figures] == [(name, it.source) for name, it in I7.figures()]
    assert (shown.promised, shown.without.lost, shown.without.share, made.faults) == ("93.40", "5000", "0.5000", ())
    assert shown.pair_allowed is not None
    assert document([replayed(allowed=None)]).incidents[0].pair_allowed is None


@pytest.mark.parametrize(
    ("one", "said", "unsaid"),
    [
        (replayed(), "As promised", "would not have been stopped"),
        (replayed(allowed="93.41"), "Not as promised.", "As promised:"),
        (replace(replayed(), incident=chosen(["I9"])[0]), "I9: This would not have been stopped", "Not as promised"),
    ],
)
def test_a_person_sees_the_verdict_and_what_could_not_be_stopped(
    one: Replayed, said: str, unsaid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    draw(Console(width=80), [one])
    shown = " ".join(capsys.readouterr().out.split())
    assert said in shown
    assert unsaid not in shown


@pytest.mark.parametrize(("lost", "code"), [("93.40", 0), ("93.41", 1)])
def test_the_command_ends_with_1_where_more_was_lost_than_promised(
    lost: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(names: list[str], _report: Callable[[str], None]) -> tuple[Replayed, ...]:
        assert names == ["I7"]
        return (replayed(allowed=lost),)

    monkeypatch.setattr(incidents, "replay", found)
    done = CliRunner().invoke(build(), ["incidents", "I7", "--json"])
    assert done.exit_code == code
    assert bool(json.loads(done.stdout)["faults"]) == bool(code)


# The whole of it.

LIMITS = {"collar", "order-notional", "window-notional", "exposure", "loss-budget", "orders-per-minute"}
RINGFENCE = [sys.executable, "-P", "-c", "from ringfence.cli.main import main; main()", "incidents", "--json"]


@pytest.mark.timeout(600)  # half a minute of two idle cores, most of it for opening a vault; others test beside it
def test_every_incident_takes_the_account_without_ringfence_and_no_more_than_was_promised_with_it(place: Path) -> None:
    done = subprocess.run(
        RINGFENCE,
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    by = {each["id"]: each for each in found["incidents"]}
    assert tuple(by) == NAMES
    for incident in chosen(None):
        _check(incident, by[incident.id])
    assert list(place.iterdir()) == []


@pytest.mark.timeout(120)
def test_an_interrupted_replay_ends_in_order_and_leaves_nothing_behind(place: Path) -> None:
    with subprocess.Popen(
        RINGFENCE, env={**os.environ, "TMPDIR": str(place)}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as replaying:
        assert replaying.stderr is not None
        for line in replaying.stderr:
            if "making a deployment" in line:  # its directory is there, and a command of its owner runs
                break
        assert len(list(place.iterdir())) == 1
        replaying.send_signal(signal.SIGINT)
        _, said = replaying.communicate(timeout=60)
    assert replaying.returncode == 130
    assert "nothing is left running" in said
    assert list(place.iterdir()) == []


def test_an_unknown_name_is_told_with_a_hint_before_anything_is_made(place: Path) -> None:
    done = subprocess.run(
        [*RINGFENCE, "I3"],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["hint"] == "there are I1, I2, I6, I7, I8, I9"
    assert "making" not in done.stderr


def _check(incident: Incident, found: dict[str, Any]) -> None:
    lost = Decimal(found["without"]["lost"])
    assert lost >= (900 if incident.id == "I8" else 5_000)
    assert found["without"]["refused"] == {}
    behind = [run for run in (found["starting_policy"], found["pair_allowed"]) if run is not None]
    assert all(Decimal(run["lost"]) <= Decimal(found["promised"]) for run in behind)
    assert all(Decimal(run["lost"]) < lost / 50 for run in behind)
    if usual(incident, STARTING) == GRID:
        assert set(found["starting_policy"]["refused"]) == {"symbol"}
        assert (found["starting_policy"]["reached"], found["starting_policy"]["lost"]) == (0, "0.00")
    if found["pair_allowed"] is None:
        assert incident.id == "I6"
        assert set(found["starting_policy"]["refused"]) & {"loss-budget", "window-notional"}
    else:
        assert set(found["pair_allowed"]["refused"]) & LIMITS
        assert found["pair_allowed"]["reached"] > 0
    if incident.id in {"I2", "I7", "I9"}:
        assert "collar" in found["pair_allowed"]["refused"]
    if incident.id == "I1":
        assert "symbol" in found["starting_policy"]["refused"]
        assert found["pair_allowed"]["held"] > 0
