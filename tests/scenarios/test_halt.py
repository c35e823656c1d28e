"""G10, G11: a halt stops new risk at once and survives a restart; cancels and exits get through; a person lifts it."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.ipc.messages import AskApply, AskHalt, AskResume, Proof
from tests.deployment import POLICY, Deployment, Refused
from tests.scenarios.test_attacks import low, orders


def test_a_halt_stops_orders_cancels_what_rests_and_survives_a_kill(fresh: Deployment) -> None:
    price = low(fresh)
    assert fresh.buy("0.001", price)[0] == 200
    fresh.ask(AskHalt(why="test"))
    status, body = fresh.buy("0.001", price)
    assert status in (400, 401, 403)
    assert "halted" in body["msg"]
    fresh.wait(lambda: all(order["status"] == "CANCELED" for order in orders(fresh)))
    fresh.kill("signer")
    fresh.start("signer")
    fresh.wait(fresh.warm)
    assert fresh.status()["switch"] == "halted"
    assert "halted" in fresh.buy("0.001", price)[1]["msg"]
    assert fresh.call("GET", "/api/v3/account")[0] == 200
    fresh.resume()
    assert fresh.buy("0.001", price)[0] == 200


def test_while_halted_a_bot_may_still_cancel(fresh: Deployment) -> None:
    _, placed = fresh.buy("0.001", low(fresh))
    fresh.ask(AskHalt(cancel=False))
    status, body = fresh.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, body["status"]) == (200, "CANCELED")


def test_at_exits_only_a_position_can_be_left_and_not_grown(fresh: Deployment) -> None:
    market = {"symbol": "BTCUSDT", "type": "MARKET"}
    assert fresh.call("POST", "/api/v3/order", **market, side="BUY", quantity="0.003")[0] == 200
    fresh.ask(AskHalt(exits_only=True))
    assert fresh.call("POST", "/api/v3/order", **market, side="BUY", quantity="0.001")[0] >= 400
    status, body = fresh.call("POST", "/api/v3/order", **market, side="SELL", quantity="0.002")
    assert (status, body["status"]) == (200, "FILLED")
    too_much = fresh.call("POST", "/api/v3/order", **market, side="SELL", quantity="0.002")
    assert "exits-only" in too_much[1]["msg"]


def test_exits_pass_when_every_cap_is_used_up(fresh: Deployment) -> None:
    market = {"symbol": "BTCUSDT", "type": "MARKET"}
    quantity = f"{480 / fresh.mid():.5f}"
    while fresh.call("POST", "/api/v3/order", **market, side="BUY", quantity=quantity)[0] == 200:
        pass
    held = fresh.truth()["accounts"]["main"]["balances"]["BTC"]["free"]
    lot = f"{float(held) - 0.000005:.5f}"
    status, body = fresh.call("POST", "/api/v3/order", **market, side="SELL", quantity=lot)
    assert (status, body["status"]) == (200, "FILLED")


PROOFS = [
    # a proof that must not lift a halt
    Proof(b"\0" * 32, b"\0" * 32),
    Proof(b"", b""),
]


@pytest.mark.parametrize("proof", PROOFS)
def test_a_halt_is_not_lifted_without_the_vault(shared: Deployment, proof: Proof) -> None:
    shared.ask(AskHalt(cancel=False))
    try:
        with pytest.raises(Refused):
            shared.ask(AskResume(proof))
        assert shared.status()["switch"] == "halted"
    finally:
        shared.resume()


def test_a_proof_fits_one_command_once(shared: Deployment) -> None:
    proof = shared.prove("apply", POLICY.encode())
    with pytest.raises(Refused):
        shared.ask(AskResume(proof))
    with pytest.raises(Refused):
        shared.ask(AskApply(POLICY, proof))
    good = shared.prove("resume", b"")
    shared.ask(AskResume(good))
    with pytest.raises(Refused):
        shared.ask(AskResume(good))


def test_a_second_policy_needs_a_proof_and_a_broken_one_changes_nothing(shared: Deployment) -> None:
    before = shared.status()["policy"]["digest"]
    with pytest.raises(Refused):
        shared.ask(AskApply(POLICY.replace('"5000"', '"5001"'), None))
    broken = POLICY.replace("collar ", "colar ")
    with pytest.raises(Refused, match="colar"):
        shared.apply(broken)
    with pytest.raises(Refused, match="NOPE"):
        shared.apply(POLICY.replace("ETH/USDT", "NOPE/USDT"))
    assert shared.status()["policy"]["digest"] == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (POLICY + "# " + "x" * 300_000, "longer than"),
        (POLICY.replace("main", "second"), "account second has no key"),
        (POLICY.replace('"paper-binance"', '"binance"'), "its key is for paper-binance"),
    ],
    ids=["too long", "an account without a key", "an account whose key is for another exchange"],
)
def test_a_policy_that_does_not_fit_the_vault_changes_nothing(shared: Deployment, text: str, why: str) -> None:
    before = shared.status()["policy"]["digest"]
    with pytest.raises(Refused, match=why):
        shared.apply(text)
    assert shared.status()["policy"]["digest"] == before


def test_nonces_run_out_before_memory_does(shared: Deployment) -> None:
    with contextlib.suppress(Refused):
        for _ in range(100):
            shared.nonce()
    with pytest.raises(Refused, match="too many"):
        shared.nonce()
    shared.kill("signer")
    shared.start("signer")
    shared.wait(shared.warm)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose journal has a small disk of its own where we may make one, as root may."""
    directory = tmp_path / "home" / "journal"
    directory.mkdir(parents=True, mode=0o700)
    (tmp_path / "home").chmod(0o700)
    if os.geteuid() != 0:
        yield tmp_path / "home"
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m,mode=0700", "tmpfs", str(directory)], check=True)
    try:
        yield tmp_path / "home"
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@contextlib.contextmanager
def no_room(deployment: Deployment) -> Iterator[None]:
    """Leave the journal no room to grow: the disk is full, or the kernel lets no file of the signer grow further."""
    journal = deployment.home / "journal"
    if os.geteuid() != 0:
        size = (journal / "journal.db-wal").stat().st_size
        resource.prlimit(deployment.running["signer"].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        yield  # the limit ends with the process
        return
    filler = journal / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    yield
    filler.unlink()


def test_on_a_full_disk_cancels_and_halts_pass_and_nothing_else(home: Path) -> None:
    with Deployment.make(home) as it:
        price = low(it)
        placed = [it.buy("0.001", price)[1]["orderId"] for _ in range(3)]
        with no_room(it):
            deadline = time.monotonic() + 30
            while it.buy("0.001", price)[0] == 200:
                assert time.monotonic() < deadline
            count = len(orders(it))
            status, body = it.buy("0.001", price)
            assert status >= 400
            assert "journal" in body["msg"]
            cancel = it.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed[0])
            assert (cancel[0], cancel[1]["status"]) == (200, "CANCELED")
            it.ask(AskHalt(why="disk"))
            it.wait(lambda: all(order["status"] == "CANCELED" for order in orders(it)))
            assert len(orders(it)) == count
        it.kill("signer")
        it.start("signer")
        it.wait(it.warm)
        assert it.status()["switch"] == "halted", "the halt must be found again in the emergency file"
        it.resume()
        assert it.buy("0.001", low(it))[0] == 200
