"""A tree made to break scanners ends in bounded time, and what was not read of it is said."""
# ruff: noqa: E501 - what a tool writes in one line stands in one line

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.checks import judge
from ringfence.audit.deps.inventory import read
from ringfence.audit.deps.listing import Sheet
from ringfence.audit.deps.walk import reader
from ringfence.audit.finding import Unanswered
from tests.audit.deps.trees import DIGEST, NO_REASON, plant, reason

PIN = f"ccxt==4.5.90 --hash=sha256:{DIGEST}\n"


def ids(root: Path) -> set[str]:
    return {finding.rule for finding in read(root).findings}


def whys(unanswered: tuple[Unanswered, ...]) -> str:
    return "\n".join(each.why for each in unanswered)


def test_an_empty_tree_has_no_parts_and_no_finding(tmp_path: Path) -> None:
    inventory = read(tmp_path)
    assert (inventory.parts, inventory.findings, inventory.unanswered, inventory.environments) == ((), (), (), ())


def test_what_is_no_directory_is_unanswered(tmp_path: Path) -> None:
    assert read(tmp_path / "missing").unanswered


def test_a_tree_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "tree")
    assert read(tmp_path / "link").unanswered


@pytest.mark.parametrize(
    "name",
    ["requirements.txt", "requirements-dev.txt", "requirements.in", "dev-requirements.txt", "constraints.txt", "requirements/prod.txt", "pylock.toml", "pylock.bot.toml", "uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock", "pyproject.toml", "setup.cfg", "setup.py", "environment.yml", "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pip.conf", "uv.toml", ".npmrc", "Dockerfile", "Dockerfile.bot", "bot.dockerfile"],
)  # fmt: skip
def test_a_file_that_names_packages_is_known_by_its_name(name: str) -> None:
    assert reader(name) is not None
    assert reader(f"a/b/{name}") is not None


@pytest.mark.parametrize("name", ["notes.txt", "bot.py", "requirements.md", "prod.txt", "lock", "config.json"])
def test_any_other_file_is_left_alone(name: str) -> None:
    assert reader(name) is None


def test_a_link_to_a_file_that_names_packages_is_not_followed_and_said(tmp_path: Path) -> None:
    plant(tmp_path, {"elsewhere/list.txt": "ccxt\n", "tree/bot.py": ""})
    (tmp_path / "tree" / "requirements.txt").symlink_to(tmp_path / "elsewhere" / "list.txt")
    inventory = read(tmp_path / "tree")
    assert inventory.parts == ()
    assert "a link is not followed" in whys(inventory.unanswered)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to("self")
    assert [each.place.path for each in read(tmp_path).unanswered] == ["a/b"]


def test_an_environment_behind_a_link_is_said_not_to_have_been_looked_at(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / ".venv").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "bot" / "lib64").symlink_to(tmp_path / "elsewhere")
    assert [each.place.path for each in read(tmp_path / "bot").unanswered] == [".venv"]


def test_a_thousand_links_are_told_in_a_few(tmp_path: Path) -> None:
    for number in range(1_000):
        (tmp_path / f"link{number}").symlink_to("/")
    unanswered = read(tmp_path).unanswered
    assert len(unanswered) == 21
    assert "980 more links" in whys(unanswered)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    assert "no regular file" in whys(read(tmp_path).unanswered)


def test_a_name_with_a_newline_is_a_name(tmp_path: Path) -> None:
    plant(tmp_path, {"a\nb/requirements.txt": "ccxt\n"})
    assert [finding.place.path for finding in read(tmp_path).findings] == ["a\nb/requirements.txt"]


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)  # noqa: PTH102 - bytes are the point
    Path(os.fsdecode(folder + b"/requirements.txt")).write_text("ccxt\n", "utf-8")
    (finding,) = read(tmp_path).findings
    assert finding.fingerprint


def test_a_tree_deeper_than_any_is_said_to_be_too_deep(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(70):
        deep = deep / "d"
    plant(deep, {"requirements.txt": "ccxt\n"})
    assert "too deep" in whys(read(tmp_path).unanswered)


def test_a_file_longer_than_any_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "package-lock.json").open("wb") as file:
        file.truncate((32 << 20) + 1)
    assert "longer than 32 MiB" in whys(read(tmp_path).unanswered)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", "[" * 100_000),
        ("uv.lock", "a." * 20_000 + "a = 1"),
        ("pnpm-lock.yaml", "[" * 100_000),
        ("environment.yml", "a: &a [*a]\n"),
        ("setup.py", "(" * 10_000),
        ("setup.py", "-" * 100_000 + "1"),
        ("setup.py", "setup(install_requires=compute())"),
        ("setup.cfg", "[a"),
        ("pyproject.toml", "["),
        ("requirements.txt", "\0\0\0"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_soon(tmp_path: Path, name: str, text: str) -> None:
    start = time.monotonic()
    inventory = read(plant(tmp_path, {name: text}))
    assert inventory.unanswered or name == "environment.yml"
    assert time.monotonic() - start < 5


def test_setup_is_read_for_its_texts_and_never_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    text = f"from setuptools import setup\nopen({str(trap)!r}, 'w')\nNEEDS = ['ccxt==4.5.90']\nsetup(name='bot', install_requires=NEEDS, extras_require={{'a': ['web3']}})\n"
    inventory = read(plant(tmp_path, {"setup.py": text}))
    assert {(part.name, part.version) for part in inventory.parts} == {("ccxt", "4.5.90"), ("web3", "")}
    assert not trap.exists()


def test_a_file_that_another_includes_is_read_under_any_name(tmp_path: Path) -> None:
    inventory = read(plant(tmp_path, {"requirements.txt": "-r lists/base.list\n", "lists/base.list": "ccxt\n"}))
    assert [part.name for part in inventory.parts] == ["ccxt"]


@pytest.mark.parametrize("path", ["/etc/hosts", "../outside.txt", "lists/../../outside.txt", "linked/outside.txt"])
def test_a_file_outside_of_the_tree_is_never_read(tmp_path: Path, path: str) -> None:
    plant(tmp_path, {"outside.txt": "ccxt\n", "tree/requirements.txt": f"-r {path}\n", "tree/lists/x": ""})
    (tmp_path / "tree" / "linked").symlink_to(tmp_path)
    inventory = read(tmp_path / "tree")
    assert inventory.parts == ()
    assert "not in the tree" in whys(inventory.unanswered)


@pytest.mark.parametrize(
    ("files", "unpinned"),
    [
        ({"pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n'}, True),
        ({"pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n', "requirements.txt": PIN}, False),
        ({"pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n', "requirements/run.txt": PIN}, False),
        (
            {"pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n', "requirements.txt": "ccxt==1\n"},
            True,
        ),
        ({"a/pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n', "requirements.txt": PIN}, False),
        ({"pyproject.toml": '[project]\nname = "bot"\ndependencies = ["ccxt"]\n', "a/requirements.txt": PIN}, True),
        ({"requirements.in": "ccxt\n", "requirements.txt": PIN}, False),
        ({"package.json": '{"dependencies": {"ccxt": "^4"}}', "requirements.txt": PIN}, True),
    ],
)
def test_what_is_wished_for_is_loose_unless_a_lock_decides(
    tmp_path: Path, files: dict[str, str], unpinned: bool
) -> None:
    assert ("deps/unpinned" in ids(plant(tmp_path, files))) is unpinned


def test_a_near_name_is_told_once_and_a_projects_own_name_not_at_all(tmp_path: Path) -> None:
    files = {"requirements.txt": "ccxtt==1\n", "a/requirements.txt": "ccxtt==1\n", "pyproject.toml": '[project]\nname = "freqtrade-strategies"\n', "b/requirements.txt": "freqtrade-strategies\n"}  # fmt: skip
    found = [
        finding
        for finding in read(plant(tmp_path, files)).findings
        if finding.rule in {"deps/look-alike", "deps/combination-name"}
    ]
    assert [(finding.subject, finding.place.path) for finding in found] == [("ccxtt", "a/requirements.txt")]


@pytest.mark.parametrize(
    ("code", "needs", "rule"),
    [
        ("import ccxt", "ccxt", None),
        ("from telegram import Bot", "python-telegram-bot", None),
        ("import yaml", "pyyaml", None),
        ("def f():\n    try:\n        import ccxt\n    except ImportError:\n        pass", "ccxt", None),
        ("import json", "ccxt", "deps/unused"),
        ("import ccxt, os.path", "ccxt\npandas", "deps/unused"),
        ("import ccxt\nimport web3", "ccxt", "deps/undeclared"),
        ("import ccxt\nimport helpers", "ccxt", None),
        ("from . import other\nimport ccxt", "ccxt", None),
    ],
)
def test_what_is_imported_is_compared_with_what_is_declared(
    tmp_path: Path, code: str, needs: str, rule: str | None
) -> None:
    root = plant(tmp_path, {"requirements.txt": needs, "bot.py": code, "helpers.py": "import json"})
    assert ids(root) & {"deps/unused", "deps/undeclared"} == ({rule} if rule else set())


def test_a_source_that_cannot_be_parsed_is_unanswered(tmp_path: Path) -> None:
    root = plant(tmp_path, {"requirements.txt": "ccxt", "bot.py": "def ("})
    assert "its imports cannot be read" in whys(read(root).unanswered)


def test_findings_come_worst_first(tmp_path: Path) -> None:
    files = {"requirements.txt": "ccxt\nx @ git+https://git.example/a/b@main\ny==1\n", "bot.py": "import json"}
    ranks = [finding.severity.rank for finding in read(plant(tmp_path, files)).findings]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 2


DECLARED = [
    ("pyproject.toml", '[project]\nname = "bot"\ndependencies = ["ccxt"]\n[tool.poetry.dependencies]\nweb3 = { git = "https://git.example/a" }\n[[tool.uv.index]]\nurl = "https://a.example"\n'),
    ("setup.cfg", "[metadata]\nname = bot\n[options]\ninstall_requires =\n    ccxt\n    web3>=1\n"),
    ("setup.py", "from setuptools import setup\nN = ['ccxt']\nsetup(name='bot', install_requires=N, extras_require={'a': ['b']})\n"),
    ("environment.yml", "channels: [a]\ndependencies:\n  - python=3.11\n  - numpy=1.2\n  - pip:\n    - ccxt==1\n    - -r more.txt\n"),
    ("package.json", '{"name": "bot", "dependencies": {"ccxt": "npm:evil@1.0.0"}, "scripts": {"install": "x"}}'),
    ("pip.conf", "[global]\nextra-index-url = https://a.example\n    https://b.example\n"),
    ("uv.toml", '[[index]]\nurl = "https://a.example"\n[pip]\nextra-index-url = ["https://b.example"]\n'),
    ("Dockerfile", "FROM a\nRUN pip install -i https://a.example ccxt \\\n  web3==1 && echo\n"),
    ("Pipfile", '[[source]]\nurl = "https://a.example"\n[packages]\nccxt = { version = "==1" }\n'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), DECLARED)
def test_what_a_project_declares_is_read_from_each_of_its_files(name: str, text: str) -> None:
    read_it = reader(name)
    assert read_it is not None
    listing = read_it(Sheet(name, text))
    assert listing.entries or listing.indexes
    assert listing.unanswered == ()


@given(st.sampled_from(DECLARED), st.data())
def test_a_file_of_which_a_piece_was_replaced_breaks_no_reader(sample: tuple[str, str], data: st.DataObject) -> None:
    name, text = sample
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    piece = data.draw(
        st.sampled_from(["", "[]", "{}", "1", '"x"', "[1]", "null", "true", "{", "\n", "[[", "&a", "*a", "="])
    )
    read_it = reader(name)
    assert read_it is not None
    assert reason(lambda: list(judge(read_it(Sheet(name, text[:start] + piece + text[end:]))))) != NO_REASON


@given(st.sampled_from(DECLARED), st.text(max_size=200))
def test_no_text_breaks_any_reader(sample: tuple[str, str], text: str) -> None:
    read_it = reader(sample[0])
    assert read_it is not None
    assert reason(lambda: list(judge(read_it(Sheet(sample[0], text))))) != NO_REASON
