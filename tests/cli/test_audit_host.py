"""`ringfence audit host`, typed as a user types it: what is said of a server, made up, recorded, or this one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ringfence.audit.host import run
from ringfence.audit.host.checks.all import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.rules import CHECKED, RULE
from ringfence.audit.host.snapshot import Recorder
from tests.audit.host.fake import Fake
from tests.audit.host.proc import process
from tests.cli.terminal import Said, ringfence

WORLD = process(1, "systemd") | {"/etc/hostname": "vps\n", "/proc/sys/kernel/tainted": "0\n", "/usr/sbin/nft": ""}
ANALYZE = "systemd-analyze security --json=short --no-pager"


def recorded(tmp_path: Path, texts: dict[str, str], expected: Expected = Expected(), **more: Any) -> Path:  # noqa: B008  # frozen
    """Record a made-up server."""
    recorder = Recorder(Fake(WORLD | texts, **more))
    run.ask(Host(recorder), expected, CHECKS)
    recorder.write(tmp_path / "server")
    return tmp_path / "server"


def audit(home: Path, *words: str | Path) -> Said:
    """Run the audit."""
    return ringfence(home, "audit", "host", *map(str, words))


def checks(said: Said) -> dict[str, str]:
    """List how each check came out."""
    return {one["rule"].removeprefix("host/"): one["verdict"] for one in said.json()["checks"]}


def words(said: Said) -> str:
    """Take the lines of a terminal together."""
    return " ".join(said.out.split())


def test_what_is_wrong_is_said_with_what_to_do_and_the_code_is_one(tmp_path: Path) -> None:
    server = recorded(tmp_path, {"/etc/ld.so.preload": "/lib/x.so\n"})
    said = audit(tmp_path, "--snapshot", server)
    assert said.code == 1
    assert "CRITICAL host/preloaded-code" in words(said)
    assert "/etc/ld.so.preload" in said.out
    assert "next: look at the file that is named" in words(said)
    assert "NOT LOOKED AT" in said.out
    assert "passed" in said.out
    assert "score" in said.out
    assert "PASS host" not in words(said)


def test_what_passes_is_listed_where_everything_is_asked_for(tmp_path: Path) -> None:
    said = audit(tmp_path, "--snapshot", recorded(tmp_path, {}), "--all")
    assert "PASS" in said.out
    assert "host/foreign-module kernel.tainted = 0" in words(said)
    assert "NOT APPLICABLE" in said.out


def test_what_could_not_be_seen_is_no_pass(tmp_path: Path) -> None:
    said = audit(tmp_path, "--snapshot", recorded(tmp_path, {}))
    assert said.code == 5


@pytest.mark.parametrize(("least", "code"), [("critical", 1), ("low", 1)])
def test_the_threshold_decides_on_the_exit_code(tmp_path: Path, least: str, code: int) -> None:
    server = recorded(tmp_path, {"/etc/ld.so.preload": "/lib/x.so\n"})
    assert audit(tmp_path, "--snapshot", server, "--fail-on", least).code == code


def test_below_the_threshold_a_finding_does_not_count(tmp_path: Path) -> None:
    server = recorded(tmp_path, {"/etc/hosts": "203.0.113.9 api.binance.com\n"})
    assert audit(tmp_path, "--snapshot", server, "--fail-on", "medium").code == 1
    assert audit(tmp_path, "--snapshot", server, "--fail-on", "high").code == 5


def test_programs_get_every_check_and_the_score(tmp_path: Path) -> None:
    told = audit(tmp_path, "--snapshot", recorded(tmp_path, {"/etc/ld.so.preload": "/x"}), "--json").json()
    assert {one["rule"] for one in told["checks"]} == {rule.id for rule in CHECKED}
    assert told["audits"] == ["host"]
    assert 0 <= told["score"]["points"] <= 40
    assert told["score"]["grade"] == "F"
    (found,) = [one for one in told["findings"] if one["rule"] == "host/preloaded-code"]
    assert found["place"]["path"] == "/etc/ld.so.preload"
    assert len(found["fingerprint"]) == 16


def test_a_waiver_takes_a_finding_out_and_leaves_check_and_score(tmp_path: Path) -> None:
    server = recorded(tmp_path, {"/etc/ld.so.preload": "/x"})
    before = audit(tmp_path, "--snapshot", server, "--json").json()
    (tmp_path / "w.toml").write_text(
        '[[waiver]]\nrule = "host/preloaded-code"\npath = "/etc/ld.so.preload"\nreason = "mine"\nuntil = 2026-12-31\n'
    )
    after = audit(tmp_path, "--snapshot", server, "--json", "--waivers", tmp_path / "w.toml").json()
    assert [one["reason"] for one in after["waived"]] == ["mine"]
    assert "host/preloaded-code" not in {one["rule"] for one in after["findings"]}
    assert (after["checks"], after["score"]) == (before["checks"], before["score"])


def test_with_a_baseline_only_what_is_new_is_told(tmp_path: Path) -> None:
    server = recorded(tmp_path, {"/etc/ld.so.preload": "/x"})
    (tmp_path / "before.json").write_text(audit(tmp_path, "--snapshot", server, "--json").out)
    said = audit(tmp_path, "--snapshot", server, "--baseline", tmp_path / "before.json", "--json")
    assert (said.code, said.json()["findings"]) == (5, [])
    assert said.json()["known"] > 0


def test_it_is_written_as_sarif_and_as_a_page(tmp_path: Path) -> None:
    server = recorded(tmp_path, {"/etc/ld.so.preload": "/x<b>"})
    audit(tmp_path, "--snapshot", server, "--sarif", tmp_path / "s.json", "--html", tmp_path / "p.html")
    (told,) = json.loads((tmp_path / "s.json").read_text())["runs"]
    assert told["properties"]["grade"] == "F"
    (rule,) = [one for one in told["tool"]["driver"]["rules"] if one["id"] == "host/preloaded-code"]
    assert rule["properties"]["reference"] == RULE["host/preloaded-code"].reference
    page = (tmp_path / "p.html").read_text()
    assert "Score: " in page
    assert "<h2>Checks" in page
    assert "/x&lt;b&gt;" in page
    assert "<b>" not in page


EXPECTED = 'units = ["bot"]\n'


def test_what_is_meant_to_be_there_comes_from_the_deployment_or_a_file(tmp_path: Path) -> None:
    meant = Expected(units=("bot",))
    told = {ANALYZE: '[{"unit": "bot.service", "exposure": "9.6"}]'}
    server = recorded(tmp_path, {}, meant, commands=told)
    assert checks(audit(tmp_path, "--snapshot", server, "--json"))["exposed-unit"] == "not applicable"
    (tmp_path / "mine.toml").write_text(EXPECTED)
    said = audit(tmp_path, "--snapshot", server, "--json", "--expected", tmp_path / "mine.toml")
    assert checks(said)["exposed-unit"] == "fail"
    (tmp_path / "host.toml").write_text(EXPECTED)
    assert checks(audit(tmp_path, "--snapshot", server, "--json"))["exposed-unit"] == "fail"


@pytest.mark.parametrize(
    ("text", "said"), [("bots = [", "mine.toml"), ('bot = ["x"]', "bot"), ("bots = 1", "bots"), ("\xff", "utf-8")]
)
def test_a_file_that_does_not_say_what_is_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    server = recorded(tmp_path, {})
    (tmp_path / "mine.toml").write_bytes(text.encode("latin-1"))
    told = audit(tmp_path, "--snapshot", server, "--expected", tmp_path / "mine.toml")
    assert told.code == 2
    assert said in told.err
    assert "hint: it says what is meant to be on the server" in told.err


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    server = recorded(tmp_path, {})
    for options, why in (
        (("--expected", tmp_path / "nowhere"), "no such file"),
        (("--expected", tmp_path), "Is a directory"),
        (("--snapshot", tmp_path / "nowhere"), "is no recorded server"),
        (("--snapshot", server, "--record", tmp_path / "again"), "a recorded server is not recorded again"),
    ):
        said = audit(tmp_path, *options)
        assert said.code == 2
        assert why in said.err


def test_this_server_is_recorded_and_answers_the_same_from_its_recording(tmp_path: Path) -> None:
    live = audit(tmp_path, "--json", "--record", tmp_path / "mine")
    again = audit(tmp_path, "--json", "--snapshot", tmp_path / "mine")
    assert live.code in {1, 5}
    assert again.json()["checks"] == live.json()["checks"]
    assert {one["rule"] for one in live.json()["checks"]} == {rule.id for rule in CHECKED}
    assert not any("the check broke" in one["evidence"] for one in live.json()["checks"])
    notes = " ".join(live.json()["notes"])
    assert f"what was seen is in {tmp_path / 'mine'}, without secrets" in notes
    assert ("run it with sudo" in notes) == (os.geteuid() != 0 and "unknown" in checks(live).values())
    assert again.json()["notes"] == []


def test_a_place_that_is_taken_is_not_written_over(tmp_path: Path) -> None:
    server = recorded(tmp_path, {})
    said = audit(tmp_path, "--record", server)
    assert said.code == 2
    assert "name a directory that is not there yet" in said.err
