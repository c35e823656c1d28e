"""Our own modules that run a package in an engine's stead, with small packages of the same names and ways."""

from pathlib import Path

import pytest

from ringfence.audit.engines.table import Given
from ringfence.audit.finding import Finding, Place, Severity
from tests.audit.engines.fake import Ground, found, whys

# As yara_x 1.23 does it, for rules that are one word a line.
YARA = """
from types import SimpleNamespace as Space
class CompileError(Exception): pass
class ScanError(Exception): pass
class TimeoutError(Exception): pass
class Compiler:
    def __init__(self, relaxed_re_syntax=False, error_on_slow_pattern=False, includes_enabled=True):
        assert not includes_enabled
        self.words = []
    def new_namespace(self, name): pass
    def add_source(self, source, origin=None):
        if "include" in source: raise CompileError("includes are off")
        self.words += source.split()
    def build(self): return self.words
class Scanner:
    def __init__(self, rules): self.rules = rules
    def set_timeout(self, seconds): assert seconds > 0
    def scan(self, data):
        if b"slow" in data: raise TimeoutError("slow")
        matching = []
        for word in self.rules:
            at = data.find(word.encode())
            if at >= 0:
                matching.append(Space(identifier=word, patterns=[Space(matches=[Space(offset=at)])]))
        return Space(matching_rules=matching)
"""

# As sigstore 4.5 does it, for a bundle that names the artifact's bytes and who signed them.
SIGSTORE = {
    "__init__.py": "",
    "errors.py": "class Error(Exception): pass\nclass VerificationError(Error): pass\n",
    "models.py": """
import json
from sigstore.errors import Error
class InvalidBundle(Error): pass
class Bundle:
    @classmethod
    def from_json(cls, raw):
        try:
            self = cls()
            self.told = json.loads(raw)
            return self
        except ValueError:
            raise InvalidBundle("no JSON") from None
""",
    "verify/__init__.py": """
import os, sys
from sigstore.errors import VerificationError
class Verifier:
    @classmethod
    def production(cls, *, offline=False):
        assert offline
        print("offline: nothing is updated", file=sys.stderr)  # as the real one warns
        open(os.environ["HOME"] + "/roots", "w").close()
        return cls()
    def verify_artifact(self, data, bundle, policy):
        signed = bundle.told["messageSignature"]
        if signed != data.decode() or (policy.identity, policy.issuer) != ("me@example.org", "https://issuer"):
            raise VerificationError("no")
""",
    "verify/policy.py": """
class Identity:
    def __init__(self, *, identity, issuer=None):
        self.identity, self.issuer = identity, issuer
""",
}


@pytest.fixture
def yara(ground: Ground) -> Ground:
    (ground.top / "bin" / "yara_x").mkdir()
    (ground.top / "bin" / "yara_x" / "__init__.py").write_text(YARA)
    (ground.top / "rules").write_text("two\nthree\n")
    ground.given = Given(rules=(str(ground.top / "rules"),))
    return ground


def test_yara_finds_by_the_rules_that_were_given(yara: Ground) -> None:
    told = yara.ask("yara-x")
    assert [(one.rule, one.severity, one.place, one.subject) for one in found(told)] == [
        ("engine/yara-x", Severity.MEDIUM, Place("a.py", 2), "two"),
        ("engine/yara-x", Severity.MEDIUM, Place("a.py", 3), "three"),
    ]
    assert whys(told) == []


def test_yara_looks_at_a_single_file_too(yara: Ground) -> None:
    told = yara.ask("yara-x", target=yara.target / "a.py")
    assert [one.place for one in found(told)] == [Place("a.py", 2), Place("a.py", 3)]


def test_rules_that_cannot_be_read_are_said_and_the_others_used(yara: Ground) -> None:
    (yara.top / "more").write_text('include "/etc/passwd"')
    (yara.top / "bytes").write_bytes(b"\xff")
    yara.given = Given(rules=tuple(str(yara.top / name) for name in ("more", "bytes", "rules")))
    told = yara.ask("yara-x")
    assert len(found(told)) == 2
    assert whys(told) == [
        f"yara-x: {yara.top}/{name}: not all of its rules could be read" for name in ("more", "bytes")
    ]


def test_what_yara_did_not_look_at_is_said(yara: Ground) -> None:
    (yara.target / "b.py").write_text("slow two")
    (yara.target / "c.py").symlink_to(yara.top / "rules")
    told = yara.ask("yara-x")
    assert whys(told) == ["yara-x: yara-x did not get through it", "yara-x: is a link that leads out of the tree"]
    assert len(found(told)) == 2


def test_rules_that_are_not_there_are_no_rules(yara: Ground) -> None:
    yara.given = Given(rules=(str(yara.top / "none"),))
    assert whys(yara.ask("yara-x")) == ["yara-x was not asked: No such file or directory"]


def test_a_package_that_cannot_be_imported_has_not_answered(yara: Ground) -> None:
    (yara.top / "bin" / "yara_x" / "__init__.py").write_text("raise ImportError('for another Python')")
    assert whys(yara.ask("yara-x"))[-1] == "yara-x failed with code 1; what it did not say is not known"


def test_a_package_that_would_read_elsewhere_cannot(yara: Ground) -> None:
    vault = yara.home / "vault"
    (yara.top / "bin" / "yara_x" / "__init__.py").write_text(f"open({str(vault)!r}).read()")
    assert whys(yara.ask("yara-x"))[-1] == "yara-x failed with code 1; what it did not say is not known"


@pytest.fixture
def signed(ground: Ground) -> Ground:
    for name, text in SIGSTORE.items():
        path = ground.top / "bin" / "sigstore" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    (ground.target / "bot.whl").write_text("the artifact")
    (ground.top / "bundle").write_text('{"messageSignature": "the artifact"}')
    ground.given = Given(bundle=str(ground.top / "bundle"), identity="me@example.org", issuer="https://issuer")
    return ground


def artifact(ground: Ground) -> Path:
    return ground.target / "bot.whl"


def test_what_was_signed_by_whom_it_should_is_as_signed(signed: Ground) -> None:
    assert signed.ask("sigstore", target=artifact(signed)) == ()


@pytest.mark.parametrize("what", ["one byte", "identity", "issuer"])
def test_what_is_not_as_signed_is_found(signed: Ground, what: str) -> None:
    bundle = signed.given.bundle
    if what == "one byte":
        artifact(signed).write_text("the artifacT")
    elif what == "identity":
        signed.given = Given(bundle=bundle, identity="you@example.org", issuer="https://issuer")
    else:
        signed.given = Given(bundle=bundle, identity="me@example.org", issuer="https://another")
    (one,) = signed.ask("sigstore", target=artifact(signed))
    assert isinstance(one, Finding)
    assert (one.rule, one.severity, one.place) == ("engine/sigstore", Severity.HIGH, Place("bot.whl"))


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        ("", "its bundle is none that sigstore can read"),
        ("{", "its bundle is none that sigstore can read"),
        ('{"dsseEnvelope": {}}', "its bundle holds a statement about files, and no signature of one"),
    ],
)
def test_a_bundle_that_is_none_proves_nothing_either_way(signed: Ground, bundle: str, why: str) -> None:
    Path(signed.given.bundle).write_text(bundle)
    assert whys(signed.ask("sigstore", target=artifact(signed))) == [f"sigstore: {why}"]


def test_a_bundle_beyond_all_measure_is_not_read(signed: Ground) -> None:
    Path(signed.given.bundle).write_text(" " * (5 << 20))
    (why,) = whys(signed.ask("sigstore", target=artifact(signed)))
    assert why.startswith("sigstore: its bundle: only its first 4 MiB were read")


def test_a_directory_has_no_signature(signed: Ground) -> None:
    assert whys(signed.ask("sigstore")) == ["sigstore was not asked: it looks at one file, and this is a directory"]
