"""`ringfence harden`, as far as it goes without changing a server: what is done to one is in tests/hostbox."""

import os
from pathlib import Path

import pytest

from tests.cli.terminal import ringfence


@pytest.mark.parametrize("command", [(), ("--plan",), ("ssh", "--yes"), ("--keep",), ("--undo", "--yes")])
def test_only_root_may_look_and_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    done = ringfence(tmp_path, "harden", *command)
    assert done.code == 2
    assert "run it with sudo" in done.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("--keep", "ssh"), "all that is on trial is kept"),
        (("--keep", "--undo"), "--keep stands alone"),
        (("--keep", "--plan"), "--keep stands alone"),
        (("ssh", "--json"), "--json shows a plan"),
        (("ssh", "--ssh-from", "wg0"), "--ssh-from is for the firewall"),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    done = ringfence(tmp_path, "harden", *command)
    assert done.code == 2
    assert words in done.out + done.err


@pytest.mark.parametrize("command", [("everything",), ("ssh", "--minutes", "0"), ("ssh", "--minutes", "2000")])
def test_an_area_or_a_time_that_is_none_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert ringfence(tmp_path, "harden", *command).code == 2


@pytest.mark.parametrize("text", ["ports = 443\n", "ports = [443]\n", "ports = [\n"])
def test_ports_that_cannot_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "host.toml").write_text(text)
    done = ringfence(tmp_path, "harden", "firewall", "--plan")
    assert done.code == 2
    assert "host.toml" in done.err
