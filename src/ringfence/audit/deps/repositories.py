"""Repositories that are known, and those that imitate them. Pure: what a package says of itself is only a claim."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from ringfence.audit.deps.names import one_slip
from ringfence.audit.deps.package_rules import LOOK_ALIKE_REPOSITORY, OTHER_REPOSITORY, UNKNOWN_REPOSITORY
from ringfence.audit.finding import Finding, Place

_ADDRESS = re.compile(
    r"(?P<forge>github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)[/:](?P<owner>[A-Za-z0-9_.-]{1,100})/(?P<name>[A-Za-z0-9_.-]{1,100})",
    re.IGNORECASE,
)


@cache
def known() -> dict[str, tuple[str, ...]]:
    """Return the known repositories, in small letters, each with the names that its makers publish under."""
    rows = tomllib.loads(Path(__file__).with_name("known_repositories.toml").read_text("utf-8"))["repository"]
    return {row["at"].lower(): tuple(row["packages"]) for row in rows}


def named(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the repositories that addresses lead to, in small letters."""
    found = (each for text in texts for each in _ADDRESS.finditer(text[:10_000]))
    return tuple(dict.fromkeys("/".join(each.groups()).lower().removesuffix(".git") for each in found))


def judge(place: Place, package: str, repositories: tuple[str, ...]) -> Iterator[Finding]:
    """Say whether a package's repository is a known one, one that imitates it, or unknown."""
    homes = [at for at, packages in known().items() if _published(package, packages)]
    imitated = [meant for at in repositories if (meant := _imitated(at))]
    if homes and repositories and not imitated and not set(homes) & set(repositories):
        text = f"{package} is made at {homes[0]}, and this names {repositories[0]}"
        yield OTHER_REPOSITORY.found(place, text, f"{package} {repositories[0]}")
        return
    for at in repositories:
        if meant := _imitated(at):
            yield LOOK_ALIKE_REPOSITORY.found(place, f"{at} is nearly {meant}", at)
        elif at in known() and not homes and known()[at]:
            text = f"{package} claims to be made at {at}, whose makers publish as {', '.join(known()[at])}"
            yield LOOK_ALIKE_REPOSITORY.found(place, text, f"{package} {at}")
    if not imitated and not any(at in known() for at in repositories):
        shown = f"it names {repositories[0]}, which is not in the list" if repositories else "it names no repository"
        yield UNKNOWN_REPOSITORY.found(place, shown, package)


def _published(package: str, packages: tuple[str, ...]) -> bool:
    return any(package == each or (each.endswith("*") and package.startswith(each[:-1])) for each in packages)


def _imitated(at: str) -> str:
    """Return the known repository that one is a slip away from, in its owner, its name or its forge."""
    if at in known():
        return ""
    forge, owner, name = at.split("/")
    for each in known():
        their_forge, their_owner, their_name = each.split("/")
        near_owner = one_slip(owner, their_owner) and name == their_name
        near_name = owner == their_owner and one_slip(name, their_name)
        elsewhere = forge != their_forge and (owner, name) == (their_owner, their_name)
        if near_owner or near_name or elsewhere:
            return each
    return ""
