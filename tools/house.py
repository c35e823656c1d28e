"""House rules that no linter knows: what a tracked file must not name, and what a lock must have.

A clone must work on any machine: no index address, no path of somebody's machine, hashes on every pin. And what is
written must stand on its own: nothing cites a file that a clone has not, and a page links to no other and names no test
that is not there.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The classes of one letter keep these patterns from finding themselves.
FORBIDDEN = {
    "names a package index": re.compile(
        r"py[p]i\.org|python[h]osted\.org|--(extra-)?inde[x]-url\b|PIP_INDE[X]_URL|UV_\w*INDE[X]|://[^\s/]+/(?:[\w.-]+/)*simpl[e]/"
    ),
    "names a path of one machine": re.compile(r"(?<![\w.~/-])/(?:wor[k]|roo[t])(?![\w-])"),
    "cites what a clone has not": re.compile(
        r"(?<![\w.-])(?<!\w/)(?:(?:fact[s]|share[d])/[\w.-]|(?:desig[n]|house-styl[e])\.md\b)"
    ),
}
LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<target>[^)#\s]+)(?:#[^)\s]*)?\)")
PAGE = re.compile(r"(?<![\w./-])docs/[\w./-]+\.md\b")
TEST = re.compile(r"\b(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def named(text: str) -> list[tuple[int, str]]:
    """Find what a file must not name, as line number and fault."""
    return [
        (number, fault)
        for number, line in enumerate(text.splitlines(), 1)
        for fault, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]


def pins(lock: str) -> dict[str, str]:
    """Read the pinned versions of a lock."""
    return {found["name"]: found["version"] for found in PIN.finditer(lock)}


def unhashed(lock: str) -> list[str]:
    """List the requirements of a lock that are not pinned, or have no hash."""
    entries = re.split(r"^(?=[^\s#])", lock, flags=re.MULTILINE)
    return [
        entry.split()[0] for entry in entries if entry.strip() and entry[0] not in "# " and not _is_hashed_pin(entry)
    ]


def _is_hashed_pin(entry: str) -> bool:
    return PIN.match(entry) is not None and re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) is not None


def disagreements(inner: dict[str, str], outer: dict[str, str]) -> list[str]:
    """List the pins of one lock that another, which claims to contain it, has not or has otherwise."""
    return [name for name, version in inner.items() if outer.get(name) != version]


def dangling(page: Path, text: str) -> list[str]:
    """List the relative links of a Markdown page that lead nowhere."""
    return [found["target"] for found in LINK.finditer(text) if not (page.parent / found["target"]).exists()]


def unknown_pages(text: str, root: Path = ROOT) -> list[str]:
    """List the pages that a file cites, by their path from the root, and nobody has written."""
    return [found[0] for found in PAGE.finditer(text) if not (root / found[0]).is_file()]


def unknown_tests(text: str, root: Path = ROOT) -> list[str]:
    """List the tests that a page names, as `tests/part/test_file.py::test_name`, and nobody has written."""
    return [found[0] for found in TEST.finditer(text) if not _is_test(root / found["file"], found["name"])]


def _is_test(path: Path, name: str) -> bool:
    return path.is_file() and re.search(rf"\bdef {name}\(", path.read_text("utf-8")) is not None


def tracked() -> list[Path]:
    """List the files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if name]


def faults() -> list[str]:
    """Look at everything; one line for each fault."""
    found = []
    for path in tracked():
        if path.is_file():
            text, name = path.read_text("utf-8", errors="replace"), path.relative_to(ROOT)
            found += [f"{name}:{number}: {fault}" for number, fault in named(text)]
            found += [f"{name}: cites {page}, which is not there" for page in unknown_pages(text)]
            found += page_faults(path, text) if is_page(path) else []
    return found + lock_faults({path.stem: path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.txt")})


def page_faults(page: Path, text: str) -> list[str]:
    """Look at one page: what it links to and which tests it names."""
    name = page.relative_to(ROOT)
    links = [f"{name}: links to {link}, which is not there" for link in dangling(page, text)]
    return links + [f"{name}: names {test}, which is not there" for test in unknown_tests(text)]


def is_page(path: Path) -> bool:
    """Say whether a file is read as Markdown."""
    return path.suffix == ".md"


def lock_faults(locks: dict[str, str]) -> list[str]:
    """Look at the locks, by name: hashes everywhere, and the same pins in those that contain each other."""
    found = [
        f"requirements/{name}.txt: {entry} has no hash" for name, lock in locks.items() for entry in unhashed(lock)
    ]
    for inner, outer in (("run", "demo"), ("demo", "dev")):
        missing = disagreements(pins(locks[inner]), pins(locks[outer]))
        found += [f"requirements/{outer}.txt: {name} is not as in {inner}.txt; run `make lock`" for name in missing]
    return sorted(found)


def main() -> int:
    """Print the faults; 1 where there are any."""
    found = faults()
    print("\n".join(found) or "house rules: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
