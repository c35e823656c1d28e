"""Our own code as root's: a copy of this package and of what it needs, in a folder that is named for its content."""

import hashlib
import importlib.metadata as installed
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.requirements import Requirement

import ringfence
from ringfence.deploy import names
from ringfence.deploy.machine import Machine
from ringfence.deploy.wants import Code
from ringfence.errors import Misconfigured

_OWN = Path(ringfence.__file__).resolve().parents[1]  # where our package stands
_DONE = ".complete"
_HINT = "apt install python3, and make the environment with /usr/bin/python3"
_OTHERS_WRITE = 0o022
_HIDDEN = ("/home/", f"{names.SUPERUSER_HOME}/", "/tmp/", "/run/")  # noqa: S108  # which units do not see


def place() -> str:
    """Say where the code that runs now is copied to: by version and content, so that two never share a folder.

    What runs from such a copy is that copy.
    """
    if _OWN.is_relative_to(names.CODE):
        return str(_OWN)
    digest = hashlib.sha256()
    for name, path in sorted(_files()):
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return f"{names.CODE}/{ringfence.__version__}-{digest.hexdigest()[:12]}"


def python() -> str:
    """Find the Python that units may run: the one we run on, if it is the system's; raises `Misconfigured`."""
    own = Path(sys.executable).resolve()
    for found in (own, Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")):
        if found.is_file() and _is_roots(found) and not str(found).startswith(_HIDDEN):
            return str(found)
    said = f"Python {sys.version_info.major}.{sys.version_info.minor} of {own} is not the system's own"
    raise Misconfigured(f"{said}, so whoever owns it could change what the signer runs", hint=_HINT)


def stands(machine: Machine, want: Code) -> bool:
    """Say whether the copy is there, whole."""
    return machine.look(f"{want.path}/{_DONE}") is not None


def copy(machine: Machine, want: Code) -> None:
    """Copy the code; a copy that was cut off is done again."""
    machine.remove(want.path)
    for name, source in _sources():
        machine.copy(str(source), f"{want.path}/{name}")
    machine.copy(want.python, f"{want.path}/{names.UNREAD}", 0o711)
    machine.run(want.python, "-I", "-S", "-m", "compileall", "-q", want.path)
    machine.put(f"{want.path}/{_DONE}", b"", 0o644, 0, 0)


def _sources() -> Iterator[tuple[str, Path]]:
    """List what is copied: folders and single modules, by name."""
    yield "ringfence", Path(ringfence.__file__).parent
    found: dict[str, installed.Distribution] = {}
    for text in _required():
        _add(text, found)
    for distribution in found.values():
        tops = {path.parts[0] for path in distribution.files or () if path.parts[0] not in {"..", "__pycache__"}}
        yield from ((top, Path(str(distribution.locate_file(top)))) for top in sorted(tops))


def _files() -> Iterator[tuple[str, Path]]:
    for name, source in _sources():
        every = source.rglob("*") if source.is_dir() else (source,)
        for path in every:
            if path.is_file() and path.suffix != ".pyc":
                yield f"{name}/{path.relative_to(source)}", path


def _required() -> tuple[str, ...]:
    """List what we need, as our own package has it, or the checkout that we run from."""
    with suppress(installed.PackageNotFoundError):
        return tuple(installed.distribution("ringfence").requires or ())
    try:
        project = tomllib.loads((_OWN.parent / "pyproject.toml").read_text("utf-8"))["project"]
        return msgspec.convert(project["dependencies"], tuple[str, ...])
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(f"what Ringfence needs is written nowhere: {error}", hint="install it anew") from None


def _add(text: str, found: dict[str, installed.Distribution]) -> None:
    """Add what is required, and what that requires; raises `Misconfigured` where one is not installed."""
    wanted = Requirement(text)
    if wanted.name in found or (wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})):
        return
    try:
        found[wanted.name] = installed.distribution(wanted.name)
    except installed.PackageNotFoundError:
        raise Misconfigured(f"{wanted.name} is not installed", hint="make .venv/.ready-run") from None
    for more in found[wanted.name].requires or ():
        _add(more, found)


def _is_roots(path: Path) -> bool:
    return all(each.stat().st_uid == 0 and not each.stat().st_mode & _OTHERS_WRITE for each in (path, *path.parents))
