"""A change of policy with everything real: processes, sockets, vault, journal. In a rehearsal that waits, as it may."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.cli import factor
from ringfence.ipc.messages import AskApply, AskDrop, AskPending, apply_content
from ringfence.vault.record import RecordKind
from ringfence.vault.totp import STEP_SECONDS, code
from ringfence.vault.vault import Vault
from tests.deployment import PASSPHRASE, POLICY, Deployment, Refused

WAITS = '[change]\nwait = "10m"\n' + POLICY
WIDER = WAITS.replace('"5000"', '"6000"')


@pytest.fixture
def waiting(place: Path) -> Iterator[Deployment]:
    made = Deployment.make(place / "home", policy=WAITS)
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        factor.make(vault)
    with made:
        yield made


def app(made: Deployment, steps: int = 0) -> str:
    """The code that the app shows."""
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault, vault.reveal(RecordKind.TOTP) as seed:
        return code(seed.view(), int(time.time()) // STEP_SECONDS + steps).decode()


def test_a_change_that_waits_survives_a_kill_and_can_be_cancelled(waiting: Deployment) -> None:
    with pytest.raises(Refused, match="code of the second factor"):
        waiting.apply(WIDER)
    given = app(waiting)
    said = waiting.ask(AskApply(WIDER, waiting.prove("apply", apply_content(WIDER, given)), given))
    assert (said["done"], said["due"] - said["now"]) == (False, 600_000)
    time.sleep(1.5)  # until the entry is signed
    waiting.kill("signer")
    waiting.start("signer")
    change = waiting.ask(AskPending())["change"]
    assert (change["text"], change["due"]) == (WIDER, said["due"])
    waiting.ask(AskDrop())
    with pytest.raises(Refused, match="wrong, or was used before"):
        waiting.ask(AskApply(WIDER, waiting.prove("apply", apply_content(WIDER, given)), given))
    assert waiting.ask(AskPending())["change"] is None
    assert waiting.bot_status()["window_notional"][1] == "5000"


def test_narrowing_holds_for_the_next_order(waiting: Deployment) -> None:
    assert waiting.buy("0.004", round(waiting.mid() * 0.999, 2))[0] == 200
    waiting.ask(AskApply(WAITS.replace('"500"', '"50"'), None))
    status, body = waiting.buy("0.004", round(waiting.mid() * 0.999, 2))
    assert (status, "order-notional" in str(body)) == (400, True), body
