import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup import BY_NPM, HERE, OTHER

ROOT = Path(__file__).resolve().parent.parent.parent

_OLD = 'case "$*" in *version_info*) exit 1;; esac\nexit 0\n'
_BARE = 'case "$*" in *ensurepip*) exit 1;; esac\nexit 0\n'
_WHOLE = 'case "$*" in *setup.py*) echo "$0 $*";; esac\n'


def _machine(folder: Path, **pythons: str) -> dict[str, str]:
    """Lay out the commands of a machine that has these Pythons and no other."""
    for name, behaviour in pythons.items():
        command = folder / name.replace("_", ".")
        command.write_text(f"#!/bin/sh\n{behaviour}", "utf-8")
        command.chmod(0o755)
    for needed in ("sh", "dirname"):
        found = shutil.which(needed)
        assert found is not None
        (folder / needed).symlink_to(found)
    return {**os.environ, "PATH": str(folder)}


def _set_up(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = ["/bin/sh", str(ROOT / "tools" / "setup"), "demo"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "advice"),
    [
        ({"python3": _BARE}, "apt install python3-venv\n"),
        ({"python3": _OLD, "python3_12": _BARE}, "apt install python3.12-venv\n"),
        ({"python3": _BARE, "python3_12": _BARE}, "apt install python3-venv\n"),
        ({"python3": _OLD}, "apt install python3 python3-venv\n"),
        ({}, "apt install python3 python3-venv\n"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what_to_install(
    tmp_path: Path, pythons: dict[str, str], advice: str
) -> None:
    done = _set_up(_machine(tmp_path, **pythons))
    assert done.returncode == 2
    assert done.stderr.endswith(advice)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3": _WHOLE, "python3_12": _WHOLE}, "python3"),
        ({"python3": _OLD, "python3_11": _WHOLE}, "python3.11"),
        ({"python3": _BARE, "python3_13": _WHOLE}, "python3.13"),
    ],
)
def test_the_first_python_that_can_do_it_is_taken(tmp_path: Path, pythons: dict[str, str], chosen: str) -> None:
    done = _set_up(_machine(tmp_path, **pythons))
    assert done.returncode == 0
    assert done.stdout == f"{tmp_path / chosen} {ROOT / 'tools' / 'setup.py'} demo\n"


_NODES = [
    ({}, "there is no node and no npm\n"),
    ({"npm": "exit 0\n"}, "there is no node\n"),
    ({"node": "echo v20.19.0\n"}, "there is node 20.19 and no npm\n"),
    ({"node": "echo v18.20.4\n", "npm": "exit 0\n"}, "there is node 18.20\n"),
    ({"node": "echo what\n", "npm": "exit 0\n"}, "there is no node\n"),
]


def _asked(machine: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tools" / "setup.py"), *words]
    return subprocess.run(command, env=machine, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("ask", [(), ("--can",)])
@pytest.mark.parametrize(("commands", "said"), _NODES)
def test_a_machine_without_a_node_that_is_new_enough_is_told_so(
    tmp_path: Path, commands: dict[str, str], said: str, ask: tuple[str, ...]
) -> None:
    done = _asked(_machine(tmp_path, **commands), *ask, "ccxt-js")
    assert done.returncode == 2
    assert done.stderr.startswith("ringfence: ccxt-js asks for node 20.19 or later, with npm; ")
    assert done.stderr.endswith(said)


def test_what_can_be_installed_is_only_said_where_that_is_all_that_is_asked(tmp_path: Path) -> None:
    left = tmp_path / "it ran"
    machine = _machine(tmp_path, node="echo v22.1.0\n", npm=f"touch '{left}'\n")
    done = _asked(machine, "--can", "ccxt-js")
    assert (done.returncode, done.stdout, done.stderr, left.exists()) == (0, "", "", False)


_BOT, _PYTHON = next((name, version) for name, version in OTHER.items() if version != HERE)
_NO_PYTHON = f"{_BOT} asks for Python {_PYTHON}, and none that can make an environment was found"
_ITS = f"python{_PYTHON.replace('.', '_')}"


@pytest.mark.parametrize(
    ("pythons", "said"),
    [({}, _NO_PYTHON), ({_ITS: _BARE}, _NO_PYTHON), ({_ITS: _WHOLE}, "")],
)
def test_a_bot_that_asks_for_another_python_is_left_out_where_there_is_none(
    tmp_path: Path, pythons: dict[str, str], said: str
) -> None:
    done = _asked({**_machine(tmp_path, **pythons), "HOME": str(tmp_path)}, "--can", _BOT)
    assert (done.returncode, said in done.stderr) == (2 if said else 0, True)


@pytest.mark.parametrize("words", [(), ("--can",), ("nothing",), ("--what", "dev"), ("--can", "dev", "demo")])
def test_what_is_no_list_is_told_what_lists_there_are(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = _asked(_machine(tmp_path), *words)
    assert (done.returncode, "usage: tools/setup [--can] demo|" in done.stderr) == (2, True)


def test_what_npm_installs_is_named_by_hash_and_by_no_address() -> None:
    for folder in BY_NPM:
        listed = json.loads((ROOT / "requirements" / folder / "package-lock.json").read_text("utf-8"))["packages"]
        packages = {name: one for name, one in listed.items() if name}
        assert packages
        assert all(one["integrity"].startswith("sha512-") for one in packages.values())
        assert not [name for name, one in packages.items() if "resolved" in one]
