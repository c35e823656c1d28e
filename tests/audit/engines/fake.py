"""Small engines that do what a test tells them, in Python: they print what real ones print, or try what none should."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.audit.engines import run
from ringfence.audit.engines.table import BY_NAME, Engine, Given
from ringfence.audit.finding import Finding, Unanswered

_BEFORE = """
import ctypes, errno, json, os, resource, signal, socket, subprocess, sys, threading, time
target = sys.argv[2]
found = []
def tell(name):
    found.append({"RuleID": name, "File": target + "a.py", "StartLine": 1})
def attempt(name, do, *args):
    try:
        do(*args)
    except OSError as error:
        tell(f"{name}.{errno.errorcode.get(error.errno, 'other')}")
    except MemoryError:
        tell(f"{name}.memory")
    else:
        tell(f"{name}.worked")
def libc(name, *args):
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), name)
"""
_AFTER = """
print(json.dumps(found))
sys.exit(3 if found else 0)
"""


@dataclass(slots=True)
class Ground:
    """A target with one file, a deployment's home beside it, a place for engines, and one for scratch."""

    top: Path
    given: Given = field(default_factory=Given)

    def __post_init__(self) -> None:
        for name in ("target", "home", "bin", "scratch"):
            (self.top / name).mkdir()
        (self.target / "a.py").write_text("one = 1\ntwo = 2\nthree = 3\n")
        (self.home / "vault").write_bytes(b"RINGVLT\nsealed")

    @property
    def target(self) -> Path:
        return self.top / "target"

    @property
    def home(self) -> Path:
        return self.top / "home"

    def engine(self, body: str, name: str = "gitleaks") -> None:
        """Write an engine: a script that this Python runs."""
        path = self.top / "bin" / name
        path.write_text(f"#!{sys.executable} -IS\n{body}\n")
        path.chmod(0o755)

    def prints(self, output: str, code: int = 0, name: str = "gitleaks") -> None:
        """Write an engine that prints something and ends."""
        self.engine(f"import sys; sys.stdout.write({output!r}); sys.stdout.flush(); sys.exit({code})", name)

    def ask(
        self, name: str = "gitleaks", seconds: float = 30.0, target: Path | None = None, engine: Engine | None = None
    ) -> tuple[Finding | Unanswered, ...]:
        """Ask an engine about the target."""
        scratch = self.top / "scratch" / str(len(list((self.top / "scratch").iterdir())))
        scratch.mkdir()
        around = run.Around(self.home, self.given, (self.top / "bin",))
        return run.run(engine or BY_NAME[name], target or self.target, scratch, seconds, around)

    def tries(self, body: str, engine: Engine | None = None) -> list[str]:
        """Let an engine try things, and return what became of each; fail where it could not say so."""
        self.engine(_BEFORE + body + _AFTER)
        told = self.ask(engine=engine)
        assert all(isinstance(one, Finding) for one in told), told
        return [one.subject for one in told if isinstance(one, Finding)]


def whys(told: tuple[Finding | Unanswered, ...]) -> list[str]:
    """List why something was not answered."""
    return [one.why for one in told if isinstance(one, Unanswered)]


def found(told: tuple[Finding | Unanswered, ...]) -> list[Finding]:
    """List what was found."""
    return [one for one in told if isinstance(one, Finding)]
