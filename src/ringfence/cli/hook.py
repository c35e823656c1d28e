"""`ringfence audit hook`: look for secrets in what is about to be committed, before it is."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit import staged
from ringfence.cli import auditing
from ringfence.errors import Misconfigured

_MARK = "# ringfence: secrets are looked for before a commit (`ringfence audit hook --undo` takes this out)"


def hook(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A git repository.")] = Path(),
    undo: Annotated[bool, typer.Option("--undo", help="Take the hook out again.")] = False,
) -> None:
    """Let git ask, before each commit, whether a secret is in it; a commit with one is refused."""
    root = auditing.root_of(path)
    target = staged.hooks(root) / "pre-commit"
    ours = _is_ours(target)
    if undo:
        if ours:
            target.unlink()
        typer.echo(f"{target} is taken out" if ours else "there is no hook of ours")
        return
    if target.exists() and not ours:
        raise Misconfigured(f"{target} is somebody else's", hint=f"add this line to it: {_line()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"#!/bin/sh\n{_MARK}\n{_line()}\n", "utf-8")
    target.chmod(0o755)
    typer.echo(f"{target}: a commit that has a secret is refused")


def _is_ours(target: Path) -> bool:
    try:
        return _MARK in target.read_text("utf-8", "replace")
    except FileNotFoundError:
        return False


def _line() -> str:
    return f"exec {shlex.quote(sys.executable)} -m ringfence.cli audit secrets --staged"
