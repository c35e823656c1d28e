import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import AskHalt, AskLog, AskNonce, AskOrder, AskResume, AskStatus, AskWhy, Failed
from tests.cli.terminal import PASSPHRASE, STATUS, FakeSigner, reply, ringfence, signer
from tests.deployment import POLICY

IN_FORCE = reply({"text": POLICY, "digest": "d", "seq": 1})
_REFUSALS = {
    "refusals": [
        {
            "at": 1_700_000_000_000,
            "bot": "grid",
            "action": "BUY 1 BTC/USDT",
            "reasons": [{"code": "collar", "text": "too far"}, {"code": "exposure", "text": "too much"}],
        }
    ]
}
_ORDER = {
    "intent": {"seq": 4, "bot": "grid", "quantity": "0.00100000", "executed": "0E-8", "content": "ff", "at": 0},
    "outcomes": [{"kind": "outcome", "state": "open", "position": "0E-8"}],
    "entries": [4, 5],
}
_ENTRY = '{"actor":"grid","kind":"refusal","seq":%d,"t_boot":5,"t_wall":1700000000000,"why":"too far"}'


def _entries(first: int, last: int) -> dict[str, Any]:
    rows = [{"seq": seq, "kind": "refusal", "text": _ENTRY % seq} for seq in range(first, last + 1)]
    return {"entries": rows, "size": last + 1}


@pytest.mark.parametrize(
    ("arguments", "asks", "document"),
    [
        (("status",), AskStatus(), STATUS),
        (("halt",), AskHalt(), {"done": True, "switch": "halted", "cancelling": 0}),
        (("why",), AskWhy(None, 20), _REFUSALS),
        (("order", "show", "4"), AskOrder("4"), _ORDER),
        (("log", "show", "--after", "3"), AskLog(3, 20), _entries(4, 6)),
    ],
)
def test_json_is_what_the_signer_said(home: Path, arguments: tuple[str, ...], asks: Any, document: Any) -> None:
    with signer(home, **{type(asks).__name__: reply(document)}) as running:
        done = ringfence(home, *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json() == document
    assert running.asked == [asks]
    assert done.out.isascii()


def test_status_shows_what_runs_what_is_missing_and_what_is_used(home: Path) -> None:
    with signer(home, AskPolicy=IN_FORCE):
        shown = ringfence(home, "status").out
    assert "grid the whole account a day; 135.66 USDT by its limits, were it confined" in " ".join(shown.split())
    assert "trading  since 1 minute ago" in shown
    assert "● courier" in shown
    assert "○ prices" in shown
    assert "● BTC/USDT 0.4 s old" in shown
    assert "○ ETH/USDT none yet, so only exits pass" in shown
    assert "abababababab  entry 7, applied 1 minute ago" in shown
    assert "120.01 / 5000" in shown  # rounded up: a limit never looks less used than it is
    assert "? / unlimited" in shown
    assert "20 / 20" in shown
    assert "an order that is not ours" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"policy": None}, "none, so nothing may be placed"),
        ({"switch": "halted", "why": "looks odd"}, "halted  since 1 minute ago  looks odd"),
        ({"suspect": "the journal has gone back"}, "suspect: the journal has gone back"),
        ({"accounts": []}, "none; `ringfence key add`"),
        ({"bots": []}, "no bots; add one with `ringfence bot add`"),
        ({"bots": [{**STATUS["bots"][0], "in_policy": False}]}, "grid (in no policy)"),
        (
            {"accounts": [{**STATUS["accounts"][0], "venue_offset_ms": None}]},
            "its clock is not known yet, so only exits pass",
        ),
        ({"accounts": [{**STATUS["accounts"][0], "unfit": "it can withdraw"}]}, "only exits: it can withdraw"),
        ({"accounts": [{**STATUS["accounts"][0], "unfit": None}]}, "only exits: what the key may do is not known yet"),
        ({"accounts": [{**STATUS["accounts"][0], "waiting_s": 9}]}, "asked for 9 s of quiet"),
        ({"switch": "a word of tomorrow"}, "a word of tomorrow"),
    ],
)
def test_status_says_what_is_not_as_it_should_be(home: Path, change: dict[str, Any], said: str) -> None:
    with signer(home, AskStatus=reply({**STATUS, **change}), AskPolicy=IN_FORCE):
        done = ringfence(home, "status")
    assert done.code == 0, done.err
    assert said in done.out


LATER, EARLIER = STATUS["now"] + 60_000, STATUS["now"]
OF_A_BOT = [
    ({"stopped": "it repeats itself"}, "bot grid may only leave: it repeats itself; `ringfence resume grid`", True),
    ({"shadow_until": LATER}, "bot grid: the limits that may be left out only watch until", True),
    ({"shadow_until": EARLIER}, "only watch", False),
]


@pytest.mark.parametrize(("change", "said", "there"), OF_A_BOT)
def test_status_says_what_is_of_one_bot_on_a_line_of_its_own(
    home: Path, change: dict[str, Any], said: str, there: bool
) -> None:
    bots = [{**STATUS["bots"][0], **change}]
    with signer(home, AskStatus=reply({**STATUS, "bots": bots}), AskPolicy=IN_FORCE):
        done = ringfence(home, "status")
    assert (said in " ".join(done.out.split())) is there
    assert "\N{REPLACEMENT CHARACTER}" not in done.out


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        ((), AskHalt(exits_only=False, cancel=True, why="")),
        (("--exits-only",), AskHalt(exits_only=True, cancel=True, why="")),
        (("--no-cancel",), AskHalt(exits_only=False, cancel=False, why="")),
        (("--why", "looks odd"), AskHalt(exits_only=False, cancel=True, why="looks odd")),
    ],
)
def test_a_halt_needs_no_passphrase(home: Path, options: tuple[str, ...], asks: AskHalt) -> None:
    with signer(home, AskHalt=reply({"done": True, "switch": "halted", "cancelling": 2})) as running:
        done = ringfence(home, "halt", *options)
    assert (done.code, done.err, running.asked) == (0, "", [asks])
    assert "cancelling 2 resting orders" in done.out


def test_a_halt_that_nobody_heard_says_so_and_what_stops_it_for_sure(home: Path) -> None:
    done = ringfence(home, "halt")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: not halted: the signer is not running\nhint: while ringfence is stopped nothing")


def test_a_halt_whose_answer_is_lost_is_not_taken_for_one(home: Path) -> None:
    with signer(home):
        assert ringfence(home, "halt").code == 3


def _resume(home: Path, passphrase: bytes) -> tuple[int, FakeSigner]:
    with signer(home, AskResume=reply({"done": True, "switch": "trading"})) as running:
        return ringfence(home, "resume", secrets={"passphrase": passphrase}).code, running


def test_a_resume_is_proven_over_a_fresh_nonce(home: Path) -> None:
    code, running = _resume(home, PASSPHRASE)
    assert code == 0
    nonce, resume = running.asked
    assert isinstance(nonce, AskNonce)
    assert isinstance(resume, AskResume)
    assert (resume.proof.nonce, len(resume.proof.mac)) == (bytes(32), 32)


def test_a_resume_with_the_wrong_passphrase_asks_for_nothing(home: Path) -> None:
    code, running = _resume(home, b"wrong horse battery")
    assert (code, running.asked) == (2, [])


def test_why_shows_every_reason_with_its_code(home: Path) -> None:
    with signer(home, AskWhy=reply(_REFUSALS)) as running:
        done = ringfence(home, "why", "grid", "--limit", "5")
    assert running.asked == [AskWhy("grid", 5)]
    assert "collar" in done.out
    assert "exposure" in done.out
    assert "too much" in done.out


def test_why_says_when_there_is_nothing(home: Path) -> None:
    with signer(home, AskWhy=reply({"refusals": []})):
        assert ringfence(home, "why").out == "nothing has been refused since the signer started\n"


@pytest.mark.parametrize(("limit", "code"), [("0", 2), ("1", 0), ("1000", 0), ("1001", 2)])
def test_a_limit_is_from_one_to_a_thousand(home: Path, limit: str, code: int) -> None:
    with signer(home, AskWhy=reply({"refusals": []})):
        assert ringfence(home, "why", "--limit", limit).code == code


def test_the_radius_is_the_whole_account_while_nothing_is_confined(home: Path) -> None:
    with signer(home, AskPolicy=IN_FORCE):
        shown = ringfence(home, "radius").out
        document = json.loads(ringfence(home, "radius", "--json").out)
    [bot] = document["bots"]
    assert document["confined"] is False
    assert bot["stealable"]["amount"] is None
    assert "the whole account" in shown
    assert f"{bot['if_confined']['stealable']['amount']} USDT" in shown
    assert "loss budget: " in shown
    assert "nothing proves that a bot that is taken over cannot reach the real key" in " ".join(shown.split())


def _wall(*, held: bool, age: int = 60, failed: tuple[str, ...] = ()) -> dict[str, object]:
    return {"bot": "grid", "held": held, "age_s": age, "tried": 95, "failed": failed}


@pytest.mark.parametrize(
    ("wall", "confined", "said"),
    [
        (_wall(held=True), True, ""),
        (_wall(held=False, age=9_000), False, "its canary last ran 2 h ago"),
        (
            _wall(held=False, failed=("read the vault: open: read", "x: y")),
            False,
            "read the vault: open: read, and 1 more",
        ),
        (_wall(held=True) | {"bot": "other"}, False, "nothing proves"),
    ],
)
def test_the_radius_is_the_policys_figure_only_while_a_canary_of_that_bot_holds(
    home: Path, wall: dict[str, object], confined: bool, said: str
) -> None:
    with signer(home, AskPolicy=IN_FORCE, AskStatus=reply(STATUS | {"walls": [wall]})):
        shown = " ".join(ringfence(home, "radius").out.split())
        document = json.loads(ringfence(home, "radius", "--json").out)
        status = " ".join(ringfence(home, "status").out.split())
    [bot] = document["bots"]
    assert (document["confined"], bot["confined"]) == (confined, confined)
    assert (bot["stealable"] == bot["if_confined"]["stealable"]) == confined
    assert ("the whole account" in shown.lower()) != confined
    assert said in shown
    assert ("grid, tried 1 min ago" in status) == confined


def test_a_draft_is_shown_by_its_own_figures_where_its_bots_are_confined(home: Path) -> None:
    with signer(home, AskPolicy=IN_FORCE, AskStatus=reply(STATUS | {"walls": [_wall(held=True)]})):
        assert "the whole account" not in ringfence(home, "policy", "check").out
        assert "the whole account" not in ringfence(home, "policy", "diff").out
    assert "the whole account" in ringfence(home, "policy", "check").out


def test_the_radius_names_whom_a_bot_that_is_taken_over_can_tell(home: Path) -> None:
    text = POLICY.replace("[bot.grid]\n", '[bot.grid]\ntunnels = ["api.telegram.org", "ntfy.sh"]\n')
    with signer(home, AskPolicy=reply({"text": text, "digest": "d", "seq": 1})):
        shown = ringfence(home, "radius").out
        document = json.loads(ringfence(home, "radius", "--json").out)
    assert "can tell what it knows to api.telegram.org, ntfy.sh" in shown
    assert document["bots"][0]["tunnels"] == ["api.telegram.org", "ntfy.sh"]


def test_without_a_policy_there_is_no_figure(home: Path) -> None:
    with signer(home, AskPolicy=Failed("Misconfigured", "no policy is in force", "write one")):
        done = ringfence(home, "radius")
    assert done.code == 2
    assert "no policy is in force" in done.err


def test_an_order_is_shown_with_its_entries_and_plain_amounts(home: Path) -> None:
    with signer(home, AskOrder=reply(_ORDER)):
        shown = ringfence(home, "order", "show", "4").out
    assert "intent 4" in shown
    assert "0.001" in shown
    assert "0E-8" not in shown
    assert "entries 4, 5" in shown


def test_the_log_is_one_line_an_entry(home: Path) -> None:
    with signer(home, AskLog=reply(_entries(4, 6))):
        lines = ringfence(home, "log", "show", "--after", "3").out.splitlines()
    assert len(lines) == 3
    assert lines[0].split()[0] == "4"
    assert lines[0].endswith('refusal      grid  why="too far"')


def test_without_after_the_last_entries_are_shown(home: Path) -> None:
    with signer(home, AskLog=reply(_entries(0, 99))) as running:
        ringfence(home, "log", "show", "--limit", "10")
    assert running.asked[-1] == AskLog(89, 10)


@pytest.mark.parametrize(
    ("arguments", "ask", "document"),
    [
        (("why",), "AskWhy", {"refusals": [{**_REFUSALS["refusals"][0], "action": "\x1b[2Jall is well\x07"}]}),
        (
            ("log", "show", "--after", "0"),
            "AskLog",
            {"entries": [{"seq": 1, "kind": "refusal", "text": '{"a":"\\u001b[2J"}'}], "size": 2},
        ),
        (("status",), "AskStatus", {**STATUS, "why": "\x9b2J", "alarms": [{"at": 0, "text": "\x1b]0;x\x07"}]}),
        (("order", "show", "1"), "AskOrder", {**_ORDER, "outcomes": [{"text": "\x1b[2J"}]}),
    ],
)
def test_words_that_a_bot_chose_cannot_steer_the_terminal(
    home: Path, arguments: tuple[str, ...], ask: str, document: Any
) -> None:
    with signer(home, **{"AskPolicy": IN_FORCE, ask: reply(document)}):
        done = ringfence(home, *arguments)
    assert done.code == 0, done.err
    assert not set(done.out) & {"\x1b", "\x07", "\x9b", "\r"}
    assert "\ufffd" in done.out


def test_markup_in_a_bots_words_is_only_text(home: Path) -> None:
    refusal = {**_REFUSALS["refusals"][0], "action": "[bold red]halt[/] :warning:"}
    with signer(home, AskWhy=reply({"refusals": [refusal]})):
        assert "[bold red]halt[/]" in " ".join(ringfence(home, "why").out.split())
