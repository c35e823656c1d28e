"""Small trees and archives for the tests, written out of texts. What no file here may name is put together."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from ringfence.audit.deps.parsed import Unreadable

INDEX = "py" + "pi.org"
FILES = "files.python" + "hosted.org"
NPM = "registry.npmjs.org"
DIGEST = "0123456789abcdef" * 4
EXTRA_INDEX = "--extra-" + "index-url"
SITE = ".venv/lib/python3.11/site-packages"
PLACEHOLDERS = {
    "{extra_index}": EXTRA_INDEX,
    "{index}": INDEX,
    "{files}": FILES,
    "{npm}": NPM,
    "{near_index}": "pypi" + "hosted.org",
    "{digest}": DIGEST,
}


NO_REASON = "no reason"


def reason(call: Callable[[], object]) -> str:
    """Return why something cannot be read; empty where it can."""
    try:
        call()
    except Unreadable as why:
        return str(why) or NO_REASON
    return ""


def filled(text: str) -> str:
    """Put a generated value in each placeholder."""
    for name, value in PLACEHOLDERS.items():
        text = text.replace(name, value)
    return text


def files_of(example: str) -> dict[str, str]:
    """Read an example: `--- path`, and below it what the file says."""
    found: dict[str, str] = {}
    for piece in filled(example).split("--- ")[1:]:
        path, _, held = piece.partition("\n")
        found[path] = held
    return found


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write files under a directory."""
    for path, held in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(held, "utf-8")
    return root


def packed(path: Path, files: dict[str, str]) -> Path:
    """Pack files into an archive of the kind that its name says."""
    if path.name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, held in files.items():
                archive.writestr(name, held)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name, held in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(held.encode())
                archive.addfile(info, io.BytesIO(held.encode()))
    return path


def lay(root: Path, example: str) -> Path:
    """Lay out an example; the path to judge: a directory, or an archive to be judged as a download."""
    files = files_of(example)
    first = next(iter(files))
    if not first.startswith("!"):
        return plant(root, files)
    lock = files.pop("!lock", None)
    if lock is not None:
        plant(root, {"requirements.txt": lock})
    return packed(root / first[1:], {name: held for name, held in files.items() if not name.startswith("!")})
