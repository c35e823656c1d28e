"""`ringfence deploy` as far as it goes without a server to change: what is said of a bot, what is shown of a plan."""

import os
from pathlib import Path

import pytest

from ringfence.cli import deploy, planning
from ringfence.deploy.apply import plan
from ringfence.deploy.bots import Bot, text_of
from ringfence.deploy.record import Record
from ringfence.errors import Misconfigured
from ringfence.settings import Settings
from tests.cli.terminal import ringfence
from tests.deploy.ground import GRID, before, wanted


def described(  # each as typer gives it
    home: Path,
    name: str = "",
    *,
    directory: Path | None = None,
    write: list[str] | None = None,
    ui: list[int] | None = None,
    command: list[str] | None = None,
    jit: bool = False,
    container: bool = False,
) -> dict[str, Bot]:
    asked = (Settings(home), name, directory, write, ui, command or [])
    return deploy._described(*asked, jit=jit, container=container)


def test_a_bot_is_described_and_described_anew_and_what_is_not_said_stays(tmp_path: Path) -> None:
    first = described(
        tmp_path, "grid", directory=Path("/opt/grid"), command=["bot.py", "run"], write=["data"], ui=[8080]
    )
    assert first == {"grid": Bot(("bot.py", "run"), "/opt/grid", ("data",), (8080,))}
    (tmp_path / "deploy.toml").write_text(text_of(first))
    assert described(tmp_path, "grid", jit=True) == {
        "grid": Bot(("bot.py", "run"), "/opt/grid", ("data",), (8080,), jit=True)
    }
    assert described(tmp_path) == first
    assert described(tmp_path, "second").keys() == {"grid", "second"}


def test_what_is_said_of_no_bot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="which bot is that"):
        described(tmp_path, command=["bot.py"])
    with pytest.raises(Misconfigured, match="which bot is that"):
        described(tmp_path, container=True)


def test_a_bot_in_a_container_is_described_and_one_that_systemd_starts_does_not_become_one(tmp_path: Path) -> None:
    first = described(tmp_path, "grid", container=True, ui=[8080])
    assert first == {"grid": Bot(ui=(8080,), container=True)}
    (tmp_path / "deploy.toml").write_text(text_of(described(tmp_path, "grid", directory=Path("/opt/x"), command=["a"])))
    with pytest.raises(Misconfigured, match="the compose file says how it is started"):
        described(tmp_path, "grid", container=True)


def test_only_root_may(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for command in (("deploy",), ("deploy", "--undo"), ("canary",)):
        done = ringfence(home, *command)
        assert done.code == 2, done.err
        assert "sudo" in done.err or "no bot" in done.err


@pytest.mark.parametrize("whole", [True, False])
def test_a_plan_shows_every_step_and_new_files_where_it_is_asked_for(
    whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    planning.draw(plan(wanted({"grid": GRID}), before(), Record()), whole=whole)
    shown = capsys.readouterr().out
    assert "+ make user bot-grid" in shown
    assert '+signer = "ringfence-signer"' in shown, "what changes in a file that is there is always shown"
    assert ("+PrivateNetwork=yes" in shown) == whole
    assert ("`--plan` shows what is in every new file" in shown) != whole
    assert "~ start ringfence-signer.service" in shown
