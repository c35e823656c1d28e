"""`ringfence policy replay`, as a person and a program see it: with a signer that answers, and from an export."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.cli import replaying
from ringfence.cli.export import export
from ringfence.ipc.messages import AskLog, Reply
from tests.cli.terminal import STATUS, FakeSigner, reply, ringfence, signer
from tests.replay.test_limits import ONE, go
from tests.replay.world import Driven, desk, place, policy
from tests.signer.owner import HOUR, vault_file

__all__ = ["desk", "vault_file"]


@pytest.fixture
def traded(desk: Driven) -> Driven:
    """A bot that has asked for three orders, of which the last was refused."""
    desk.begin(policy('order_notional = "150"'))
    go(place("buy", "0.4"), filled=True)(desk)
    desk.machine.wait(2 * HOUR)
    desk.quote()
    go(ONE, place("buy", "2"))(desk)
    return desk


@pytest.fixture
def exported(traded: Driven, tmp_path: Path) -> str:
    traded.run(traded.desk.writer.flush())
    export(traded.home / "journal", tmp_path / "exported")
    return str(tmp_path / "exported")


def draft(tmp_path: Path, *changes: str) -> str:
    file = tmp_path / "draft.toml"
    file.write_text(policy(*changes))
    return str(file)


@contextlib.contextmanager
def running(home: Path, traded: Driven, size: int | None = None) -> Iterator[FakeSigner]:
    """Let the journal be asked for where a deployment's signer would be; `size` is what it says that there is."""
    journal = [json.loads(text) for text in traded.journal()]
    rows = [{"seq": each["seq"], "kind": each["kind"], "text": json.dumps(each)} for each in journal]

    def page(ask: AskLog) -> Reply:
        first = ask.after + 1
        return reply({"entries": rows[first : first + ask.limit], "size": len(rows)})

    status = {**STATUS, "now": traded.now, "journal": {"size": size or len(rows), "root": ""}}
    with signer(home, AskStatus=reply(status), AskLog=page) as fake:
        yield fake


def test_a_draft_that_decides_all_as_it_was_ends_with_zero(home: Path, exported: str, tmp_path: Path) -> None:
    done = ringfence(home, "policy", "replay", draft(tmp_path, 'order_notional = "150"'), "--from", exported)
    assert (done.code, done.err) == (0, "")
    assert "3 requests for orders since" in done.out
    assert "bot grid: 3 requests: 3 the same\n" in done.out
    assert "nothing would have been otherwise" in done.out
    assert "not judged: instrument-drift" in done.out


def test_one_that_refuses_more_ends_with_one_and_shows_the_first(home: Path, exported: str, tmp_path: Path) -> None:
    done = ringfence(home, "policy", "replay", draft(tmp_path, 'order_notional = "90"'), "--from", exported)
    assert done.code == 1
    words = " ".join(done.out.split())
    assert "order-notional refuse grid 1 5, " in words
    assert "BUY 1 BTC/USDT LIMIT at 100" in words
    assert "100; 90 at most" in words
    assert "bot grid: 3 requests: 2 the same, 1 would be refused\n" in done.out


def test_one_that_lets_more_go_says_that_the_rest_is_a_guess(home: Path, exported: str, tmp_path: Path) -> None:
    done = ringfence(home, "policy", "replay", draft(tmp_path, 'order_notional = "250"'), "--from", exported)
    assert done.code == 1
    assert "let go" in done.out
    assert "its totals are a guess" in " ".join(done.out.split())


def test_a_program_gets_all_of_it(home: Path, exported: str, tmp_path: Path) -> None:
    found = ringfence(
        home, "policy", "replay", draft(tmp_path, 'order_notional = "90"'), "--from", exported, "--json"
    ).json()
    assert found["differs"] is True
    [row] = found["limits"]
    assert (row["what"], row["way"], row["bot"], row["orders"], row["first"]["entry"]) == (
        "order-notional",
        "refuse",
        "grid",
        1,
        5,
    )
    [bot] = found["bots"]
    assert (bot["orders"], bot["same"], bot["refused"]) == (3, 2, 1)


@pytest.mark.parametrize(("hours", "judged"), [("1", 2), ("2", 2), ("3", 3), ("168", 3)])
def test_only_the_last_hours_are_judged(home: Path, exported: str, tmp_path: Path, hours: str, judged: int) -> None:
    file = draft(tmp_path, 'order_notional = "150"')
    found = ringfence(home, "policy", "replay", file, "--from", exported, "--hours", hours, "--json").json()
    assert sum(bot["orders"] for bot in found["bots"]) == judged


def test_where_nobody_asked_for_anything_it_says_so(home: Path, traded: Driven, tmp_path: Path) -> None:
    traded.machine.wait(25 * HOUR)
    with running(home, traded):
        done = ringfence(home, "policy", "replay", draft(tmp_path, 'order_notional = "90"'))
    assert done.code == 0
    assert "no bot has asked for an order in that time" in done.out


@pytest.mark.parametrize("hours", ["0", "169", "x"])
def test_hours_are_from_one_to_a_week(home: Path, exported: str, tmp_path: Path, hours: str) -> None:
    assert ringfence(home, "policy", "replay", draft(tmp_path), "--from", exported, "--hours", hours).code == 2


def test_the_running_signer_is_asked_page_by_page(
    home: Path, traded: Driven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_AT_ONCE", 3)
    with running(home, traded) as fake:
        done = ringfence(home, "policy", "replay", draft(tmp_path, 'order_notional = "90"'))
    assert done.code == 1
    assert [ask.after for ask in fake.asked if isinstance(ask, AskLog)] == [-1, 2, 5]


def test_without_a_file_the_deployments_draft_is_tried(home: Path, traded: Driven) -> None:
    with running(home, traded):
        done = ringfence(home, "policy", "replay", "--json")
    assert done.code in {0, 1}
    assert "error" not in done.json()


def test_a_journal_that_ends_early_is_no_whole_one(home: Path, traded: Driven, tmp_path: Path) -> None:
    with running(home, traded, size=100):
        done = ringfence(home, "policy", "replay", draft(tmp_path))
    assert (done.code, done.out) == (4, "")
    assert "and not at 99" in done.err


def test_a_signer_that_is_not_running_is_an_error_that_names_the_other_way(home: Path, tmp_path: Path) -> None:
    done = ringfence(home, "policy", "replay", draft(tmp_path))
    assert (done.code, done.out) == (3, "")
    assert "--from DIR" in done.err


def test_a_draft_that_cannot_be_meant_ends_with_two(home: Path, exported: str, tmp_path: Path) -> None:
    file = draft(tmp_path, 'oder_notional = "90"')
    done = ringfence(home, "policy", "replay", file, "--from", exported)
    assert (done.code, done.out) == (2, "")
    assert 'did you mean "order_notional"' in done.err


def test_what_is_no_export_ends_with_two(home: Path, tmp_path: Path) -> None:
    done = ringfence(home, "policy", "replay", draft(tmp_path), "--from", str(tmp_path / "nothing"))
    assert (done.code, done.out) == (2, "")
    assert "nothing is no exported journal" in done.err


def test_an_export_that_was_changed_is_not_gone_through(home: Path, exported: str, tmp_path: Path) -> None:
    [bundle] = [path for path in (Path(exported) / "tile" / "entries").rglob("*") if path.is_file()]
    bundle.write_bytes(bundle.read_bytes().replace(b'"quantity":"1"', b'"quantity":"9"'))
    done = ringfence(home, "policy", "replay", draft(tmp_path), "--from", exported)
    assert (done.code, done.out) == (4, "")
    assert "log verify" in done.err
