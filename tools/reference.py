"""Print the command reference from the program itself; `--check` compares it with the page that is committed.

A page that a person must remember to update is a page that lies.
"""

import difflib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "cli.md"
PROGRAM = Path(sys.prefix) / "bin" / "ringfence"

HEAD = """# The commands

Printed by the program (`make docs`); `make check` compares.
"""

# Help that does not depend on who prints it where.
PLAIN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb", "LANG": "C.UTF-8"}


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List a command and all below it, in the order in which help shows them."""
    yield path
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            if not child.hidden:
                yield from commands(child, (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """Ask the program for the help of one command."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(PROGRAM), *path, "--help"], env={**kept, **PLAIN}, capture_output=True, text=True, check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def page() -> str:
    """Put the page together."""
    from ringfence.cli.main import app  # noqa: PLC0415  # so that the rest of this file stands without the program

    paths = commands(typer.main.get_command(app))
    sections = [f"## {' '.join(('ringfence', *path))}\n\n```text\n{help_of(path)}\n```\n" for path in paths]
    return "\n".join((HEAD, *sections))


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say where it differs."""
    fresh = page()
    if arguments != ["--check"]:
        PAGE.write_text(fresh, "utf-8")
        return 0
    committed = PAGE.read_text("utf-8") if PAGE.exists() else ""
    changed = difflib.unified_diff(
        committed.splitlines(), fresh.splitlines(), "docs/reference/cli.md", "the program", lineterm=""
    )
    shown = "\n".join(changed)
    print(
        f"{shown}\nthe reference is not what the program prints; run `make docs`" if shown else "reference: as printed"
    )
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
