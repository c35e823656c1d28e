import gzip
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps import seal
from ringfence.audit.deps.advisories import readable
from ringfence.audit.deps.judge import judge
from ringfence.audit.deps.malicious import Malicious as Names
from ringfence.audit.deps.seal import MADE_HERE, SIGNED, Opening, bounded, keep, open_snapshot, public_keys, sign
from ringfence.audit.deps.snapshot import FORMAT, Fault, Missing, Snapshot
from ringfence.audit.deps.state import Malicious, NotAudited, NotKnown, Vulnerable
from ringfence.errors import Misconfigured
from tests.audit.deps.snapshots import (
    ASKED,
    BAD,
    KEY,
    NOW,
    NPM,
    PUBLIC,
    PYPI,
    STRANGER,
    UP_TO_2_31,
    advisory,
    part,
    snapshot,
    source,
)

DATA = Path(seal.__file__).parent / "data"
HELD = snapshot(
    advisory("requests", UP_TO_2_31, versions=("2.5.0",), aliases=("CVE-2023-32681",)),
    sources=(source(covers=("requests",)), source(BAD, NPM)),
    malicious=(Names(BAD, NPM, {"bybit-dev": ""}, {"xrpl": ("4.2.1",)}),),
)
FILE = sign(HELD, KEY)


def fault(data: bytes | None, asked: Opening = ASKED) -> Fault:
    found = open_snapshot(data, asked)
    assert isinstance(found, Missing)
    assert found.why
    return found.fault


def signed(packed: bytes) -> bytes:
    return SIGNED + KEY.sign(SIGNED + packed) + packed


def test_what_was_signed_is_what_is_opened() -> None:
    assert open_snapshot(FILE, ASKED) == HELD


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert sign(HELD, KEY) == FILE


def test_any_of_the_known_keys_may_have_signed() -> None:
    other = STRANGER.public_key().public_bytes_raw()
    assert open_snapshot(FILE, Opening((other, PUBLIC))) == HELD


@pytest.mark.parametrize("asked", [Opening(()), Opening((STRANGER.public_key().public_bytes_raw(),)), Opening((b"",))])
def test_without_the_right_key_it_is_unsigned(asked: Opening) -> None:
    assert fault(FILE, asked) is Fault.UNSIGNED


def test_one_that_is_not_there_is_missing() -> None:
    assert fault(None) is Fault.MISSING


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        FILE[:8],
        FILE[:72],
        b"RINGSNP\r" + FILE[8:],
        signed(b""),
        signed(b"{}"),
        signed(gzip.compress(b"")),
    ],
    ids=range(8),
)
def test_what_is_no_snapshot_is_broken(data: bytes) -> None:
    assert fault(data) is Fault.BROKEN


@given(st.integers(8, len(FILE) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(at: int, by: int) -> None:
    changed = FILE[:at] + bytes([FILE[at] ^ by]) + FILE[at + 1 :]
    assert fault(changed) is Fault.UNSIGNED


@given(st.integers(73, len(FILE) - 1))
def test_one_that_is_cut_short_is_not_believed(size: int) -> None:
    assert fault(FILE[:size]) is Fault.UNSIGNED


def test_one_that_is_too_long_is_not_even_checked() -> None:
    assert fault(FILE + bytes(seal.MAX_FILE - len(FILE) + 1)) is Fault.BROKEN
    assert fault(FILE + bytes(seal.MAX_FILE - len(FILE))) is Fault.UNSIGNED


def test_nothing_is_unpacked_before_the_signature_has_been_checked() -> None:
    """What would fill the memory is never looked at, since the stranger's signature is found first."""
    bomb = gzip.compress(bytes(1 << 20)) * 3
    assert fault(SIGNED + STRANGER.sign(SIGNED + bomb) + bomb) is Fault.UNSIGNED


def test_unpacking_ends_at_its_bound() -> None:
    packed = gzip.compress(bytes(1_000))
    assert bounded(packed, 1_000) == bytes(1_000)
    assert bounded(packed, 999) is None
    assert bounded(gzip.compress(bytes(100 << 20)), 1_000) is None


@pytest.mark.parametrize(
    "packed",
    [b"", b"no gzip", gzip.compress(b"a")[:-1], gzip.compress(b"a") + b"b", zlib.compress(b"a")],
    ids=range(5),
)
def test_what_is_not_one_whole_gzip_is_not_unpacked(packed: bytes) -> None:
    assert bounded(packed, 100) is None


@pytest.mark.parametrize(
    "said",
    [
        msgspec.structs.replace(HELD, format=FORMAT + 1),
        msgspec.structs.replace(HELD, made=0),
        msgspec.structs.replace(HELD, made=253_402_300_800),
        msgspec.structs.replace(HELD, sources=()),
        msgspec.structs.replace(HELD, sources=HELD.sources[:1]),
        msgspec.structs.replace(HELD, sources=(*HELD.sources, HELD.sources[0])),
    ],
)
def test_one_that_contradicts_itself_is_broken_though_it_is_signed(said: Snapshot) -> None:
    assert fault(sign(said, KEY)) is Fault.BROKEN


@pytest.mark.parametrize(
    "text", [b"[]", b"null", b'{"format":1}', b"{" * 100_000, b"\xff\xfe", b'{"format":1,"made":"x","sources":[]}']
)
def test_text_that_is_no_snapshot_is_broken_though_it_is_signed(text: bytes) -> None:
    assert fault(signed(gzip.compress(text))) is Fault.BROKEN


def test_an_older_one_than_the_last_is_refused_and_the_same_one_is_not() -> None:
    assert fault(FILE, Opening((PUBLIC,), seen=NOW + 1)) is Fault.ROLLED_BACK
    assert open_snapshot(FILE, Opening((PUBLIC,), seen=NOW)) == HELD


def test_one_that_was_made_here_is_taken_only_where_that_is_asked() -> None:
    made = msgspec.structs.replace(HELD, how="OSV PyPI of 2026-11-28")
    assert fault(keep(made)) is Fault.UNSIGNED
    assert open_snapshot(keep(made), Opening((), made_here=True)) == made
    assert fault(keep(made), Opening((), seen=NOW + 1, made_here=True)) is Fault.ROLLED_BACK


def test_one_that_was_made_here_cannot_pass_for_a_signed_one_nor_the_other_way() -> None:
    made = msgspec.structs.replace(HELD, how="OSV PyPI of 2026-11-28")
    assert fault(signed(keep(made)[len(MADE_HERE) :])) is Fault.BROKEN
    assert fault(MADE_HERE + FILE[72:], Opening((), made_here=True)) is Fault.BROKEN
    assert open_snapshot(sign(made, KEY), ASKED) == HELD


def test_keys_stand_in_a_file_one_on_each_line() -> None:
    text = "# who may sign\n\nPv9vILPdl7sOA+Pbndow3mlVPTMOm5+pCMHbHd9ZPiU=  # 2026\n" + "A" * 43 + "=\n"
    assert [len(key) for key in public_keys(text)] == [32, 32]
    assert public_keys("") == ()


@pytest.mark.parametrize("text", ["A" * 42 + "==", "A" * 44, "not base64!", "Ä" * 44])
def test_what_is_no_key_is_said(text: str) -> None:
    with pytest.raises(Misconfigured):
        public_keys(text)


def shipped() -> Snapshot:
    keys = public_keys((DATA / "snapshot.pub").read_text("utf-8"))
    found = open_snapshot((DATA / "snapshot.ringsnap").read_bytes(), Opening(keys))
    assert isinstance(found, Snapshot)
    return found


def test_the_shipped_one_is_signed_by_the_shipped_key() -> None:
    held = shipped()
    assert len(held.advisories) == 677
    assert sum(len(one.names) for one in held.malicious) > 9_800
    assert {len(one.covers) for one in held.sources if one.covers} == {354}


def test_the_shipped_notice_names_every_source_with_its_licence() -> None:
    text = (DATA / "NOTICE").read_text("utf-8")
    for one in shipped().sources:
        assert f"{one.name} ({one.ecosystem}), of {one.date}\n  {one.licence}\n  {one.attribution}\n" in text


def test_no_private_key_is_beside_the_shipped_one() -> None:
    assert {path.name for path in DATA.iterdir()} >= {"snapshot.ringsnap", "snapshot.pub", "NOTICE"}
    assert not [path.name for path in DATA.iterdir() if b"PRIVATE" in path.read_bytes()]


def test_every_range_of_the_shipped_one_can_be_read() -> None:
    assert [one.id for one in shipped().advisories if not readable(one)] == []
    assert {one.ecosystem for one in shipped().advisories} == {PYPI}


# Old pins of well-known packages, and how many advisories named them on the day of the shipped data, at least.
@pytest.mark.parametrize(
    ("name", "version", "least"),
    [
        ("requests", "2.25.0", 1),
        ("aiohttp", "3.8.0", 6),
        ("cryptography", "3.2", 4),
        ("urllib3", "1.26.4", 3),
        ("jinja2", "2.11.2", 1),
        ("octobot", "0.4.3", 1),
        ("ctx", "0.2.2", 1),
        ("gevent", "23.9.0", 1),
    ],
)
def test_the_shipped_one_knows_old_pins(name: str, version: str, least: int) -> None:
    (one,) = judge([part(name, version)], shipped(), NOW).states
    assert isinstance(one, Vulnerable)
    assert len(one.advisories) >= least


def test_the_shipped_one_calls_nothing_clean_since_it_is_old() -> None:
    """Whoever never fetches a newer one hears what is known, and never that nothing is."""
    names = sorted({name for one in shipped().sources for name in one.covers or ()})
    judged = judge([part(name, "9999") for name in names], shipped(), NOW)
    assert len(names) == 354
    assert not [one for one in judged.states if isinstance(one, NotKnown)]
    assert "deps/snapshot-stale" in [one.rule for one in judged.findings]


def test_the_shipped_one_knows_the_releases_that_were_taken_over_and_not_those_after() -> None:
    said = {"4.2.1": Malicious, "4.2.4": Malicious, "2.14.2": Malicious, "4.2.5": NotAudited, "4.3.0": NotAudited}
    asked = [part("xrpl", version, ecosystem=NPM) for version in said]
    assert [type(one) for one in judge(asked, shipped(), NOW).states] == list(said.values())
