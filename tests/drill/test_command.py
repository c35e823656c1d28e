"""`ringfence drill` as a person runs it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ringfence.drill.plan import POLICY
from ringfence.drill.scenarios import SCENARIOS
from tests.cli.terminal import PROGRAM, Said, ringfence


def drill(home: Path, *arguments: str) -> Said:
    return ringfence(home, "drill", *arguments)


def test_the_list_has_all_sixty_and_starts_nothing(place: Path) -> None:
    done = drill(place, "--list")
    assert (done.code, done.err) == (0, "")
    found = [line.split()[0] for line in done.out.splitlines() if line[:1] == "S"]
    assert found == [scenario.id for scenario in SCENARIOS]
    assert list(place.iterdir()) == []


def test_the_list_is_there_for_a_program(place: Path) -> None:
    rows = drill(place, "--list", "--json").json()
    assert [row["id"] for row in rows] == [scenario.id for scenario in SCENARIOS]
    assert all(row["story"] and row["control"] and row["alert"] and row["expected"] for row in rows)


REFUSED = [
    ("a scenario that is none", ["S61"], POLICY, "there is no scenario S61"),
    ("a bot that is none", ["--bot", "nobody"], POLICY, "no bot nobody that trades"),
    ("a policy that cannot be meant", [], POLICY.replace("collar ", "colar "), 'did you mean "collar"?'),
    ("limits that are too small", [], POLICY.replace('"500"', '"5"'), "allows no order of"),
]


@pytest.mark.parametrize(
    ("arguments", "text", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_be_drilled_is_told_before_anything_is_started(
    place: Path, arguments: list[str], text: str, said: str
) -> None:
    (place / "policy").write_text(text)
    done = drill(place, *arguments, "--policy", str(place / "policy"))
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_policy_that_cannot_be_read_is_an_error_and_no_traceback(place: Path, content: bytes | None) -> None:
    if content is not None:
        (place / "policy").write_bytes(content)
    done = drill(place, "--policy", str(place / "policy"))
    assert done.code == 2
    assert done.err.startswith(f"error: {place}/policy")


def run(place: Path, *arguments: str) -> Said:
    """Run it as a process of its own, on a machine that may be busy with other things."""
    command = [str(PROGRAM), "--home", str(place / "nowhere"), "drill", *arguments]
    environment = {**os.environ, "TMPDIR": str(place), "COLUMNS": "120", "TERM": "dumb"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=170, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.timeout(180)
def test_one_is_explained_tried_and_judged_and_nothing_is_left_behind(place: Path) -> None:
    done = run(place, "s06", "S32")
    assert done.code == 0, done.err
    assert "Binance can prevent a self-trade within a trade group" in done.out
    assert "the policy that `ringfence init` writes, since there is no deployment" in done.out
    row = next(line for line in done.out.splitlines() if line.startswith("S06") and "refused" in line)
    assert row.split()[-1] == "transfer"
    assert "2 of 2: 1 as expected, 1 wait for a part that is not built, 0 not as expected" in done.out
    assert "making a vault" in done.err
    assert list(place.iterdir()) == []


@pytest.mark.timeout(180)
def test_under_a_collar_of_half_the_price_it_ends_with_1_and_a_program_hears_why(place: Path) -> None:
    weak = POLICY.replace('"0.5%"', '"50%"').replace('"2%"', '"50%"').replace('"60"', '"unlimited"')
    (place / "policy").write_text(weak)
    done = run(place, "S02", "S03", "--policy", str(place / "policy"), "--json")
    assert done.code == 1, done.err
    document = json.loads(done.out)
    dear, churn = document["scenarios"]
    assert (dear["id"], dear["outcome"]) == ("S02", "not as expected")
    assert "were bought at 3" in str(dear["faults"])
    assert float(churn["cost"]) > 100
    assert document["counts"]["not_as_expected"] >= 1
