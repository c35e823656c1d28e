"""A file judged before it is installed: what it claims, what it would run, and what it would do to who unpacks it."""
# ruff: noqa: E501 - what a tool writes in one line stands in one line

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.audit.deps.archive import MEMBERS, wrong_path
from ringfence.audit.deps.download import judge
from ringfence.audit.deps.inventory import Inventory
from tests.audit.deps.test_environment import hashed
from tests.audit.deps.trees import packed, plant

META = "Name: signals\nVersion: 1.0\nProject-URL: Source, https://github.com/ccxt/ccxt\nRequires-Dist: requests>=2\n"
NAME = "signals-1.0-py3-none-any.whl"


def wheel(folder: Path, files: dict[str, str] | None = None, meta: str = META, name: str = NAME) -> Path:
    """Pack a wheel with a RECORD that is true."""
    held = {"signals/__init__.py": "A = 1\n", "signals-1.0.dist-info/METADATA": meta, **(files or {})}
    rows = [f"{path},sha256={hashed(text)},{len(text.encode())}" for path, text in held.items()]
    return packed(
        folder / name, {**held, "signals-1.0.dist-info/RECORD": "\n".join([*rows, "signals-1.0.dist-info/RECORD,,"])}
    )


def sdist(folder: Path, files: dict[str, str]) -> Path:
    """Pack an sdist."""
    return packed(
        folder / "signals-1.0.tar.gz",
        {f"signals-1.0/{path}": text for path, text in {"PKG-INFO": META, **files}.items()},
    )


def ids(inventory: Inventory) -> set[str]:
    return {finding.rule for finding in inventory.findings}


def test_a_wheel_is_named_with_its_hash_and_its_needs(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    (part,) = judge(path).parts
    assert (part.name, part.version, part.needs) == ("signals", "1.0", ("requests",))
    assert part.hashes == (f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",)


def test_a_clean_wheel_of_a_known_maker_has_no_finding(tmp_path: Path) -> None:
    path = packed(tmp_path / "ccxt-4.5.90-py3-none-any.whl", {"ccxt-4.5.90.dist-info/METADATA": META.replace("signals", "ccxt").replace("1.0", "4.5.90"), "ccxt-4.5.90.dist-info/RECORD": f"ccxt-4.5.90.dist-info/METADATA,sha256={hashed(META.replace('signals', 'ccxt').replace('1.0', '4.5.90'))},\nccxt-4.5.90.dist-info/RECORD,,\n"})  # fmt: skip
    inventory = judge(path)
    assert (inventory.findings, inventory.unanswered) == ((), ())


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"signals.pth": "import os"}, "deps/start-hook"),
        ({"sitecustomize.py": ""}, "deps/site-customize"),
        ({"signals/core.so": "x"}, "deps/binary"),
        ({"signals/core.py": "__pyarm" + "or__(1)"}, "deps/obfuscated"),
        ({"signals/core.py": "A = '" + "a" * 6_000 + "'"}, "deps/minified"),
        ({"signals-1.0.dist-info/entry_points.txt": "[console_scripts]\nclw = a:b\n"}, "deps/script-overwrite"),
        ({"signals-1.0.data/scripts/clw": ""}, "deps/script-overwrite"),
    ],
)
def test_what_a_wheel_brings_is_seen(tmp_path: Path, files: dict[str, str], rule: str) -> None:
    assert rule in ids(judge(wheel(tmp_path, files)))


@pytest.mark.parametrize(
    ("setup", "told"),
    [
        ("from setuptools import setup\nsetup(name='a')\n", False),
        ("from setuptools import setup, find_packages\nsetup(long_description=open('README').read(), packages=find_packages())", False),
        ("import re\nfrom setuptools import setup\nsetup(version=re.search('a', open('b').read()).group(1))", False),
        ("from setuptools import setup\nsetup(cmdclass={'install': X})", True),
        ("import os\nos.system('x')", True),
        ("from os import system as find_packages2\nfind_packages2('x')", True),
        ("exec(compile('1', '', 'exec'))", True),
        ("__import__('os').system('x')", True),
        ("import requests\nrequests.get('x')", True),
        ("import subprocess\nclass A:\n    def run(self): subprocess.Popen('x')", True),
        ("(lambda: 1)()", True),
    ],
)  # fmt: skip
def test_a_setup_that_does_more_than_describe_is_told(tmp_path: Path, setup: str, told: bool) -> None:
    assert ("deps/setup-code" in ids(judge(sdist(tmp_path, {"setup.py": setup})))) is told


def test_a_setup_that_cannot_be_parsed_is_unanswered(tmp_path: Path) -> None:
    assert any("not Python" in each.why for each in judge(sdist(tmp_path, {"setup.py": "def ("})).unanswered)


@pytest.mark.parametrize(
    ("hashes", "mismatch"),
    [
        ((), False),
        (("sha256:" + "0" * 64,), True),
        (("sha256:REAL",), False),
        (("sha256:" + "0" * 64, "sha256:REAL"), False),
    ],
)
def test_a_hash_that_is_given_is_compared(tmp_path: Path, hashes: tuple[str, ...], mismatch: bool) -> None:
    path = wheel(tmp_path)
    real = hashlib.sha256(path.read_bytes()).hexdigest()
    assert ("deps/hash-mismatch" in ids(judge(path, [each.replace("REAL", real) for each in hashes]))) is mismatch


def test_a_hash_of_a_kind_that_does_not_count_is_no_answer(tmp_path: Path) -> None:
    assert any("no kind" in each.why for each in judge(wheel(tmp_path), ["md5:00"]).unanswered)


@pytest.mark.parametrize("right", [True, False])
def test_a_lock_beside_it_says_which_hash_it_may_have(tmp_path: Path, right: bool) -> None:
    path = wheel(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if right else "0" * 64
    plant(tmp_path, {"requirements.txt": f"signals==1.0 --hash=sha256:{digest}\nother==1 --hash=sha256:{'1' * 64}\n"})
    assert ("deps/hash-mismatch" in ids(judge(path))) is not right


@pytest.mark.parametrize(
    ("name", "url", "rule"),
    [
        ("freqtrade", "https://github.com/freqtrade/freqtrade", None),
        ("freqtrade", "git+https://github.com/Freqtrade/Freqtrade.git", None),
        ("freqtrade", "https://github.com/freqtrad/freqtrade", "deps/look-alike-repository"),
        ("freqtrade", "https://gitlab.com/freqtrade/freqtrade", "deps/look-alike-repository"),
        ("freqtrade", "https://github.com/somebody/freqtrade", "deps/other-repository"),
        ("signals", "https://github.com/somebody/signals", "deps/unknown-repository"),
        ("signals", "", "deps/unknown-repository"),
        ("signals", "https://github.com/freqtrade/freqtrade", "deps/look-alike-repository"),
    ],
)
def test_whose_it_claims_to_be_is_judged(tmp_path: Path, name: str, url: str, rule: str | None) -> None:
    meta = f"Name: {name}\nVersion: 1.0\nProject-URL: Source, {url}\n"
    found = {
        each
        for each in ids(judge(wheel(tmp_path, meta=meta, name=f"{name}-1.0-py3-none-any.whl")))
        if "repository" in each
    }
    assert found == ({rule} if rule else set())


def test_what_it_needs_is_judged_by_its_name(tmp_path: Path) -> None:
    assert "deps/look-alike" in ids(judge(wheel(tmp_path, meta=META + "Requires-Dist: reqeusts\n")))


def test_an_npm_package_is_judged(tmp_path: Path) -> None:
    said = {
        "name": "bs58-encrypt",
        "version": "1.0.3",
        "scripts": {"postinstall": "node x"},
        "dependencies": {"ethres": "1"},
    }
    inventory = judge(packed(tmp_path / "bs58-encrypt-1.0.3.tgz", {"package/package.json": json.dumps(said)}))
    assert {"deps/install-hook", "deps/look-alike", "deps/unknown-repository"} <= ids(inventory)


def test_a_repository_is_judged_with_what_it_asks_for(tmp_path: Path) -> None:
    files = {
        "bot-main/requirements.txt": "ccxt-mexc-futures\n",
        "bot-main/setup.py": "import os\nos.system('x')\n",
        "bot-main/bot.py": "",
    }
    inventory = judge(packed(tmp_path / "bot-main.zip", files))
    assert {"deps/combination-name", "deps/unpinned", "deps/setup-code", "deps/unknown-repository"} <= ids(inventory)
    assert [part.name for part in inventory.parts] == ["bot", "ccxt-mexc-futures"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "C:/x", "a\\..\\..\\x", "\\\\host\\x", "a\nb", "a\x1b[0m"]
)
def test_a_path_that_would_harm_is_refused(path: str, tmp_path: Path) -> None:
    assert wrong_path(path)
    assert "deps/hostile-archive" in ids(judge(packed(tmp_path / "x.zip", {path: ""})))
    assert "deps/hostile-archive" in ids(judge(packed(tmp_path / "x.tar.gz", {path: ""})))


@pytest.mark.parametrize("path", ["a/b.py", "a..b", "..a/b", "a/.b", "ä/ü"])
def test_a_path_that_harms_nobody_is_not_refused(path: str) -> None:
    assert wrong_path(path) == ""


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("x/link")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    assert "deps/hostile-archive" in ids(judge(tmp_path / "x.tar.gz"))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "deps/hostile-archive" in ids(judge(tmp_path / "x.zip"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused_since_programs_differ_about_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.py", "good")
        archive.writestr("a.py", "bad")
    assert "deps/hostile-archive" in ids(judge(tmp_path / "x.zip"))


def test_a_zip_that_unpacks_to_two_hundred_times_its_size_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(100):
            member.write(bytes(1 << 20))
    inventory = judge(tmp_path / "x.zip")
    assert "deps/hostile-archive" in ids(inventory)
    assert any("times its size" in each.why for each in inventory.unanswered)


def test_a_tar_that_unpacks_to_two_hundred_times_its_size_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(tar_header("zeros", 200 << 20) + bytes(200 << 20), 9))
    assert any("times its size" in each.why for each in judge(tmp_path / "x.tar.gz").unanswered)


def tar_header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "held",
    [
        tar_header("x", 100_000, tarfile.XHDTYPE) + b"1" * 100_000,
        tar_header("x", 10, tarfile.XHDTYPE) + b"9 path=abc" + bytes(502),
        tar_header("x", 10, tarfile.XHDTYPE) + b"0 path=abc" + bytes(502),
        tar_header("x", 5_000) + b"short",
        b"no tar at all, though it is long enough to hold a header " * 20,
    ],
)
def test_a_tar_that_is_damaged_is_not_read_to_its_end(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(held)
    assert judge(tmp_path / "x.tar").unanswered


def test_a_long_path_in_either_form_is_read_whole(tmp_path: Path) -> None:
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)):
        with tarfile.open(tmp_path / f"{number}.tar", "w", format=form) as archive:
            info = tarfile.TarInfo("d" * 90 + "/" + "e" * 60 + "/setup.py")
            info.size = 16
            archive.addfile(info, io.BytesIO(b"import os;os.x()"))
            last = tarfile.TarInfo("d/requirements.txt")
            last.size = 4
            archive.addfile(last, io.BytesIO(b"ccxt"))
        inventory = judge(tmp_path / f"{number}.tar")
        assert [part.name for part in inventory.parts if part.name == "ccxt"] == ["ccxt"]
        assert inventory.unanswered == ()


@pytest.mark.parametrize("name", ["x.zip", "x.whl", "x.tar.gz", "x.tar", "x.tar.bz2"])
def test_what_is_no_archive_is_unanswered(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello" * 300)
    assert judge(tmp_path / name).unanswered


@pytest.mark.parametrize("name", ["x.exe", "x.txt", "missing.whl"])
def test_what_cannot_be_judged_is_unanswered(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"")
    assert judge(tmp_path / name).unanswered


def test_a_wheel_that_was_changed_after_it_was_made_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / NAME, {"signals/__init__.py": "A = 2\n", "signals/more.py": "", "signals-1.0.dist-info/METADATA": META, "signals-1.0.dist-info/RECORD": f"signals/__init__.py,sha256={hashed('A = 1')},6\n"})  # fmt: skip
    assert {"deps/altered-file", "deps/unrecorded-file"} <= ids(judge(path))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2_000), st.integers(1, 255), st.sampled_from(["zip", "tar.gz", "tar"]))
def test_one_changed_byte_never_breaks_it(tmp_path: Path, at: int, by: int, kind: str) -> None:
    path = packed(tmp_path / f"x.{kind}", {"a/setup.py": "import os\n", "a/PKG-INFO": META, "a/b/package.json": "{}"})
    held = bytearray(path.read_bytes())
    held[at % len(held)] ^= by
    path.write_bytes(held)
    assert judge(path).parts


def test_the_limit_on_members_is_beyond_what_an_honest_archive_has() -> None:
    assert MEMBERS > 50_000
