"""One requirement in pip's words, as a part: `ccxt==4.5.90 ; python_version > "3" --hash=sha256:...`.

It must never resolve, fetch or build anything: it reads a line.
"""

import re
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ringfence.audit.deps.addresses import is_git, is_local, masked
from ringfence.audit.deps.listing import Entry
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.finding import Place

LINE = 10_000  # a requirement with the hashes of 80 wheels has 8,000 characters; its own words hardly 200
_NAME = 214  # characters: npm's limit; the Python index has none that is written down
_HASH = re.compile(r"--hash[= ]\s*(?P<kind>[a-z0-9]{1,10}):(?P<value>[0-9A-Za-z+/=]{1,128})")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]{1,200})")
_PACKED = (".tar.gz", ".tar.bz2", ".tgz", ".zip")


def requirement(text: str, place: Place, *, direct: bool | None = True) -> Entry | None:
    """Read one requirement; None where it is none."""
    hashes = tuple(f"{found['kind']}:{found['value']}" for found in _HASH.finditer(text))
    bare = text.partition(" --")[0].strip()
    if not bare or len(bare) > LINE:
        return None
    if is_local(bare) or "://" in bare.partition("@")[0] or is_git(bare.partition("#")[0]):
        return _addressed(bare, place, hashes, direct=direct)
    try:
        read = Requirement(bare)
    except (InvalidRequirement, RecursionError):
        return _misspelt(bare, place, direct=direct)
    origin = masked(read.url) if read.url else ""
    version = pinned(read.specifier)
    part = Part(Ecosystem.PYPI, canonicalize_name(read.name), version, place, hashes, origin, direct=direct)
    return Entry(part, file=origin, sometimes=read.marker is not None)


def _misspelt(text: str, place: Place, *, direct: bool | None) -> Entry | None:
    """Keep a name that no registry allows: what it looks like is the point of it."""
    name = re.split(r"[\s=<>!~;\[@]", text, maxsplit=1)[0]
    if name.isascii() or len(name) > _NAME:
        return None
    version = text.partition("==")[2].partition(";")[0].strip() if "==" in text else ""
    return Entry(Part(Ecosystem.PYPI, name.lower(), version, place, direct=direct))


def _addressed(text: str, place: Place, hashes: tuple[str, ...], *, direct: bool | None) -> Entry:
    egg, (filed, version) = _EGG.search(text), file_name(text.partition("#")[0].rpartition("/")[2])
    name = egg["name"] if egg else filed or _last(text)
    fragment = re.search(r"[#&]sha256=(?P<value>[0-9a-f]{64})\b", text)
    hashes += (f"sha256:{fragment['value']}",) if fragment else ()
    origin = masked(text)
    own = text.partition("[")[0].rstrip("/") == "."  # the project itself
    return Entry(
        Part(Ecosystem.PYPI, canonicalize_name(name), version, place, hashes, origin, direct=direct), origin, own=own
    )


def file_name(name: str) -> tuple[str, str]:
    """Return the name and version that a wheel's or sdist's file name claims; empty where it is neither."""
    if name.endswith(".whl"):
        pieces = name.removesuffix(".whl").split("-")
        return (pieces[0], pieces[1]) if len(pieces) in {5, 6} else ("", "")
    ending = next((each for each in _PACKED if name.endswith(each)), None)
    claimed, _, version = name.removesuffix(ending or "").rpartition("-")
    return (claimed, version) if ending and version[:1].isdigit() else ("", "")


def _last(address: str) -> str:
    path = re.split(r"[#?]", address, maxsplit=1)[0].partition("@")[0] if address.startswith("git+ssh") else address
    bare = re.split(r"[#?]", path, maxsplit=1)[0].rstrip("/")
    last = bare.rpartition("/")[2].partition("@")[0].removesuffix(".git")
    plain = re.sub(r"[^A-Za-z0-9._-]", "", last)
    return plain if plain.strip("._-") else "unnamed"


def pinned(specifiers: SpecifierSet) -> str:
    """Return the one version that these allow; empty where they allow more."""
    exact = [each.version for each in specifiers if each.operator in {"==", "==="} and "*" not in each.version]
    return exact[0] if len(exact) == 1 else ""


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the normalised names of some requirements, for `needs`; those of extras that nobody asked for included."""
    found = dict.fromkeys(name for text in texts if (name := _name(text)))
    return tuple(found)


def _name(text: str) -> str:
    found = re.match(r"\s{0,20}(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,200})", text)
    return str(canonicalize_name(found["name"])) if found else ""
