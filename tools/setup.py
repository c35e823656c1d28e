"""Make a virtual environment from a hash-locked list, with this clone's `src` on its path.

Runs on the system's own Python, with its standard library alone. Nothing is built: a path file and a start script
take the place of an editable install, so that no build backend is needed to run or test a clone.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# list -> (environment, stamps that the list makes good)
ENVIRONMENTS = {
    "demo": (".venv", (".ready-demo",)),
    "dev": (".venv", (".ready-dev", ".ready-demo")),  # every pin of demo.txt is in dev.txt too
    "anchors": (".venv-anchors", (".ready",)),
    "bench": (".venv-bench", (".ready",)),
    "connector": (".venv-connector", (".ready",)),
    "freqtrade": (".venv-freqtrade", (".ready",)),
    "fuzz": (".venv-fuzz", (".ready",)),
    "hummingbot": (".venv-hummingbot", (".ready",)),
    "lock": (".venv-lock", (".ready",)),
    "nautilus": (".venv-nautilus", (".ready",)),
    "octobot": (".venv-octobot", (".ready",)),
}
OTHER = {"hummingbot": "3.12", "nautilus": "3.12", "octobot": "3.13"}  # the Python that these bots ask for
BY_NPM = {"ccxt-js": ".venv-ccxt-js"}  # lists of npm's: a folder each, with package.json and package-lock.json
NODE = (20, 19)  # what that asks for
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
BUILT = frozenset({"freqtrade", "hummingbot", "octobot"})  # some of it has no wheel; the second builds for minutes

# The first lines are for the shell, the rest for Python: a `#!` line cannot hold a long path or one with spaces.
SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from ringfence.cli.main import main

sys.exit(main())
"""


def main(arguments: list[str]) -> int:
    """Set up the environment of one list; say what is done in a line each. With `--can`, only say what it lacks."""
    *ask, name = arguments or [""]
    if ask not in ([], ["--can"]) or name not in ENVIRONMENTS | BY_NPM:
        say(f"usage: tools/setup [--can] {'|'.join(ENVIRONMENTS | BY_NPM)}")
        return 2
    lacks = lacking(name)
    if lacks is not None:
        say(lacks)
        return 2
    return 0 if ask else set_up(name)


def set_up(name: str) -> int:
    """Set one up by what it is for: npm, another Python, or this one."""
    if name in BY_NPM:
        return by_npm(name)
    wanted = OTHER.get(name, HERE)
    if wanted == HERE:
        return by_pip(name)
    return subprocess.run([interpreter(wanted) or "", str(Path(__file__).resolve()), name], check=False).returncode


def by_pip(name: str) -> int:
    """Make an environment of this Python's, and let pip install a list into it."""
    folder, stamps = ENVIRONMENTS[name]
    home, lock = ROOT / folder, ROOT / "requirements" / f"{name}.txt"
    begun = time.monotonic()
    if not works(home):
        say(f"making {folder} with Python {sys.version.split()[0]}")
        make(home)
    say(f"installing {count(lock)} locked packages from requirements/{lock.name} (a minute or two the first time)")
    failed = install(home, lock, wheels=name not in BUILT)
    if failed:
        say(f"pip could not install requirements/{lock.name}:\n{failed}")
        return 1
    if folder == ".venv":
        link_source(home)
    for stamp in stamps:
        (home / stamp).touch()
    say(f"{folder} is ready after {time.monotonic() - begun:.0f} s")
    return 0


def works(home: Path) -> bool:
    """Say whether an environment is there and its Python starts from there and is new enough."""
    probe = "import sys; print(sys.prefix, sys.version_info >= (3, 11))"
    try:
        found = subprocess.run([python(home), "-c", probe], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return found.stdout.split("\n")[0] == f"{home} True"


def make(home: Path) -> None:
    """Make an environment, over what is left of an older one."""
    if home.exists():
        shutil.rmtree(home)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(home)
    # Python 3.11 seeds setuptools, whose .pth file runs code in every process, the one that holds the key included.
    pip = [python(home), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    subprocess.run([*pip, "uninstall", "--yes", "setuptools"], check=True, stderr=subprocess.DEVNULL)


def count(lock: Path) -> int:
    """Count the pins of a list."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", lock.read_text("utf-8"), re.MULTILINE))


def lacking(name: str) -> str | None:
    """Say what a list asks for that this machine has not; None where it has all."""
    if name in BY_NPM:
        node, npm = node_version(shutil.which("node")), shutil.which("npm")
        there = f"node {'.'.join(map(str, node))}" if node else "no node"
        wants = f"{name} asks for node {'.'.join(map(str, NODE))} or later, with npm"
        return None if npm and node >= NODE else f"{wants}; there is {there}{'' if npm else ' and no npm'}"
    wanted = OTHER.get(name, HERE)
    if wanted == HERE or interpreter(wanted):
        return None
    return f"{name} asks for Python {wanted}, and none that can make an environment was found"


def interpreter(version: str) -> str | None:
    """Find another Python that can make an environment: one that is on the path, or one of pyenv's."""
    found = [shutil.which(f"python{version}"), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    for candidate in filter(None, found):
        probe = subprocess.run([candidate, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if not probe.returncode:
            return candidate
    return None


def by_npm(name: str) -> int:
    """Let npm install a list: what it asks for by hash, and none of its scripts is run."""
    home, begun = ROOT / BY_NPM[name], time.monotonic()
    home.mkdir(exist_ok=True)
    for each in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / "requirements" / name / each, home / each)
    say(f"installing requirements/{name}/package-lock.json by npm")
    options = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    done = subprocess.run(["npm", *options], cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"npm could not install requirements/{name}:\n{done.stdout}{done.stderr}")
        return 1
    (home / ".ready").touch()
    say(f"{home.name} is ready after {time.monotonic() - begun:.0f} s")
    return 0


def node_version(node: str | None) -> tuple[int, ...]:
    """Ask node for its version; nothing where there is none that says it."""
    if node is None:
        return ()
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    said = re.fullmatch(r"v([0-9]+)\.([0-9]+)\.[0-9]+", done.stdout.strip())
    return (int(said[1]), int(said[2])) if said else ()


def install(home: Path, lock: Path, *, wheels: bool) -> str | None:
    """Install a list, wheels only: nothing that is downloaded runs before its hash is checked. Return what failed.

    Without `wheels`: some of it is built, by its own script, once its hash was checked.
    """
    pip = [python(home), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    options = ["install", "--require-hashes", "--no-deps", "--requirement", str(lock)]
    options += ["--only-binary", ":all:"] if wheels else ["--prefer-binary"]
    done = subprocess.run(
        pip + options,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode else None


def link_source(home: Path) -> None:
    """Put `src` on the environment's path, and `ringfence` among its commands."""
    [site] = home.glob("lib/python3.*/site-packages")
    (site / "ringfence-source.pth").write_text(f"{ROOT / 'src'}\n", "utf-8")
    script = home / "bin" / "ringfence"
    script.write_text(SCRIPT.format(python=python(home)), "utf-8")
    script.chmod(0o755)


def python(home: Path) -> str:
    """Name an environment's Python."""
    return str(home / "bin" / "python")


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"ringfence: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.pop("PYTHONHOME", None)  # it would break the new environment's Python
    sys.exit(main(sys.argv[1:]))
