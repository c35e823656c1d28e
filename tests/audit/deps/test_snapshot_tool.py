"""The tool that a release builds its snapshot with, run on small made-up inputs."""

import gzip
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest

from ringfence.audit.deps.judge import judge
from ringfence.audit.deps.seal import Opening, open_snapshot, public_keys
from ringfence.audit.deps.snapshot import Snapshot
from ringfence.audit.deps.state import Malicious, NotAudited, NotKnown, Vulnerable
from tests.audit.deps.snapshots import NOW, NPM, part
from tools.snapshot import main, notice

TRIMMED = {
    "meta": {},
    "vulns": {
        "Some_Bot": [
            {
                "id": "PYSEC-1",
                "aliases": ["CVE-1"],
                "ranges": [[["introduced", "0"], ["fixed", "1.5"]]],
                "severity": [],
                "summary": "weak",
            }
        ]
    },
}
WHOLE = """
id: PYSEC-1
modified: "2026-11-25T00:00:00Z"
affected:
- package: {ecosystem: PyPI, name: some-bot}
  ranges:
  - {type: ECOSYSTEM, events: [{introduced: "0"}, {fixed: "1.5"}]}
  versions: ["1.5"]
"""
NAMES = {
    "packages": {"pypi": {"malicious_intent": ["Evil_Bot"], "compromised_lib": ["taken", "unsure"]}},
    "compromised_versions": {"pypi/taken": ["1.0"]},
}
MANIFEST = {"evil-js": None, "taken-js": ["1.0.0"], "xrpl": ["4.3.0", "4.2.1"]}
OSV = {
    "id": "MAL-1",
    "modified": "2026-11-27T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "worse-js"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
        }
    ],
}
RECIPE = """
[[source]]
name = "Advisories"
form = "trimmed"
ecosystem = "PyPI"
path = "trimmed.json.gz"
covers = "covers.json"
reports = "whole"
date = 2026-11-25
licence = "CC-BY-4.0"
attribution = "made up"

[[source]]
name = "Names"
form = "names"
ecosystem = "PyPI"
path = "names.json"
date = 2026-11-26
licence = "Apache-2.0"
attribution = "made up"

[[source]]
name = "Manifest"
form = "manifest"
ecosystem = "npm"
path = "manifest.json"
date = 2026-11-26
licence = "Apache-2.0"
attribution = "made up"

[[source]]
name = "Export"
form = "osv-export"
ecosystem = "npm"
path = "all.zip"
date = 2020-01-01
licence = "CC-BY-4.0"
attribution = "made up"
"""


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with one file of each form."""
    (tmp_path / "trimmed.json.gz").write_bytes(gzip.compress(json.dumps(TRIMMED).encode()))
    (tmp_path / "covers.json").write_text('["Some_Bot", "flask"]')
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "PYSEC-1.yaml").write_text(WHOLE)
    (tmp_path / "names.json").write_text(json.dumps(NAMES))
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("MAL-1.json", json.dumps(OSV))
    (tmp_path / "all.zip").write_bytes(file.getvalue())
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


def build(inputs: Path, out: str = "snapshot.ringsnap") -> Path:
    options = (
        "--key",
        str(inputs / "key"),
        "--recipe",
        str(inputs / "recipe.toml"),
        "--on",
        "2026-11-28",
        "--least",
        "1",
    )
    assert main(["build", "--inputs", str(inputs), *options, "--out", str(inputs / out)]) == 0
    return inputs / out


def test_what_it_builds_is_opened_and_answers(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-key", str(inputs / "key")]) == 0
    keys = public_keys(capsys.readouterr().out)
    held = open_snapshot(build(inputs).read_bytes(), Opening(keys))
    assert isinstance(held, Snapshot)
    said = {
        part("some-bot", "1.4"): Vulnerable,
        part("some-bot", "1.5"): Vulnerable,
        part("some-bot", "1.6"): NotKnown,
        part("flask", "1.0"): NotKnown,
        part("aiohttp", "1.0"): NotAudited,
        part("evil-bot", "1.0"): Malicious,
        part("taken", "1.0"): Malicious,
        part("taken", "1.1"): NotAudited,
        part("unsure", "1.0"): NotAudited,
        part("ccxt-mexc-futures", "1.0"): Malicious,
        part("evil-js", "1.0.0", ecosystem=NPM): Malicious,
        part("taken-js", "1.0.0", ecosystem=NPM): Malicious,
        part("taken-js", "1.0.1", ecosystem=NPM): NotKnown,
        part("worse-js", "1.0.0", ecosystem=NPM): Malicious,
        part("xrpl", "4.2.1", ecosystem=NPM): Malicious,
        part("xrpl", "4.3.0", ecosystem=NPM): NotKnown,
    }
    judged = judge(list(said), held, NOW)
    assert [type(one) for one in judged.states] == list(said.values())
    assert (inputs / "NOTICE").read_text("utf-8") == notice(held.sources)


def test_the_same_inputs_give_the_same_bytes(inputs: Path) -> None:
    main(["new-key", str(inputs / "key")])
    assert build(inputs).read_bytes() == build(inputs, "again.ringsnap").read_bytes()


def test_a_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    main(["new-key", str(tmp_path / "key")])
    before = (tmp_path / "key").read_bytes()
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        main(["new-key", str(tmp_path / "key")])
    assert (tmp_path / "key").read_bytes() == before


def test_a_report_that_cannot_be_read_ends_the_build(inputs: Path) -> None:
    main(["new-key", str(inputs / "key")])
    (inputs / "whole" / "other.json").write_text("{")
    with pytest.raises(SystemExit):
        build(inputs)
