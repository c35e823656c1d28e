"""A bot is confined where every single thing was tried, and is as it must be; anything less is not."""

import msgspec
import pytest
from msgspec.structs import replace

from ringfence.canary.asked import Process, Told, Try, keyed, question
from ringfence.canary.judge import judge, missing

TRIES = (
    Try("gateway", ("127.0.0.1", 8300), "Ringfence answers"),
    Try("tcp", ("1.1.1.1", 443), "reach 1.1.1.1"),
    Try("tcp", ("8.8.8.8", 443), "reach 8.8.8.8"),
    Try("read", ("/v",), "read the vault"),
)
FLAGS = {"NoNewPrivs": "1", "Seccomp": "2", **dict.fromkeys(("CapEff", "CapPrm", "CapBnd", "CapAmb"), "0" * 16)}
ROWS = (
    ("gateway/0", "open", "HTTP/1.1 404"),
    ("tcp/0", "closed", "Network is unreachable"),
    ("tcp/1", "closed", "Network is unreachable"),
    ("read/0", "closed", "Permission denied"),
)
TOLD = Told(990, (990,), "net:[2]", FLAGS, ROWS)
BOT = Process(77, "net:[2]", FLAGS, in_unit=True)


def failed(told: Told = TOLD, tries: tuple[Try, ...] = TRIES, processes: tuple[Process, ...] = (BOT,)) -> list[str]:
    verdict = judge(tries, told, 990, "net:[1]", processes)
    assert verdict.held == (not verdict.failed)
    return [row.what for row in verdict.failed]


def test_where_everything_is_as_it_must_be_the_bot_is_confined() -> None:
    assert failed() == []
    assert failed(processes=()) == []


@pytest.mark.parametrize(
    ("row", "state"), [(1, "open"), (2, "unclear"), (3, "open"), (0, "closed"), (0, "unclear"), (1, "")]
)
def test_a_thing_that_is_not_as_it_must_be_is_named(row: int, state: str) -> None:
    rows = [*ROWS]
    rows[row] = (rows[row][0], state, "seen")
    assert failed(replace(TOLD, rows=tuple(rows))) == [TRIES[row].what]


@pytest.mark.parametrize("left_out", range(len(ROWS)))
def test_what_was_not_tried_is_not_closed(left_out: int) -> None:
    rows = tuple(row for number, row in enumerate(ROWS) if number != left_out)
    assert failed(replace(TOLD, rows=rows)) == [TRIES[left_out].what]


def test_a_probe_that_tried_nothing_proves_nothing() -> None:
    assert not judge((), TOLD, 990, "net:[1]", ()).held
    assert not missing("it did not start").held


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (replace(TOLD, uid=991), "it ran as the bot's user"),
        (replace(TOLD, net="net:[1]"), "its network is its own"),
        (replace(TOLD, net=""), "its network is its own"),
        (replace(TOLD, flags=FLAGS | {"NoNewPrivs": "0"}), "the probe: no program raises its rights"),
        (replace(TOLD, flags=FLAGS | {"Seccomp": "0"}), "the probe: its system calls are filtered"),
        (replace(TOLD, flags=FLAGS | {"CapBnd": "000001ffffffffff"}), "the probe: it has no capability"),
        (replace(TOLD, flags={}), "the probe: no program raises its rights"),
    ],
)
def test_a_probe_that_was_not_where_the_bot_is_proves_nothing(told: Told, what: str) -> None:
    assert what in failed(told, processes=())


def test_a_probe_that_ran_as_root_proves_nothing() -> None:
    assert not judge(TRIES, replace(TOLD, uid=0), 0, "net:[1]", ()).held


@pytest.mark.parametrize(
    ("process", "what"),
    [
        (replace(BOT, in_unit=False), "process 77: it runs in the bot's unit"),
        (replace(BOT, net="net:[1]"), "process 77: it is in the network that was tried"),
        (replace(BOT, flags=FLAGS | {"NoNewPrivs": "0"}), "process 77: no program raises its rights"),
        (replace(BOT, flags=FLAGS | {"CapEff": "0000000000000001"}), "process 77: it has no capability"),
        (replace(BOT, flags={}), "process 77: its system calls are filtered"),
    ],
)
def test_a_process_of_the_bots_that_lives_otherwise_than_the_probe_is_named(process: Process, what: str) -> None:
    assert what in failed(processes=(BOT, process))


def test_a_probes_words_for_a_try_are_those_that_it_is_asked_by() -> None:
    asked = msgspec.json.decode(question(TRIES))
    assert asked == {"gateway": [["127.0.0.1", 8300]], "tcp": [["1.1.1.1", 443], ["8.8.8.8", 443]], "read": [["/v"]]}
    assert {key: each.what for key, each in keyed(TRIES).items()}["tcp/1"] == "reach 8.8.8.8"
