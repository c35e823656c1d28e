"""Lock the dependencies anew: every `requirements/*.in` to a `.txt` with hashes and no index address.

Runs in the environment of requirements/lock.txt. Whatever index this machine's pip or uv is set up with is used.
"""

import datetime as dt
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUARANTINE = dt.timedelta(days=7)  # most malicious releases are found and withdrawn within days

OLDEST = "3.11"  # requires-python in pyproject.toml

# list -> the list whose pins it must share, in the order they are made
LISTS = {
    "run": None,
    "demo": "run",
    "dev": "demo",
    "anchors": None,
    "bench": None,
    "connector": None,
    "freqtrade": None,
    "fuzz": "run",
    "hummingbot": None,
    "lock": None,
    "nautilus": None,
    "octobot": None,
}
PYTHONS = {"hummingbot": "3.12", "nautilus": "3.12", "octobot": "3.13"}  # what these bots ask for


BY_NPM = ("ccxt-js",)  # locked by npm, in a folder each


def main() -> int:
    """Lock every list; stop at the first that cannot be."""
    before = (dt.datetime.now(dt.UTC) - QUARANTINE).strftime("%Y-%m-%d")  # noqa: TID251  # a tool may look
    for name in LISTS:
        print(f"ringfence: locking requirements/{name}.txt, releases before {before}", file=sys.stderr)
        if subprocess.run(command(name, before), cwd=ROOT, check=False).returncode:
            return 1
    for name in BY_NPM:
        print(f"ringfence: locking requirements/{name}, releases before {before}", file=sys.stderr)
        folder = ROOT / "requirements" / name
        (folder / "package-lock.json").unlink(missing_ok=True)  # or what it has is kept
        if subprocess.run(npm_command(before), cwd=folder, check=False).returncode:
            return 1
    return 0


def npm_command(before: str) -> list[str]:
    """Write the command that locks a list of npm's; .npmrc beside it leaves the registry's address out."""
    options = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")
    return ["npm", "install", *options, "--before", before]


def command(name: str, before: str) -> list[str]:
    """Write the command that locks one list for every platform."""
    base = LISTS[name]
    override = Path(f"requirements/{name}.override")
    return [
        *(str(Path(sys.prefix) / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--upgrade"),
        *("--generate-hashes", "--no-header", "--no-emit-index-url", "--python-version", PYTHONS.get(name, OLDEST)),
        *("--exclude-newer", before),
        *(("--constraint", f"requirements/{base}.txt") if base else ()),
        *(("--override", str(override)) if (ROOT / override).exists() else ()),
        *("--output-file", f"requirements/{name}.txt", f"requirements/{name}.in"),
    ]


if __name__ == "__main__":
    sys.exit(main())
