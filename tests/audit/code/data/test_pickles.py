"""Pickles: those that call what no model needs, and honest ones."""

import base64
import collections
import dataclasses
import datetime as dt
import decimal
import functools
import json
import lzma
import operator
import os
import re
import subprocess
import uuid
import zlib
from pathlib import Path

import pytest

from ringfence.audit.finding import Severity
from tests.audit.code.data import found, severities, unanswered
from tests.audit.code.data.made import COMMAND, Calls, array, pickled

HONEST = json.loads(Path(__file__).with_name("models.json").read_text("utf-8"))


@dataclasses.dataclass
class Model:
    """An honest model."""

    weights: list[float]
    made: dt.datetime

    def score(self, row: list[float]) -> float:
        """Give a score."""
        return sum(a * b for a, b in zip(self.weights, row, strict=True))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        Calls(os.system, COMMAND),
        Calls(subprocess.Popen, ["id"]),
        Calls(subprocess.check_output, ["id"]),
        Calls(eval, "1"),
        Calls(exec, "pass"),
        Calls(__import__, "os"),
        [1, {"model": Calls(os.system, COMMAND)}],
        Calls(functools.partial, os.system, COMMAND),
        Calls(getattr, Calls(__import__, "os"), "system"),
        Calls(operator.attrgetter, "system"),
    ],
)
def test_a_pickle_that_runs_something_is_critical_in_every_protocol(value: object, protocol: int) -> None:
    assert severities("model.pkl", pickled(value, protocol)) == {"pickle-runs": Severity.CRITICAL}


@pytest.mark.parametrize("path", ["a.pkl", "a.p", "a.joblib", "a.model", "a.pt", "weights.csv", "noname", "a.txt"])
def test_a_pickle_is_known_by_its_first_bytes_whatever_it_is_called(path: str) -> None:
    assert found(path, pickled(Calls(os.system, COMMAND))) == {"pickle-runs"}


@pytest.mark.parametrize(
    "data",
    [
        b"cposix\nsystem\n(S'id'\ntR.",
        b"(cos\nsystem\nS'id'\no.",
        b"(S'id'\nios\nsystem\n.",
        b"S'id'\np0\n0cnt\nsystem\n(g0\ntR.",
        b"c__builtin__\neval\n(S'1'\ntR.",
        b"cos\r\nsystem\r\n(S'id'\ntR.",
        b"(dp0\nS'model'\nI1\ns0cposix\nsystem\n(S'id'\ntR.",
        b"cbuiltins\ngetattr\n(cbuiltins\nprint\nV__\\u0067lobals__\ntR.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
        b"\x80\x04X\x05\0\0\0posixX\x06\0\0\0system\x93\x8c\x02id\x85R.",
        b"\x80\x04Vposi\\u0078\nVsystem\n\x93\x8c\x02id\x85R.",
        b"\x80\x04\x8c\x05posixq\0\x8c\x06systemq\x0100h\0h\x01\x93\x8c\x02id\x85R.",
        b"\x80\x04\x8c\x05torch\x8c\x17serialization.os.system\x93\x8c\x02id\x85R.",
        b"\x80\x04\x8c\x08builtins\x8c\x04eval2\x93.\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        # the name is put together while it is read
        b"\x80\x04\x8c\x07_codecs\x8c\x06decode\x93C\x05cbfvk\x8c\x05rot13\x86R\x8c\x06system\x93\x8c\x02id\x85R.",
        b"\x80\x04c_codecs\ndecode\n(\x8c\x05cbfvk\x8c\x05rot13tR\x8c\x06system\x93\x8c\x02id\x85R.",
        # broken behind what was run
        b"cposix\nsystem\n(S'id'\ntR\xff\xff\xff",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x02}q\0(\x80\x02cposix\nsystem\nq\x01X\x02\0\0\0idq\x02\x85q\x03Rq\x04.",
        # bytes of somebody else's between, as joblib writes arrays
        b"\x80\x04\x8c\x01a\xff\xfe\xfd" + b"\0" * 50 + b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x8c\x02id\x85R.",
    ],
)
def test_a_name_is_found_however_a_pickle_writes_it(data: bytes) -> None:
    assert found("model.pkl", data) == {"pickle-runs"}


def test_a_name_behind_two_million_opcodes_is_found() -> None:
    data = b"\x80\x04" + b"N0" * 1_000_000 + b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x8c\x02id\x85R."
    assert found("model.pkl", data) == {"pickle-runs"}


def test_a_pickle_of_more_opcodes_than_are_followed_is_said() -> None:
    assert "more opcodes" in unanswered("model.pkl", b"\x80\x04" + b"N0" * 1_000_000 + b"N.")[0]


@pytest.mark.parametrize("pack", [zlib.compress, lzma.compress, lambda data: zlib.compress(lzma.compress(data))])
def test_a_packed_pickle_is_unpacked(pack: object) -> None:
    assert callable(pack)
    assert found("model.joblib", pack(pickled(Calls(os.system, COMMAND)))) == {"pickle-runs"}


def test_a_bomb_is_not_unpacked_further_than_its_limit() -> None:
    assert not found("model.joblib", zlib.compress(b"\0" * (200 << 20)))


def test_an_array_of_objects_is_read() -> None:
    run = pickled(Calls(os.system, COMMAND))
    assert found("a.npy", array("|O", run)) == {"pickle-runs"}
    assert found("a.npy", array("[('a', '|O')]", run)) == {"pickle-runs"}
    assert not found("a.npy", array("<f8", run)), "numbers are never read as a pickle"
    assert not found("a.npy", b"\x93NUMPY\1"), "a header that ends early"


def test_a_pickle_in_base64_in_settings_is_found() -> None:
    text = json.dumps({"model": base64.b64encode(pickled([Calls(os.system, COMMAND), "x" * 40])).decode()})
    assert found("a.json", text) == {"pickle-runs"}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        collections.OrderedDict(a=1),
        collections.defaultdict(list, {1: [2]}),
        collections.Counter("aab"),
        collections.deque([1]),
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        decimal.Decimal("1.5"),
        Path("/x/y"),
        uuid.UUID(int=5),
        re.compile("a+"),
        functools.partial(max, 1),
        Model([1.0], dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
        Model([1.0], dt.datetime(2026, 1, 2, tzinfo=dt.UTC)).score,
        operator.itemgetter(1),
        [len, print, sorted, type, object, ValueError("x"), 1j, range(3), {1}, frozenset({2}), b"a", bytearray(b"b")],
        ["os", "system", "exec", "posix\nsystem\n", "cos", "__globals__"],
    ],
)
@pytest.mark.parametrize("path", ["model.pkl", "a.bin"])
def test_an_honest_pickle_is_not_found(value: object, protocol: int, path: str) -> None:
    assert not found(path, pickled(value, protocol))


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_model_of_a_library_is_not_found(name: str) -> None:
    assert not found("model.pkl", zlib.decompress(base64.b64decode(HONEST[name])))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 9])
def test_a_file_that_is_no_pickle_is_not_found(size: int) -> None:
    for head in (b"\x80\x04\x95", b"c", b"(", b"\0" * 9, b"\xff" * 9, b"GIF89a"):
        assert not found("a.bin", head[:size])
        assert not found("a.pkl", head[:size])
