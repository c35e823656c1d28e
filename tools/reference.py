"""Print the reference pages from the program itself; `--check` compares them with those that are committed.

A page that a person must remember to update is a page that lies.
"""

import difflib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from typer.core import TyperGroup

if TYPE_CHECKING:
    from ringfence.audit.rule import Rule
    from ringfence.pointing.clients import Client, Mode, Way

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
SEEN = ROOT / "tests" / "real" / "seen.toml"
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


_ANY = "environment"  # no client, but what many read
CLIENTS = """# The clients

How each client comes to Ringfence, and what real ones were seen to do: printed (`make docs`) from the table that
`ringfence point` goes by and from what `make test-real` has seen on the rehearsal exchange, through every process of
Ringfence, unmodified and pointed by what `ringfence point` prints. `make check` compares. A mode that was not seen at
work here is marked so. "Over TLS" is a listener with `tls = true`.
"""


def clients_page() -> str:
    """Put the page of clients together."""
    from ringfence.pointing.clients import Mode, clients  # noqa: PLC0415  # as above

    seen = tomllib.loads(SEEN.read_text("utf-8"))
    rows = ["| client | mode | version | seen |", "|---|---|---|---|"]
    notes: list[str] = []
    for name, client in clients().items():
        if name == _ANY:
            continue
        forms = [form for mode in Mode for form in _forms(client, mode)]
        for mode in Mode:
            if mode in client.refused:
                rows.append(f"| `{name}` | `{mode}` | | cannot work: {client.refused[mode]} |")
            rows += [_row(client, form, seen.get(name, {}).get(form.name)) for form in _forms(client, mode)]
        lines = [f"* {_said(form)}: {one}" for form in forms for one in form.differs]
        if lines:
            notes.append("\n".join((f"### {client.title}\n", *lines, "")))
    return "\n".join((CLIENTS, *rows, "\n## What differs\n", *notes))


def _forms(client: "Client", mode: "Mode") -> list["Way"]:
    way = client.ways.get(mode)
    return [] if way is None else [form for form in (way, way.secure) if form is not None]


def _row(client: "Client", form: "Way", found: dict[str, Any] | None) -> str:
    best = ", the best" if form.mode is client.default and not form.over_tls else ""
    version, did = (found["version"], ", ".join(found["did"])) if found else ("", "not seen at work here")
    return f"| `{client.name}` | {_said(form)}{best} | {version} | {did} |"


def _said(form: "Way") -> str:
    return f"`{form.mode}` over TLS" if form.over_tls else f"`{form.mode}`"


FINDINGS = """# Findings

What `ringfence audit` looks for, printed from its rules (`make docs`); `make check` compares, and tests see each rule
find its own example; of a server, an example is a line of evidence. `{secret}` and the like stand for values that no
page may hold.
"""


def findings_page() -> str:
    """Put the page of findings together."""
    from ringfence.audit.rules import RULES  # noqa: PLC0415  # as above

    audits = dict.fromkeys(rule.id.partition("/")[0] for rule in RULES)
    contents = "".join(f"* [{audit}](#{audit})\n" for audit in audits)
    parts = ["".join(_finding(rule) for rule in RULES if rule.id.startswith(f"{audit}/")) for audit in audits]
    sections = [f"## {audit}\n\n{part}" for audit, part in zip(audits, parts, strict=True)]
    return "\n".join((FINDINGS, contents, *sections))


def _finding(rule: "Rule") -> str:
    ticks = "````" if "```" in rule.example else "```"
    lines = [
        f"### `{rule.id}` · {rule.severity}",
        f"{_sentence(rule.title)} {_sentence(rule.why)}",
        f"Next: {_sentence(rule.fix)}",
        f"See {_sentence(rule.reference)}" if rule.reference else "",
        f"Behind Ringfence: {_sentence(rule.stopped)}" if rule.stopped else "",
        f"{ticks}\n{rule.example.rstrip()}\n{ticks}\n",
    ]
    return "\n\n".join(filter(None, lines)) + "\n"


def _sentence(text: str) -> str:
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."


def cli_page() -> str:
    """Put the page of commands together."""
    from ringfence.cli.main import build  # noqa: PLC0415  # so that the rest of this file stands without the program

    paths = commands(typer.main.get_command(build()))
    sections = [f"## {' '.join(('ringfence', *path))}\n\n```text\n{help_of(path)}\n```\n" for path in paths]
    return "\n".join((HEAD, *sections))


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say where they differ."""
    fresh = {"cli.md": cli_page(), "clients.md": clients_page(), "findings.md": findings_page()}
    if arguments != ["--check"]:
        for name, text in fresh.items():
            (PAGES / name).write_text(text, "utf-8")
        return 0
    shown = "\n".join(filter(None, (_changed(PAGES / name, text) for name, text in fresh.items())))
    print(
        f"{shown}\nthe reference is not what the program prints; run `make docs`" if shown else "reference: as printed"
    )
    return 1 if shown else 0


def _changed(page: Path, fresh: str) -> str:
    committed = page.read_text("utf-8") if page.exists() else ""
    names = (f"docs/reference/{page.name}", "the program")
    return "\n".join(difflib.unified_diff(committed.splitlines(), fresh.splitlines(), *names, lineterm=""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
