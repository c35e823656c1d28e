"""What is installed: an attacker who can write into an environment, against one who looks at it."""
# ruff: noqa: E501 - what a tool writes in one line stands in one line

import base64
import hashlib
from pathlib import Path

import pytest

from ringfence.audit.deps.inventory import Inventory, read
from tests.audit.deps.trees import SITE, plant


def installed(root: Path, name: str = "signals", files: dict[str, str] | None = None, more: str = "") -> Path:
    """Install a distribution as pip does: its files, METADATA and a RECORD with hashes."""
    held = {f"{name}/__init__.py": "A = 1\n"} if files is None else files
    info = f"{name}-1.0.dist-info"
    everything = {**held, f"{info}/METADATA": f"Name: {name}\nVersion: 1.0\n\nwords\n", f"{info}/INSTALLER": "pip\n"}
    rows = [f"{path},sha256={hashed(text)},{len(text.encode())}" for path, text in everything.items()]
    everything[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", more])
    return plant(root, {f"{SITE}/{path}": text for path, text in everything.items()})


def hashed(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def found(inventory: Inventory) -> set[tuple[str, str]]:
    return {(finding.rule, finding.place.path.removeprefix(f"{SITE}/")) for finding in inventory.findings}


def ids(root: Path) -> set[str]:
    return {finding.rule for finding in read(root).findings}


def test_a_clean_environment_has_no_finding(tmp_path: Path) -> None:
    inventory = read(installed(tmp_path))
    assert (inventory.findings, inventory.unanswered) == ((), ())
    assert [(part.name, part.version, part.installed, part.direct) for part in inventory.parts] == [
        ("signals", "1.0", True, False)
    ]
    assert [(each.path, each.parts) for each in inventory.environments] == [(SITE, 1)]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("signals/__init__.py", "A = 2\n", ("deps/altered-file", "signals/__init__.py")),
        ("signals/extra.py", "", ("deps/unrecorded-file", "signals")),
        ("requests.py", "", ("deps/unrecorded-file", "requests.py")),
        ("z.pth", "import os", ("deps/start-hook", "z.pth")),
        ("z.pth", "# words\n\nimport\tos", ("deps/start-hook", "z.pth")),
        ("z.pth", "\ufeffimport os", ("deps/start-hook", "z.pth")),
        ("z.pth", "import _virtualenv; import os", ("deps/start-hook", "z.pth")),
        ("z.pth", "import __editable___a_finder; import os", ("deps/start-hook", "z.pth")),
        ("z.pth", "import __editable___a_finder; __editable___a_finder.install()", ("deps/known-start-hook", "z.pth")),
        ("z.pth", "/srv/elsewhere", ("deps/added-path", "z.pth")),
        ("sitecustomize.py", "", ("deps/site-customize", "sitecustomize.py")),
        ("usercustomize/__init__.py", "", ("deps/site-customize", "usercustomize/__init__.py")),
        ("sitecustomize.cpython-311-x86_64-linux-gnu.so", "", ("deps/site-customize", "sitecustomize.cpython-311-x86_64-linux-gnu.so")),
        ("signals/core.pyc", "", ("deps/stray-bytecode", "signals/core.pyc")),
        ("signals/__pycache__/gone.cpython-311.pyc", "", ("deps/stray-bytecode", "signals/__pycache__/gone.cpython-311.pyc")),
        ("signals/__init__.pyc", "", ("deps/stray-bytecode", "signals/__init__.pyc")),
        ("hidden/x.py", "exec(__pyarm" + "or__(1))", ("deps/obfuscated", "hidden/x.py")),
        ("../../../bin/clw", "", ("deps/unrecorded-file", ".venv/bin")),
    ],
)  # fmt: skip
def test_what_somebody_put_there_is_seen(tmp_path: Path, path: str, text: str, expected: tuple[str, str]) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/{path}": text})
    assert expected in found(read(root))


@pytest.mark.parametrize(
    "path",
    [
        "signals-1.0.dist-info/REQUESTED",
        "../../../bin/activate",
        "../../../bin/python3",
    ],
)
def test_what_python_and_pip_put_there_themselves_is_left_in_peace(tmp_path: Path, path: str) -> None:
    assert ids(plant(installed(tmp_path), {f"{SITE}/{path}": ""})) == set()


def test_bytecode_beside_its_source_is_information(tmp_path: Path) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/signals/__pycache__/__init__.cpython-311.pyc": ""})
    assert ids(root) == {"deps/loose-bytecode"}


def test_a_removed_file_is_told(tmp_path: Path) -> None:
    root = installed(tmp_path)
    (root / SITE / "signals" / "__init__.py").unlink()
    assert "deps/missing-file" in ids(root)


def test_a_record_that_was_removed_is_told(tmp_path: Path) -> None:
    root = installed(tmp_path)
    (root / SITE / "signals-1.0.dist-info" / "RECORD").unlink()
    assert "deps/broken-record" in ids(root)


def test_a_hash_that_was_taken_out_of_the_record_is_told(tmp_path: Path) -> None:
    root = installed(tmp_path)
    record = root / SITE / "signals-1.0.dist-info" / "RECORD"
    record.write_text(
        "signals/__init__.py,,\n" + "".join(record.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8"
    )
    assert "deps/broken-record" in ids(root)


@pytest.mark.parametrize("path", ["/etc/hosts", "../../../../etc/hosts", "../../../../../../../../etc/hosts"])
def test_a_record_cannot_lead_out_of_the_environment(tmp_path: Path, path: str) -> None:
    assert "deps/broken-record" in ids(installed(tmp_path, more=f"{path},sha256=AA,1\n"))


def test_a_file_behind_a_link_is_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    plant(outside, {"secret.py": "A = 1\n"})
    root = installed(tmp_path / "tree", more=f"linked/secret.py,sha256={hashed('A = 1' + chr(10))},6\n")
    (root / SITE / "linked").symlink_to(outside)
    inventory = read(root)
    assert "deps/missing-file" in {finding.rule for finding in inventory.findings}
    assert "links were not followed" in "".join(each.why for each in inventory.unanswered)


def test_two_owners_of_one_file_are_told_and_two_that_agree_are_not(tmp_path: Path) -> None:
    first, second = tmp_path / "differ", tmp_path / "agree"
    for root, other in ((first, "A = 2\n"), (second, "A = 1\n")):
        installed(root, "signals", {"shared.py": "A = 1\n"})
        installed(root, "other", {"shared.py": other})
    assert "deps/two-owners" in ids(first)
    assert "deps/two-owners" not in ids(second)


@pytest.mark.parametrize(("path", "altered"), [("tests/__init__.py", False), ("signals/core.py", True)])
def test_a_file_that_another_package_replaced_is_altered_unless_it_is_of_a_directory_that_many_bring(
    tmp_path: Path, path: str, altered: bool
) -> None:
    installed(tmp_path, "signals", {path: "A = 1\n"})
    installed(tmp_path, "other", {path: "A = 2\n"})
    assert "deps/two-owners" in ids(tmp_path)
    assert ("deps/altered-file" in ids(tmp_path)) is altered
    plant(tmp_path, {f"{SITE}/{path}": "A = 3\n"})
    assert "deps/altered-file" in ids(tmp_path)


def test_audited_from_within_it_says_which_files_it_cannot_reach(tmp_path: Path) -> None:
    root = installed(tmp_path, more="../../../bin/trade,sha256=AA,1\n")
    inventory = read(root / SITE)
    assert inventory.findings == ()
    assert [each.why for each in inventory.unanswered] == ["1 files of its packages are outside of what is audited"]


def test_a_file_put_anywhere_in_the_environment_is_measured(tmp_path: Path) -> None:
    more = f"../../../config/a.json,sha256={hashed('{}')},2\n../../../notes.txt,sha256={hashed('x')},1\n"
    root = plant(installed(tmp_path, more=more), {".venv/config/a.json": "{}", ".venv/notes.txt": "x"})
    assert ids(root) == set()
    plant(root, {".venv/config/a.json": "[]"})
    assert ids(root) == {"deps/altered-file"}


@pytest.mark.parametrize(
    ("name", "command", "told"),
    [
        ("bitcoinlibdbfix", "clw", True),
        ("bitcoinlib", "clw", False),
        ("signals", "python3", True),
        ("signals", "signals", False),
        ("freqtrade", "freqtrade", False),
        ("signals", "freqtrade", True),
    ],
)
def test_a_command_of_another_is_told(tmp_path: Path, name: str, command: str, told: bool) -> None:
    root = installed(
        tmp_path, name, {f"{name}-1.0.dist-info/entry_points.txt": f"[console_scripts]\n{command} = a:b\n"}
    )
    assert ("deps/script-overwrite" in ids(root)) is told


def test_a_command_that_stands_in_no_entry_point_is_told_too(tmp_path: Path) -> None:
    root = plant(installed(tmp_path, more="../../../bin/clw,sha256=AA,0\n"), {".venv/bin/clw": ""})
    assert "deps/script-overwrite" in ids(root)


def test_one_command_of_two_packages_is_told(tmp_path: Path) -> None:
    for name in ("signals", "other"):
        installed(tmp_path, name, {f"{name}-1.0.dist-info/entry_points.txt": "[console_scripts]\ntrade = a:b\n"})
    assert "deps/script-overwrite" in ids(tmp_path)


def test_compiled_parts_are_information_where_the_record_vouches_for_them_and_a_warning_where_not(
    tmp_path: Path,
) -> None:
    installed(tmp_path / "a", files={"signals/core.so": "compiled"})
    plant(installed(tmp_path / "b", files={"signals/core.so": "compiled"}), {f"{SITE}/signals/core.so": "changed"})
    assert ids(tmp_path / "a") == {"deps/binary"}
    assert {"deps/unverified-binary", "deps/altered-file"} == ids(tmp_path / "b")


def test_two_versions_of_one_package_are_told(tmp_path: Path) -> None:
    installed(tmp_path)
    plant(
        tmp_path,
        {
            f"{SITE}/signals-2.0.dist-info/METADATA": "Name: Signals\nVersion: 2.0\n",
            f"{SITE}/signals-2.0.dist-info/RECORD": "",
        },
    )
    assert "deps/duplicate-version" in ids(tmp_path)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (
            '{"url": "https://git.example/a", "vcs_info": {"vcs": "git", "commit_id": "main"}}',
            "deps/git-without-commit",
        ),
        ('{"url": "https://files.example/a.whl", "archive_info": {}}', "deps/direct-url"),
        ('{"url": "file:///srv/signals", "dir_info": {"editable": true}}', "deps/local-path"),
    ],
)
def test_where_it_came_from_is_read(tmp_path: Path, said: str, rule: str) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/signals-1.0.dist-info/direct_url.json": said})
    assert rule in ids(root)


def test_a_direct_url_that_cannot_be_read_is_unanswered(tmp_path: Path) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/signals-1.0.dist-info/direct_url.json": "["})
    assert any("direct_url.json" in each.why for each in read(root).unanswered)


def test_an_older_kind_of_installation_says_that_nothing_vouches_for_it(tmp_path: Path) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/old-0.3.egg-info/PKG-INFO": "Name: old\nVersion: 0.3\n", f"{SITE}/old-0.3.egg-info/top_level.txt": "old\n", f"{SITE}/old/a.py": ""})  # fmt: skip
    inventory = read(root)
    assert ("old", "0.3") in {(part.name, part.version) for part in inventory.parts}
    assert {finding.rule for finding in inventory.findings} == {"deps/broken-record"}


def test_a_developed_tree_is_told_by_its_link(tmp_path: Path) -> None:
    root = plant(installed(tmp_path), {f"{SITE}/dev.egg-link": "/srv/dev\n."})
    assert ("dev", "file:/srv/dev") in {(part.name, part.origin) for part in read(root).parts}


NODE = "bot/node_modules"


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        (f"{NODE}/a/package.json", '{"name": "a", "version": "1", "scripts": {"postinstall": "node x"}}', "deps/install-hook"),
        (f"{NODE}/@s/a/package.json", '{"name": "@s/a", "scripts": {"preinstall": "node x"}}', "deps/install-hook"),
        (f"{NODE}/b/node_modules/a/package.json", '{"name": "a", "scripts": {"install": "node x"}}', "deps/install-hook"),
        (f"{NODE}/a/binding.gyp", "{}", "deps/install-hook"),
        (f"{NODE}/a/build/a.node", "", "deps/binary"),
        (f"{NODE}/a/index.js", "var x = 'jsjiami" + ".com.v7'", "deps/obfuscated"),
        (f"{NODE}/a/index.js", "".join(f"var _0x{n:04x}=1;" for n in range(50)), "deps/obfuscated"),
        (f"{NODE}/.package-lock.json", '{"packages": {"node_modules/a": {"version": "1", "resolved": "https://x.example/a.tgz", "integrity": "sha512-A"}}}', "deps/off-registry"),
    ],
)  # fmt: skip
def test_what_npm_installed_is_looked_at(tmp_path: Path, path: str, text: str, rule: str) -> None:
    root = plant(tmp_path, {f"{NODE}/a/package.json": '{"name": "a", "version": "1"}', path: text})
    assert rule in ids(root)


def test_what_npm_installed_cleanly_is_only_named(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            f"{NODE}/a/package.json": '{"name": "a", "version": "1", "scripts": {"test": "x"}}',
            f"{NODE}/a/test/package.json": "{",
        },
    )
    inventory = read(root)
    assert inventory.findings == ()
    assert [(part.name, part.installed) for part in inventory.parts] == [("a", True)]


def test_links_to_programs_are_no_gap_and_links_to_packages_are(tmp_path: Path) -> None:
    root = plant(tmp_path, {f"{NODE}/a/package.json": '{"name": "a"}', f"{NODE}/.bin/x": ""})
    (root / NODE / ".bin" / "a").symlink_to("../a/cli.js")
    assert read(root).unanswered == ()
    (root / NODE / "b").symlink_to("/")
    assert [each.why for each in read(root).unanswered] == ["1 links were not followed"]


def test_progress_names_what_is_being_looked_at(tmp_path: Path) -> None:
    told: list[str] = []
    read(installed(tmp_path), told.append)
    assert told == [f"{SITE}: signals"]
