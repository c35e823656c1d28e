"""A bill of materials in CycloneDX 1.6 JSON: what there is, with hashes, what needs what, and what is known against it.

It must never leave a part out, and what nobody looked at must not read as free of weaknesses.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ringfence.audit.deps.advisories import Advisory
from ringfence.audit.deps.judge import same
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.reach import graph
from ringfence.audit.deps.severity import base_score, severity
from ringfence.audit.deps.state import Judged, Malicious, NotAudited, NotKnown, State, Vulnerable

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
"""What JSON can hold."""

# CycloneDX 1.6, hash-alg, and the length of each in bytes.
_ALGORITHMS = {
    "md5": ("MD5", 16),
    "sha1": ("SHA-1", 20),
    "sha256": ("SHA-256", 32),
    "sha384": ("SHA-384", 48),
    "sha512": ("SHA-512", 64),
}
_TYPES = {Ecosystem.PYPI: "pypi", Ecosystem.NPM: "npm"}  # purl-spec, PURL-TYPES
_METHODS = {"CVSS:3.0": "CVSSv3", "CVSS:3.1": "CVSSv31"}  # CycloneDX 1.6, scoreMethod
_MALICIOUS_CODE = 506  # CWE-506: embedded malicious code
_MOST_VERSIONS = 100  # of one name in one file: lines that a tangled lock file may make of each need
Licences = Mapping[tuple[Ecosystem, str, str], str]
"""What a part's own metadata says of its licence, by ecosystem, name and version."""


def cyclonedx(
    parts: Sequence[Part], judged: Judged, now: int, serial: str, licences: Licences | None = None
) -> dict[str, Json]:
    """Write the bill; `now` is in seconds since 1970, `serial` a fresh UUID in its usual form."""
    refs = [purl(part) for part in parts]
    merged: dict[str, list[int]] = {}
    for number, ref in enumerate(refs):
        merged.setdefault(ref, []).append(number)
    held = [([parts[n] for n in numbers], judged.states[numbers[0]]) for numbers in merged.values()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "ringfence"}]},
        },
        "components": [_component(same_part, state, licences or {}) for same_part, state in held],
        "dependencies": _dependencies(parts, refs),
        "vulnerabilities": [one for same_part, state in held for one in _against(purl(same_part[0]), state)],
    }


def purl(part: Part) -> str:
    """Write a part's package URL (purl-spec): percent-encoded, so that no name can say more than its name."""
    scope, _, name = part.name.rpartition("/") if part.ecosystem is Ecosystem.NPM else ("", "", part.name)
    path = f"{_quoted(scope)}/{_quoted(name)}" if scope else _quoted(name)
    version = f"@{_quoted(part.version)}" if part.version else ""
    return f"pkg:{_TYPES[part.ecosystem]}/{path}{version}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _component(held: Sequence[Part], state: State, licences: Licences) -> dict[str, Json]:
    """One part, with every hash and every place that names it."""
    part = held[0]
    scope, _, name = part.name.rpartition("/") if part.ecosystem is Ecosystem.NPM else ("", "", part.name)
    component: dict[str, Json] = {"type": "library", "bom-ref": purl(part), "name": _text(name), "purl": purl(part)}
    if scope:
        component["group"] = _text(scope)
    if part.version:
        component["version"] = _text(part.version)
    hashes = [found for one in held for text in one.hashes if (found := _hash(text))]
    if hashes:
        component["hashes"] = [{"alg": alg, "content": content} for alg, content in dict.fromkeys(hashes)]
    if licence := licences.get((part.ecosystem, part.name, part.version)):
        component["licenses"] = [{"license": {"name": _text(licence)}}]
    if origins := list(dict.fromkeys(_text(one.origin) for one in held if one.origin)):
        component["properties"] = [_property("origin", origin) for origin in origins]
    component["properties"] = [*_as_list(component.get("properties")), *_told(state)]
    paths = dict.fromkeys(_text(one.place.path) for one in held)
    component["evidence"] = {"occurrences": [{"location": path} for path in paths]}
    return component


def _as_list(held: Json) -> list[Json]:
    return held if isinstance(held, list) else []


def _told(state: State) -> list[Json]:
    """Say in words of our own what the standard has none for: as of when, and what nobody looked at."""
    if isinstance(state, NotKnown):
        return [_property("known", f"nothing as of {state.as_of}")]
    if isinstance(state, NotAudited):
        return [_property("not-audited", state.why)]
    return [_property("known", "malicious" if isinstance(state, Malicious) else "vulnerable")]


def _property(name: str, value: str) -> Json:
    return {"name": f"ringfence:{name}", "value": value}


def _hash(text: str) -> tuple[str, str] | None:
    """Read `sha256:HEX`, or `sha512-BASE64` as npm writes it; None for what is no hash of a known kind."""
    kind = "".join(letter if letter.isalnum() else " " for letter in text[:8]).split(" ")[0].lower()
    algorithm, size = _ALGORITHMS.get(kind, ("", 0))
    separator, rest = text[len(kind) : len(kind) + 1], text[len(kind) + 1 :]
    try:
        raw = bytes.fromhex(rest) if separator == ":" else base64.b64decode(rest, validate=True)
    except (ValueError, binascii.Error):
        return None
    return (algorithm, raw.hex()) if algorithm and len(raw) == size else None


def _dependencies(parts: Sequence[Part], refs: Sequence[str]) -> list[Json]:
    """Say what needs what, within one environment or lock file."""
    held: dict[str, dict[str, None]] = {ref: {} for ref in refs}
    by_place: dict[str, list[int]] = {}
    for number, part in enumerate(parts):
        by_place.setdefault(part.place.path, []).append(number)
    for numbers in by_place.values():
        here = graph([parts[n] for n in numbers])
        for number, names in here.needs.items():
            ref = refs[numbers[number]]
            needed = (refs[numbers[n]] for name in names for n in here.numbers[name][:_MOST_VERSIONS])
            held[ref].update((other, None) for other in needed if other != ref)
    return [{"ref": ref, "dependsOn": list[Json](sorted(needed))} for ref, needed in held.items()]


def _against(ref: str, state: State) -> list[Json]:
    if isinstance(state, Malicious):
        return [_malicious(ref, state)]
    return [_weakness(ref, group) for group in same(state.advisories)] if isinstance(state, Vulnerable) else []


def _malicious(ref: str, state: Malicious) -> Json:
    return {
        "id": "ringfence:deps/known-malicious",
        "description": f"known to be malicious, says {' and '.join(dict.fromkeys(state.sources))}",
        "ratings": [{"severity": "critical", "method": "other"}],
        "cwes": [_MALICIOUS_CODE],
        "analysis": {"state": "exploitable", "detail": "malicious code runs when it is installed or loaded"},
        "affects": [{"ref": ref}],
    }


def _weakness(ref: str, group: Sequence[Advisory]) -> Json:
    first = group[0]
    aliases = dict.fromkeys(name for one in group for name in (one.id, *one.aliases) if name != first.id)
    found: dict[str, Json] = {
        "id": first.id,
        "source": {"name": first.source},
        "ratings": [_rating(first)],
        # Whether the bot comes to the weak place is for a person to say.
        "analysis": {"state": "in_triage"},
        "affects": [{"ref": ref}],
    }
    if aliases:
        found["references"] = [{"id": name, "source": {"name": name.partition("-")[0]}} for name in aliases]
    if first.summary:
        found["description"] = _text(first.summary)
    if fixed := sorted({version for one in group for version in one.fixed}):
        found["recommendation"] = f"mended in {', '.join(fixed)}"
    return found


def _rating(advisory: Advisory) -> Json:
    score = base_score(advisory.severity)
    method = _METHODS.get(advisory.severity[:8])
    if score is None or method is None:
        return {"severity": severity(advisory).value if advisory.severity else "unknown", "method": "other"}
    return {"score": score, "severity": _word(score), "method": method, "vector": advisory.severity}


def _word(score: float) -> str:
    """Name a score as CVSS does (section 5, table 14), critical included."""
    bounds = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
    return next((word for least, word in bounds if score >= least), "none")


def _text(text: str) -> str:
    """Leave out what JSON's readers may choke on: halves of characters that are not Unicode."""
    return text.encode("utf-8", "replace").decode()
