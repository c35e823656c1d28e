"""The demo, as a person runs it. It leaves nothing behind: no process, no file."""

import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ringfence.drill.attacks import ATTACKS

RINGFENCE = [sys.executable, "-P", "-c", "from ringfence.cli.main import main; main()", "demo"]
ROW = re.compile(
    r"^  (?P<id>[SI]\d+) +(?P<title>.+?)\*? {2,}(?P<bare>[\d,.]+|\S+(?: \S+)?) {2,}(?P<with>[\d,.]+) {2,}(?P<by>\S.*)$"
)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), "COLUMNS": "100", "TERM": "dumb"}


def left_behind(folder: Path) -> list[bytes]:
    """Command lines of processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found.append(line)
    return found


@pytest.mark.timeout(180)
def test_the_demo_shows_every_attack_and_what_it_cost_and_leaves_nothing_behind(place: Path) -> None:
    done = subprocess.run(
        RINGFENCE,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.partition("What each attack took")[2]
    rows = [found for found in map(ROW.match, table.splitlines()) if found]
    assert [(row["id"], row["title"]) for row in rows] == [(attack.id, attack.title) for attack in ATTACKS]
    amounts = [Decimal(row["bare"].replace(",", "")) for row in rows if row["bare"][0].isdigit() and "." in row["bare"]]
    assert len(amounts) >= 10
    assert all(amount > 0 for amount in amounts)
    by = {row["title"]: row["by"].strip() for row in rows}
    assert by["withdraw everything"] == "withdraw"
    assert by["pump a thin coin"] == "symbol"
    assert by["repeat a recorded order"] == "1 order"
    assert "the whole account, until separation is proven" in " ".join(done.stdout.split())
    assert re.search(r"As promised: [\d.]+ USDT lost of [\d.]+ USDT at most, and the journal verifies", done.stdout)
    assert left_behind(place) == []
    assert list(place.iterdir()) == []


@pytest.mark.timeout(120)
def test_an_interrupted_demo_ends_in_order_and_leaves_nothing_behind(place: Path) -> None:
    with subprocess.Popen(
        RINGFENCE, env=environment(place), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "A bot" in line:  # everything runs by now
                break
        assert len(left_behind(place)) >= 6
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "nothing is left running" in said
    assert left_behind(place) == []
    assert list(place.iterdir()) == []
