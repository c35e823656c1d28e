"""What package.json runs: scripts while a package is installed, and what they do.

Building native code is ordinary and said quietly. It must never run a script, nor follow one elsewhere.
"""

import re
from typing import Final

import msgspec

from ringfence.audit.code.javascript.report import Crossing, Hook, Reading
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Severity, Unanswered

_INSTALLING: Final = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "preuninstall")
# What builds native code, sets up a working copy, or thanks: as published packages do it by the thousand.
_ORDINARY: Final = re.compile(
    r"^\s*(?:cross-env(?:\s\S{1,60})?\s)?(?:npx\s)?(?:node-gyp(?:-build)?|prebuild(?:-install|ify)?|node-pre-gyp|husky|is-ci|patch-package|"
    r"tsc|tsup|rollup|vite|webpack|babel|rimraf|prisma|only-allow|opencollective|electron-builder|lerna|turbo|ngcc|cmake-js|"
    r"playwright|simple-git-hooks|lefthook|yarn-deduplicate|napi|echo|exit|true|test|"
    r"(?:npm|yarn|pnpm|bun)\s(?:run\s)?(?:-s\s)?(?:build|compile|prepack|dist|lint|clean|tsc|transpile)\S{0,40})(?:\s|$|;)"
)
_FETCHING: Final = re.compile(r"(?i)\b(?:curl|wget|invoke-webrequest|iwr|irm)\b|https?://")
_PIPED: Final = re.compile(
    r"(?i)\b(?:curl|wget)\b[^|\n]{0,400}\|\s{0,9}(?:sudo\s{1,9})?(?:ba|z|da)?sh\b|\b(?:curl|wget)\b[^\n]{0,400}(?:&&|;)[^\n]{0,200}"
    r"(?:chmod|sh\b|bash\b|node\b|\./)|\$\(\s{0,9}(?:curl|wget)|\biex\b"
)
_RUN: Final = re.compile(r"\b(?:node|bun|deno run)\s{1,9}(?:-r\s{1,9})?(?P<file>[\w./-]{1,200})(?=\s|$|&|;)")
_INLINE: Final = re.compile(
    r"\bnode\s{1,9}(?:-e|--eval|-p)\s{1,9}(?P<quote>[\"'])(?P<code>.{1,20000})(?P=quote)", re.DOTALL
)


class _Package(msgspec.Struct, frozen=True):
    scripts: dict[str, object] = msgspec.field(default_factory=dict)


def read(path: str, data: bytes) -> tuple[Reading, tuple[str, ...]]:
    """Read a package.json: what was found, and the JavaScript that stands in its scripts."""
    try:
        package = msgspec.json.decode(data, type=_Package)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError):
        why = "its scripts cannot be read: it is no JSON of this kind"
        return Reading(path, unanswered=(Unanswered(Place(path), why),)), ()
    findings: list[Finding] = []
    hooks: list[Hook] = []
    inline: list[str] = []
    for name, command in package.scripts.items():
        if not isinstance(command, str):
            continue
        place = Place(path, _line(data, name))
        findings += _script(name, command[:20000], place)
        code = _INLINE.search(command[:20000])
        inline += [code["code"]] if code else []
        if name in _INSTALLING:
            hooks += [Hook(found["file"], place) for found in _RUN.finditer(command[:4000])]
    return Reading(path, tuple(findings), crossing=Crossing(hooks=tuple(hooks))), tuple(inline)


def _script(name: str, command: str, place: Place) -> list[Finding]:
    said = f'the script "{name[:40]}"'
    if _PIPED.search(command):
        return [RULE["code/downloaded-program"].found(place, f"{said} downloads a program and starts it", name[:60])]
    if name not in _INSTALLING:
        return []
    if _FETCHING.search(command):
        return [
            RULE["code/install-network"].found(place, f"{said} goes to the network during the installation", name[:60])
        ]
    found = RULE["code/install-script"].found(place, f"{said} runs during the installation", name[:60])
    ordinary = all(_ORDINARY.match(part) for part in re.split(r"&&|\|\||;", command) if part.strip())
    local = name.endswith("prepare")  # never run for a package that comes from the registry
    return [msgspec.structs.replace(found, severity=Severity.LOW) if ordinary or local else found]


def _line(data: bytes, name: str) -> int:
    at = data.find(b'"' + name.encode("utf-8", "replace") + b'"')
    return data.count(b"\n", 0, at) + 1 if at >= 0 else 0
