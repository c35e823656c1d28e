"""Names that are made to be taken for others: one slip away, or claiming to belong to a known package.

It says that a name is near; it can never say that what bears it is hostile. Pure: names in, likenesses out.
"""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from ringfence.audit.deps.package_rules import COMBINATION_NAME, FOREIGN_LETTERS, LOOK_ALIKE
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.finding import Finding, Place
from ringfence.audit.rule import Rule

_TABLE = tomllib.loads(Path(__file__).with_name("protected_names.toml").read_text("utf-8"))
_GENERIC = frozenset(_TABLE["words"]["generic"])
_NAME = 214  # npm's limit; the Python index has none that is written down
_SHORT = 4  # letters: of such names one changed letter makes another honest word more often than an imitation
_LIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "4": "a", "8": "b"})
# Letters of other scripts that look like Latin ones (Unicode TR39, the rows for letters that package names have).
_FOREIGN = str.maketrans("аеорсухіјѕһԁԛԝγνοριτκαϲ", "aeopcyxijshdqwyvopitkac")


class Protected(msgspec.Struct, frozen=True):
    """A name that is worth imitating, and why."""

    name: str
    why: str
    brand: bool


class Likeness(msgspec.Struct, frozen=True):
    """What a name is like, by which trick."""

    rule: Rule
    name: str
    trick: str
    why: str

    def found(self, place: Place, name: str) -> Finding:
        """Say that it was found there."""
        text = f"{name!a} is {self.trick} {self.name} ({self.why})"
        return self.rule.found(place, text, name.encode("ascii", "backslashreplace").decode())


@cache
def protected(ecosystem: Ecosystem) -> dict[str, Protected]:
    """Return the names that are protected where these are registered; the later row of two wins."""
    rows = [row for row in _TABLE["name"] if ecosystem.value in row["on"]]
    return {name: Protected(name, row["why"], row.get("brand", False)) for row in rows for name in row["names"]}


@cache
def _neighbours(ecosystem: Ecosystem) -> frozenset[str]:
    return frozenset(_TABLE["neighbours"].get(ecosystem.value, ()))


def judge(name: str, ecosystem: Ecosystem) -> Likeness | None:
    """Say which protected name this one could be taken for; None where it is one of them, or like none."""
    known = protected(ecosystem)
    lowered = name.lower()[:_NAME]
    if not lowered.isascii() or any(ord(letter) < ord("!") for letter in lowered):
        return _foreign(lowered, known)
    if (
        lowered in known
        or lowered in _neighbours(ecosystem)
        or _scope(lowered) in _TABLE["scopes"].get(ecosystem.value, ())
    ):
        return None
    for each in known.values():
        if trick := _trick(lowered, each.name):
            return Likeness(LOOK_ALIKE, each.name, trick, each.why)
    return next((_claim(each) for each in known.values() if each.brand and _claims(lowered, each.name)), None)


def _scope(name: str) -> str:
    return name.partition("/")[0] if name.startswith("@") else ""


def _foreign(name: str, known: dict[str, Protected]) -> Likeness:
    plain = unicodedata.normalize("NFKC", name).translate(_FOREIGN)
    bare = "".join(letter for letter in plain if "!" <= letter <= "~")
    each = known.get(bare)
    if each is not None:
        return Likeness(FOREIGN_LETTERS, each.name, "in letters of another script", each.why)
    return Likeness(
        FOREIGN_LETTERS, "any name of the registry", "no name: it has letters that are not allowed in", "hidden"
    )


def _claim(each: Protected) -> Likeness:
    return Likeness(COMBINATION_NAME, each.name, "a name that claims to belong to", each.why)


def _claims(name: str, brand: str) -> bool:
    """Say whether a name has a brand in it: as words, or run together with what is only added to names."""
    if f"-{_plain(brand)}-" in f"-{_plain(name)}-":
        return True
    solid, mark = _solid(name), _solid(brand)
    before, found, after = solid.partition(mark)
    return bool(found) and len(mark) > _SHORT and _only_generic(before) and _only_generic(after)


def _only_generic(text: str) -> bool:
    """Say whether a text is made of generic words run together, at most three of them."""
    rests = {text}
    for _ in range(3):
        if "" in rests:
            return True
        rests = {rest[len(word) :] for rest in rests for word in _GENERIC if rest.startswith(word)}
    return "" in rests


def _trick(name: str, known: str) -> str:
    """Say by which slip a name comes from a known one; empty where by none."""
    if abs(len(name) - len(known)) > len(known):
        return ""
    solid, mark = _solid(name), _solid(known)
    if solid == mark:
        return "another spelling of"
    if _single(solid) == _single(mark) and len(mark) >= _SHORT:
        return "a repeated letter away from"
    if _alike(solid) == _alike(mark):
        return "in look-alike letters"
    if len(mark) >= _SHORT and one_slip(solid, mark) and not _honest(solid, mark):
        return "one letter away from"
    words, meant = _words(name), _words(known)
    if len(meant) > 1 and sorted(words) == sorted(meant):
        return "the words, turned about, of"
    core, kernel = _core(words), _core(meant)
    if len(meant) > 1 and core and core == kernel and len(core[0]) > _SHORT:
        return "what is left of"
    return ""


def _honest(solid: str, mark: str) -> bool:
    """Say whether the slip is of a kind that short names have by chance."""
    if len(mark) > _SHORT + 1:
        return False
    swapped = len(solid) == len(mark) and sorted(solid) == sorted(mark)
    added = len(solid) == len(mark) + 1
    return not swapped and not (added and (solid.startswith(mark) or mark[1:] == solid[2:]))


def one_slip(name: str, known: str) -> bool:
    """Say whether one letter is added, lost, changed, or changes places with the next (Damerau's distance of 1)."""
    short, long = sorted((name, known), key=len)
    if len(long) - len(short) > 1 or name == known:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    turned = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return turned or short[at + 1 :] == long[at + 1 :]


def _plain(name: str) -> str:
    return "-".join(_words(name))


@lru_cache(4_096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[^a-z0-9]+", name) if word)


@lru_cache(4_096)
def _solid(name: str) -> str:
    return "".join(_words(name))


@lru_cache(4_096)
def _single(solid: str) -> str:
    return "".join(letter for at, letter in enumerate(solid) if at == 0 or solid[at - 1] != letter)


@lru_cache(4_096)
def _alike(solid: str) -> str:
    return solid.replace("rn", "m").replace("vv", "w").replace("cl", "d").translate(_LIKE)


@lru_cache(4_096)
def _core(words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word not in _GENERIC]
