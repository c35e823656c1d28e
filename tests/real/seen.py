"""What real bots have been seen to do, by client and mode: docs/reference/clients.md is printed from this.

A test that sees something else than what is written down fails; `SEEN=write make test-real` writes it down anew.
"""

import os
import tomllib
from pathlib import Path

_FILE = Path(__file__).with_name("seen.toml")
_HEAD = "# What `make test-real` has seen real bots do through Ringfence; docs/reference/clients.md shows it.\n"


def note(client: str, mode: str, version: str, did: list[str]) -> None:
    """Hold what was seen against what is written down."""
    known = tomllib.loads(_FILE.read_text("utf-8")) if _FILE.exists() else {}
    fresh = {"version": version, "did": did}
    if os.environ.get("SEEN") == "write":
        known.setdefault(client, {})[mode] = fresh
        _FILE.write_text(_HEAD + _written(known), "utf-8")
        return
    assert known.get(client, {}).get(mode) == fresh, "not what tests/real/seen.toml says; SEEN=write writes it anew"


def _written(known: dict[str, dict[str, dict[str, object]]]) -> str:
    lines = []
    for client in sorted(known):
        for mode, seen in sorted(known[client].items()):
            did = ", ".join(f'"{each}"' for each in seen["did"])  # type: ignore[attr-defined]
            lines.append(f'\n[{client}.{mode}]\nversion = "{seen["version"]}"\ndid = [{did}]\n')
    return "".join(lines)
