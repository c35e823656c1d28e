"""Code that Python runs at every start by itself: lines of `.pth` files, sitecustomize, usercustomize.

What is known is known by its bytes, or by the whole of its form; and is told all the same, because it runs.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ringfence.audit.deps.addresses import excerpt
from ringfence.audit.deps.environment_rules import ADDED_PATH, KNOWN_START_HOOK, SITE_CUSTOMIZE, START_HOOK
from ringfence.audit.deps.held import contents, joined
from ringfence.audit.finding import Finding, Place, Unanswered

PTH = 1 << 20  # bytes; the longest honest one that was seen has 300
CUSTOM = ("sitecustomize", "usercustomize")
_TOLD = 10  # directories of one file that are each told

# sha256 of a whole file, without the white space around it, and who installs it.
KNOWN: dict[str, str] = {
    "69ac3d8f27e679c81b94ab30b3b56e9cd138219b1ba94a1fa3606d5a76a1433d": "virtualenv and uv",
    "2f70c2fa9227e9db9348215d9c7b246d2786aac7516f86d71a5952c7c225aa16": "setuptools",
    "2cbb286eeaf39b2cd7d68cb09c1bc3cfb0cc8d27da949004d0c22698f127f270": "coverage 7.10 and later",
}
# Written by setuptools and by editables for trees that are developed: only the name of a module in them varies.
_EDITABLE = re.compile(
    rb"import (?P<module>__editable__[\w]{1,200}|_editable_impl_[\w]{1,200}|__editable___[\w]{1,200}_finder)"
    rb"(?:; (?P=module)\.install\(\))?"
)


def path_files(site: Path, shown: str, files: dict[str, int]) -> Iterator[Finding | Unanswered]:
    """Judge the `.pth` files of a site directory."""
    for name in sorted(name for name in files if "/" not in name and name.endswith(".pth")):
        place = Place(joined(shown, name))
        held = contents(site / name, PTH)
        if isinstance(held, str):
            yield Unanswered(place, held)
        else:
            yield from path_file(place, held)


def path_file(place: Place, held: bytes) -> Iterator[Finding]:
    """Judge one `.pth` file, as site.py reads it."""
    name = place.path.rpartition("/")[2]
    bare = held.removeprefix(b"\xef\xbb\xbf").strip()
    folders = 0
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", held.removeprefix(b"\xef\xbb\xbf")), 1):
        at = Place(place.path, number)
        if line.startswith((b"import ", b"import\t")):
            known = KNOWN.get(hashlib.sha256(bare).hexdigest()) or (_EDITABLE.fullmatch(bare) and "an editable install")
            rule = KNOWN_START_HOOK if known else START_HOOK
            said = f"{known} runs code at every start" if known else f"runs at every start: {_shown(line)}"
            yield rule.found(at, said, name)
        elif line.strip() and not line.startswith(b"#") and folders < _TOLD:
            folders += 1
            yield ADDED_PATH.found(at, f"Python imports from {_shown(line)}", f"{name} {_shown(line)}")


def _shown(line: bytes) -> str:
    return excerpt(line.strip().decode("utf-8", "backslashreplace"))


def customizers(shown: str, files: dict[str, int]) -> Iterator[Finding]:
    """Find the modules that Python imports by itself."""
    for path in sorted(files):
        first, _, rest = path.partition("/")
        module = first.partition(".")[0]
        if module in CUSTOM and (not rest or rest.startswith("__init__.")):
            yield SITE_CUSTOMIZE.found(Place(joined(shown, path)), f"Python imports {module} at every start", module)
