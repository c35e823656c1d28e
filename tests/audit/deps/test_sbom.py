"""The bill is held against the parts of CycloneDX 1.6's schema that it uses, written down here as rules of its own."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.judge import judge
from ringfence.audit.deps.malicious import Malicious as Names
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.sbom import Json, cyclonedx, purl
from ringfence.audit.deps.snapshot import Snapshot
from tests.audit.deps.snapshots import NOW, NPM, PYPI, UP_TO_2_31, advisory, part, snapshot, source

SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
SHA256, SHA512 = hashlib.sha256(b"a").hexdigest(), hashlib.sha512(b"a").digest()
HELD = snapshot(
    advisory(
        "requests", UP_TO_2_31, aliases=("CVE-2023-32681",), severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
    ),
    advisory("requests", UP_TO_2_31, id="PYSEC-2"),
    sources=(source(covers=("requests", "flask")), source(ecosystem=NPM)),
    malicious=(Names("Weaknesses", NPM, {"@evil/bot": "MAL-1"}),),
)
PARTS = (
    part("requests", "2.30.0", "uv.lock", hashes=(f"sha256:{SHA256}",), needs=("urllib3", "gone", "requests")),
    part("requests", "2.30.0", "venv", hashes=(f"sha256:{SHA256}", "md5:no"), needs=("flask",)),
    part("urllib3", "2.0", "uv.lock"),
    part("flask", "3.0", "venv"),
    part("loose", "", "uv.lock", origin="git+https://example.org/loose"),
    part("@evil/bot", "1.0.0", "package-lock.json", NPM, hashes=(f"sha512-{base64.b64encode(SHA512).decode()}",)),
)
Object = dict[str, Json]


def bill(parts: Sequence[Part] = PARTS, held: Snapshot = HELD) -> Object:
    licences = {(PYPI, "flask", "3.0"): "BSD-3-Clause"}
    return cyclonedx(parts, judge(parts, held, NOW), NOW, SERIAL, licences)


def objects(value: Json) -> list[Object]:
    assert isinstance(value, list)
    return [one for one in value if isinstance(one, dict)]


def component(name: str) -> Object:
    (one,) = (one for one in objects(bill()["components"]) if one["name"] == name)
    return one


# bom-1.6.schema.json: which fields an object may have, and which it must; hash-alg and hash-content; severity;
# impactAnalysisState; scoreMethod; serialNumber.
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "bom": (
        {"bomFormat", "specVersion"},
        {"$schema", "serialNumber", "version", "metadata", "components", "dependencies", "vulnerabilities"},
    ),
    "component": (
        {"type", "name"},
        {"bom-ref", "group", "version", "purl", "hashes", "licenses", "properties", "evidence"},
    ),
    "dependency": ({"ref"}, {"dependsOn"}),
    "vulnerability": (
        set(),
        {"id", "source", "references", "ratings", "cwes", "description", "recommendation", "analysis", "affects"},
    ),
    "rating": (set(), {"score", "severity", "method", "vector"}),
}
CONTENT = re.compile(r"([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def faults(said: Object) -> Iterator[str]:
    """Hold a bill against the schema, as far as a bill of ours goes."""
    yield from fields("bom", said)
    if said["bomFormat"] != "CycloneDX" or said["specVersion"] != "1.6" or not URN.fullmatch(str(said["serialNumber"])):
        yield "head"
    refs = [str(one["bom-ref"]) for one in objects(said["components"])]
    if len(set(refs)) != len(refs):
        yield "a bom-ref twice"
    for one in objects(said["components"]):
        yield from fields("component", one)
        yield from hashed(one)
    for one in objects(said["dependencies"]):
        yield from needing(one, refs)
    for one in objects(said["vulnerabilities"]):
        yield from fields("vulnerability", one)
        yield from rated(one)
        if any(affected["ref"] not in refs for affected in objects(one["affects"])):
            yield "a vulnerability of nothing"


def hashed(one: Object) -> Iterator[str]:
    for held in objects(one.get("hashes", [])):
        if held["alg"] not in {"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"}:
            yield "alg"
        if not CONTENT.fullmatch(str(held["content"])):
            yield "content"


def needing(one: Object, refs: list[str]) -> Iterator[str]:
    yield from fields("dependency", one)
    needed = one["dependsOn"]
    assert isinstance(needed, list)
    if one["ref"] not in refs or any(ref not in refs for ref in needed):
        yield "a dependency on nothing"
    if len(set(map(str, needed))) != len(needed):
        yield "a dependency twice"


def rated(one: Object) -> Iterator[str]:
    for rating in objects(one["ratings"]):
        yield from fields("rating", rating)
        if rating["severity"] not in {"critical", "high", "medium", "low", "info", "none", "unknown"}:
            yield "severity"
        if rating["method"] not in {"CVSSv2", "CVSSv3", "CVSSv31", "CVSSv4", "OWASP", "SSVC", "other"}:
            yield "method"
    analysis = one["analysis"]
    if not isinstance(analysis, dict) or analysis["state"] not in {"exploitable", "in_triage"}:
        yield "analysis"


def fields(kind: str, said: Object) -> Iterator[str]:
    must, may = FIELDS[kind]
    if not must <= said.keys() <= must | may:
        yield f"{kind}: {sorted(said)}"


def test_the_bill_is_as_the_schema_asks() -> None:
    assert list(faults(bill())) == []


def test_a_bill_of_nothing_is_one_too() -> None:
    assert list(faults(bill(()))) == []
    assert bill(())["components"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"specVersion": "1.5"}, "head"),
        ({"serialNumber": "urn:uuid:1"}, "head"),
        ({"dependencies": [{"ref": "pkg:pypi/other", "dependsOn": []}]}, "a dependency on nothing"),
        ({"extra": 1}, "bom: "),
    ],
)
def test_what_the_schema_forbids_would_be_noticed(change: Object, fault: str) -> None:
    assert any(one.startswith(fault) for one in faults(bill() | change))


def test_it_says_when_and_for_what() -> None:
    said = bill()
    assert said["serialNumber"] == f"urn:uuid:{SERIAL}"
    assert isinstance(said["metadata"], dict)
    assert said["metadata"]["timestamp"] == "2026-11-28T12:00:00Z"


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (part("requests", "2.30.0"), "pkg:pypi/requests@2.30.0"),
        (part("loose"), "pkg:pypi/loose"),
        (part("torch", "2.0+cu118"), "pkg:pypi/torch@2.0%2Bcu118"),
        (part("@solana/web3.js", "1.95.7", ecosystem=NPM), "pkg:npm/%40solana/web3.js@1.95.7"),
        (part("ws", "8.0.0", ecosystem=NPM), "pkg:npm/ws@8.0.0"),
        (part("a@1?x=#y", "1/../2"), "pkg:pypi/a%401%3Fx%3D%23y@1%2F..%2F2"),
    ],
)
def test_a_package_url_says_no_more_than_a_name(of: Part, said: str) -> None:
    assert purl(of) == said


def test_one_package_in_two_places_is_one_component_with_both() -> None:
    one = component("requests")
    assert one["evidence"] == {"occurrences": [{"location": "uv.lock"}, {"location": "venv"}]}
    assert one["hashes"] == [{"alg": "SHA-256", "content": SHA256}]
    assert one["bom-ref"] == one["purl"] == "pkg:pypi/requests@2.30.0"


def test_hashes_of_npm_are_written_in_hexadecimal_and_scopes_are_groups() -> None:
    one = component("bot")
    assert one["group"] == "@evil"
    assert one["hashes"] == [{"alg": "SHA-512", "content": SHA512.hex()}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:zz",
        f"sha256:{SHA256}00",
        f"sha512:{SHA256}",
        f"sha999:{SHA256}",
        "sha1-%%%%",
    ],
)
def test_what_is_no_hash_is_left_out(text: str) -> None:
    (one,) = objects(bill([part("a", "1", hashes=(text,))])["components"])
    assert "hashes" not in one


def test_licences_and_origins_stand_where_they_are_known() -> None:
    assert component("flask")["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert "licenses" not in component("requests")
    assert {"name": "ringfence:origin", "value": "git+https://example.org/loose"} in objects(
        component("loose")["properties"]
    )


def test_what_nobody_looked_at_does_not_read_as_clean() -> None:
    said = {str(one["name"]): objects(one["properties"])[-1] for one in objects(bill()["components"])}
    assert said["flask"] == {"name": "ringfence:known", "value": "nothing as of 2026-11-28"}
    assert said["urllib3"] == {"name": "ringfence:not-audited", "value": "no source covers the name"}
    assert said["bot"] == {"name": "ringfence:known", "value": "malicious"}


def test_what_needs_what_is_within_one_file() -> None:
    needed = {str(one["ref"]): one["dependsOn"] for one in objects(bill()["dependencies"])}
    assert needed["pkg:pypi/requests@2.30.0"] == ["pkg:pypi/flask@3.0", "pkg:pypi/urllib3@2.0"]
    assert needed["pkg:pypi/flask@3.0"] == []


def test_each_weakness_and_each_malice_is_a_vulnerability() -> None:
    held = {str(one["id"]): one for one in objects(bill()["vulnerabilities"])}
    assert set(held) == {"PYSEC-2023-74", "PYSEC-2", "ringfence:deps/known-malicious"}
    first = held["PYSEC-2023-74"]
    assert first["references"] == [{"id": "CVE-2023-32681", "source": {"name": "CVE"}}]
    assert first["recommendation"] == "mended in 2.31.0"
    (rating,) = objects(first["ratings"])
    assert (rating["score"], rating["severity"], rating["method"]) == (6.1, "medium", "CVSSv31")
    assert objects(held["PYSEC-2"]["ratings"]) == [{"severity": "unknown", "method": "other"}]
    assert held["ringfence:deps/known-malicious"]["affects"] == [{"ref": "pkg:npm/%40evil/bot@1.0.0"}]


# Halves of characters as well, which a file's name may hold (PEP 383).
letters = st.one_of(st.characters(), st.sampled_from("/@%\udc80\ud800"))
hostile = st.builds(
    lambda ecosystem, name, version, hashes, needs: part(
        name, version, ecosystem=ecosystem, hashes=tuple(hashes), needs=tuple(needs)
    ),
    st.sampled_from(list(Ecosystem)),
    st.text(letters, max_size=12),
    st.text(letters, max_size=6),
    st.lists(st.text(max_size=12), max_size=2),
    st.lists(st.text(max_size=3), max_size=3),
)


@given(st.lists(hostile, max_size=6))
def test_whatever_a_stranger_calls_his_packages_the_bill_is_whole(parts: list[Part]) -> None:
    said = bill(parts)
    assert list(faults(said)) == []
    assert json.loads(json.dumps(said, ensure_ascii=False).encode()) == said
    assert {purl(one) for one in parts} == {one["bom-ref"] for one in objects(said["components"])}


def test_the_published_schema_takes_it() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill())) is None
    assert validator.validate_str(json.dumps(bill() | {"components": [{"name": "of no type"}]})) is not None
