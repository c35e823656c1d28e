"""The list of commands: each is where it says, and a start loads no more than it needs."""

import subprocess
import sys

import pytest
import typer

from ringfence.cli import commands
from ringfence.cli.main import build


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_is_where_the_list_says(name: str) -> None:
    found = commands.load(name)
    assert isinstance(found, typer.Typer) or callable(found)


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        (["status"], ("status",)),
        (["--home", "key", "status", "--json"], ("status",)),
        (["--home=key", "why", "5"], ("why",)),
        (["--home", "status"], tuple(commands.COMMANDS)),
        (["statsu"], tuple(commands.COMMANDS)),
        (["--help"], tuple(commands.COMMANDS)),
        (["--version"], tuple(commands.COMMANDS)),
        ([], tuple(commands.COMMANDS)),
    ],
)
def test_a_command_line_needs_its_own_command_or_all(line: list[str], needed: tuple[str, ...]) -> None:
    assert commands.asked(line) == needed


def test_help_lists_every_command() -> None:
    listed = typer.main.get_command(build())
    assert isinstance(listed, typer.core.TyperGroup)
    assert set(listed.commands) == set(commands.COMMANDS)


def test_a_start_loads_no_other_command() -> None:
    script = (
        "import sys; from ringfence.cli import commands, main; main.build(commands.asked(['status'])); "
        "print(*(name for name in sys.modules if name.startswith(('ringfence.drill', 'ringfence.paper', 'ccxt'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
