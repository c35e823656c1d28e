"""Real engines, where they are installed: in RINGFENCE_ENGINES, or in `.venv-anchors` of this clone.

For `pytest -m real`; gitleaks and hexora must be there, and others are tried as well where they are.
"""

import base64
import datetime as dt
import hashlib
import json
import os
import secrets
import string
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ringfence.audit.engines import reach, run
from ringfence.audit.engines.table import BY_NAME, Given
from ringfence.audit.finding import Finding, Severity, Unanswered
from tests.audit.engines.fake import found, whys

pytestmark = pytest.mark.real

_CLONE = Path(__file__).resolve().parents[3]
_WHERE = reach.directories({"PATH": os.environ.get(reach.WHERE) or str(_CLONE / ".venv-anchors" / "bin")})
_THERE = run.available(_WHERE)
SCANNERS = ["gitleaks", "hexora", *(name for name in ("betterleaks",) if name in _THERE)]


def token() -> str:
    """Make something of the shape of a GitHub token."""
    return "ghp_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))


def ask(name: str, target: Path, given: Given | None = None) -> tuple[Finding | Unanswered, ...]:
    return run.run_all([name], target, target.parent / "home", given, _WHERE)


def forged(artifact: bytes, identity: str) -> str:
    """Make a bundle that has all that a bundle has, signed by nobody that Sigstore knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sigstore.dev")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(minutes=10))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    signature = key.sign(artifact, ec.ECDSA(hashes.SHA256()))
    digest = hashlib.sha256(artifact).digest()

    def b64(data: bytes) -> str:
        return base64.b64encode(data).decode()

    root = b64(bytes(32))
    proof = {"logIndex": "0", "rootHash": root, "treeSize": "1", "hashes": []}
    entry = {
        "logIndex": "0",
        "logId": {"keyId": root},
        "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
        "integratedTime": str(int(now.timestamp()) + 1),
        "inclusionPromise": {"signedEntryTimestamp": b64(signature)},
        "inclusionProof": proof | {"checkpoint": {"envelope": f"log\n1\n{root}\n\n\u2014 log {b64(signature)}\n"}},
        "canonicalizedBody": b64(b"{}"),
    }
    material = {"certificate": {"rawBytes": b64(certificate)}, "tlogEntries": [entry]}
    message = {"messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest)}, "signature": b64(signature)}
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return json.dumps({"mediaType": kind, "verificationMaterial": material, "messageSignature": message})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def test_those_that_must_be_there_are() -> None:
    assert {"gitleaks", "hexora"} <= set(_THERE), _WHERE


@pytest.mark.parametrize("name", SCANNERS)
def test_it_finds_its_rules_example_and_shows_no_secret(target: Path, name: str) -> None:
    secret = token()
    folder = target / "a folder" / "é\x1b[31m"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("\n\n" + BY_NAME[name].rule.example.replace("{github_token}", secret))
    told = ask(name, target)
    assert whys(told) == []
    assert {(one.rule, one.place.path) for one in found(told)} == {(f"engine/{name}", "a folder/é\x1b[31m/a.py")}
    assert {one.place.line for one in found(told)} == {4 if name == "hexora" else 3}
    assert secret[4:12] not in repr(told)


@pytest.mark.parametrize("name", SCANNERS)
def test_it_finds_nothing_where_nothing_is(target: Path, name: str) -> None:
    (target / "a.py").write_text("print(1)\n")
    assert ask(name, target) == ()


@pytest.mark.parametrize("name", [name for name in SCANNERS if name != "hexora"])
def test_nothing_that_lies_in_the_target_silences_it(target: Path, name: str) -> None:
    secret = token()
    line = f'token = "{secret}"'
    marks = ("", "  # gitleaks:allow", "  # betterleaks:allow", "  # noqa  # nosec  # pragma: allowlist secret")
    (target / "a.py").write_text("".join(f"{line}{mark}\n" for mark in marks))
    for settings in (".gitleaks.toml", ".betterleaks.toml", "gitleaks.toml"):
        (target / settings).write_text('[allowlist]\npaths = [".*"]\n')
    paths = ("a.py", "./a.py", "target/a.py", str(target / "a.py"), "/a.py")
    lines = [f"{path}:github-pat:{number}" for path in paths for number in range(1, 5)]
    (target / ".gitleaksignore").write_text("\n".join(lines))
    (target / ".betterleaksignore").write_text(hashlib.sha256(secret.encode()).hexdigest())
    (target / ".gitignore").write_text("*\n")
    told = ask(name, target)
    assert whys(told) == []
    assert [one.place.line for one in found(told) if one.place.path == "a.py"] == [1, 2, 3, 4]


@pytest.mark.parametrize("name", SCANNERS)
@pytest.mark.parametrize("above", ["node_modules", "site-packages", "vendor", ".git"])
def test_where_the_target_lies_does_not_silence_it(target: Path, name: str, above: str) -> None:
    inner = target / "lib" / "python3.11" / above / "bot"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text(BY_NAME[name].rule.example.replace("{github_token}", token()))
    told = ask(name, inner)
    assert whys(told) == []
    assert {one.place.path for one in found(told)} == {"a.py"}
    assert ask(name, inner / "a.py") == told


def test_gitleaks_looks_at_a_single_file(target: Path) -> None:
    (target / "a.py").write_text(f'token = "{token()}"\n')
    assert [one.place.path for one in found(ask("gitleaks", target / "a.py"))] == ["a.py"]


@pytest.mark.parametrize("comment", ["# noqa", "# hexora: ignore", "# nosec", "# type: ignore"])
def test_no_comment_silences_hexora(target: Path, comment: str) -> None:
    text = f"import base64\nexec(base64.b64decode('aW1wb3J0IG9z'))  {comment}\n"
    (target / "a.py").write_text(text)
    assert Severity.HIGH in {one.severity for one in found(ask("hexora", target))}


# What is not among the anchors is tried where somebody installed it; a skip would be a failure here.
if "yara-x" in _THERE:

    def test_yara_finds_what_a_rule_describes(target: Path) -> None:
        rules = target.parent / "rules.yar"
        rules.write_text('rule decoded { strings: $a = "b64decode" condition: $a }\n')
        (target / "a.py").write_text("import base64\nbase64.b64decode('')\n")
        told = ask("yara-x", target, Given(rules=(str(rules),)))
        assert [(one.subject, one.place.line) for one in found(told)] == [("decoded", 2)]
        rules.write_text("rule broken {\n")
        assert len(whys(ask("yara-x", target, Given(rules=(str(rules),))))) == 1


if "sigstore" in _THERE:

    def test_sigstore_knows_a_bundle_that_is_none(target: Path) -> None:
        (target / "a.whl").write_bytes(b"x")
        (target / "bundle").write_text("{}")
        given = Given(bundle=str(target / "bundle"), identity="me@example.org", issuer="https://accounts.example.org")
        assert whys(ask("sigstore", target / "a.whl", given)) == ["sigstore: its bundle is none that sigstore can read"]

    def test_sigstore_finds_a_bundle_that_is_forged(target: Path) -> None:
        (target / "a.whl").write_bytes(b"x")
        (target / "bundle").write_text(forged(b"x", "me@example.org"))
        given = Given(bundle=str(target / "bundle"), identity="me@example.org", issuer="https://accounts.example.org")
        told = ask("sigstore", target / "a.whl", given)
        assert [(one.rule, one.severity) for one in found(told)] == [("engine/sigstore", Severity.HIGH)], told
        assert whys(told) == []
