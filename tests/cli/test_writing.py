"""Writing a policy, and trying it before it counts."""

import json
from pathlib import Path

import pytest

from ringfence.policy.draft import load_draft
from tests.cli.terminal import ringfence


@pytest.mark.parametrize("profile", ["grid", "market-maker", "swing"])
def test_a_new_policy_reads_well_and_its_first_cases_pass(tmp_path: Path, profile: str) -> None:
    file = tmp_path / "p.toml"
    made = ringfence(tmp_path, "policy", "new", str(file), "--profile", profile, "--capital", "2500", "--with-tests")
    assert (made.code, made.err) == (0, "")
    assert "stealable" in made.out
    assert load_draft(file.read_text()).bots
    tried = ringfence(tmp_path, "policy", "test", str(tmp_path / "p-tests.toml"), "--policy", str(file), "--json")
    assert tried.code == 0, tried.out
    assert [result["ok"] for result in json.loads(tried.out)] == [True, True, True]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text("mine")
    done = ringfence(tmp_path, "policy", "new", str(file))
    assert (done.code, file.read_text()) == (2, "mine")
    assert "is there already" in done.err


WRONG = [
    (("--profile", "moon"), "there is no profile moon"),
    (("--capital", "499.99"), "499.99 is no capital"),
    (("--capital", "much"), "much is no capital"),
    (("--symbols", "BTC-USDT"), "BTC-USDT is no symbol such as BTC/USDT"),
    (("--bot", "My Bot"), "My Bot is no name"),
]


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_what_cannot_be_meant_writes_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    file = tmp_path / "p.toml"
    done = ringfence(tmp_path, "policy", "new", str(file), *options)
    assert done.code == 2
    assert said in done.err
    assert not file.exists()


def test_a_case_that_is_not_as_expected_is_told_and_is_exit_code_1(tmp_path: Path) -> None:
    file, cases = tmp_path / "p.toml", tmp_path / "p-tests.toml"
    ringfence(tmp_path, "policy", "new", str(file), "--with-tests")
    cases.write_text(cases.read_text().replace('expect = "allow"', 'expect = "refuse"'))
    done = ringfence(tmp_path, "policy", "test", str(cases), "--policy", str(file))
    assert done.code == 1
    assert "FAILED" in done.out
    assert "3 cases, 1 not as expected" in done.out


def test_a_mistake_in_a_case_names_the_file_and_the_line(tmp_path: Path) -> None:
    file, cases = tmp_path / "p.toml", tmp_path / "p-tests.toml"
    ringfence(tmp_path, "policy", "new", str(file), "--with-tests")
    cases.write_text(cases.read_text().replace("expect", "expects", 1))
    done = ringfence(tmp_path, "policy", "test", str(cases), "--policy", str(file))
    assert done.code == 2
    assert done.err.startswith(f"error: {cases}: line ")


def test_a_file_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    assert ringfence(tmp_path, "policy", "test", "nowhere.toml", "--policy", "nowhere.toml").code == 2


def test_the_schema_is_json(tmp_path: Path) -> None:
    done = ringfence(tmp_path, "policy", "schema")
    assert json.loads(done.out)["title"] == "Ringfence policy"
