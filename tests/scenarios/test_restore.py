"""S59, G15: a signer that starts on an older copy of what it keeps says so, and lets a bot only leave its positions."""

import shutil
from pathlib import Path

from ringfence.cli.unlock import new_bot
from ringfence.vault.vault import Vault
from tests.deployment import PASSPHRASE, Deployment
from tests.scenarios.test_attacks import low, orders

MARKET = {"symbol": "BTCUSDT", "type": "MARKET"}
DATABASE = ("journal.db", "journal.db-wal", "journal.db-shm")


def end_signer(deployment: Deployment) -> None:
    """Stop it in order: everything is in the journal, and signed."""
    process = deployment.running.pop("signer")
    process.terminate()
    assert process.wait(10) == 0


def start_signer(deployment: Deployment) -> None:
    deployment.start("signer")
    deployment.wait(deployment.warm)


def kept(deployment: Deployment, at: Path) -> Path:
    """Keep a copy of the journal's database."""
    at.mkdir()
    for name in DATABASE:
        if (deployment.settings.journal / name).exists():
            shutil.copy(deployment.settings.journal / name, at / name)
    return at


def put_back(deployment: Deployment, copy: Path) -> None:
    for name in DATABASE:
        (deployment.settings.journal / name).unlink(missing_ok=True)
        if (copy / name).exists():
            shutil.copy(copy / name, deployment.settings.journal / name)


def only_leaves(deployment: Deployment, why: str) -> None:
    """A position can be left and not grown, and the owner sees the reason."""
    status = deployment.status()
    assert (status["switch"], why in str(status["alarms"])) == ("exits-only", True)
    before = len(orders(deployment))
    code, body = deployment.buy("0.001", low(deployment))
    assert (code >= 400, "exits-only" in body["msg"], len(orders(deployment))) == (True, True, before)
    code, body = deployment.call("POST", "/api/v3/order", **MARKET, side="SELL", quantity="0.001")
    assert (code, body["status"]) == (200, "FILLED")


def test_on_an_older_journal_only_exits_pass_until_a_person_says_otherwise_s59(
    fresh: Deployment, tmp_path: Path
) -> None:
    assert fresh.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.003")[0] == 200
    end_signer(fresh)
    copy = kept(fresh, tmp_path / "older")
    start_signer(fresh)
    for _ in range(3):  # which the older journal knows nothing of
        assert fresh.buy("0.001", low(fresh))[0] == 200
    end_signer(fresh)
    put_back(fresh, copy)
    start_signer(fresh)
    only_leaves(fresh, "checkpoint")
    fresh.kill("signer")
    start_signer(fresh)
    assert fresh.status()["switch"] == "exits-only"
    fresh.resume()
    assert fresh.buy("0.001", low(fresh))[0] == 200


def test_on_an_older_vault_only_exits_pass_s59(fresh: Deployment, tmp_path: Path) -> None:
    assert fresh.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.003")[0] == 200
    end_signer(fresh)
    copy = tmp_path / "vault"
    shutil.copy(fresh.settings.vault, copy)
    with (
        Vault.open(fresh.settings.vault, lambda: bytearray(PASSPHRASE)) as vault,
        new_bot(vault, "late", "main", "trade"),
    ):
        pass
    start_signer(fresh)
    assert fresh.status()["switch"] == "trading"
    end_signer(fresh)
    shutil.copy(copy, fresh.settings.vault)
    start_signer(fresh)
    only_leaves(fresh, "the vault is older")
    fresh.resume()  # it stays as old as it is, so a start says so again
    assert fresh.status()["switch"] == "trading"
    end_signer(fresh)
    start_signer(fresh)
    assert fresh.status()["switch"] == "exits-only"
