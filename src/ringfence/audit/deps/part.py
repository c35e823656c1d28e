"""The parts that a bot is made of, as an environment or a lock file names them."""

from enum import StrEnum

import msgspec

from ringfence.audit.finding import Place


class Ecosystem(StrEnum):
    """Where names are registered, spelt as advisories spell it."""

    PYPI = "PyPI"
    NPM = "npm"


class Part(msgspec.Struct, frozen=True):
    """One package, as one place names it.

    `name` is normalised as its registry does. `version` is empty where nothing pins one. `hashes` are written
    "sha256:HEX", or as npm writes them ("sha512-BASE64"). `origin` is where it comes from, a URL or a path, where that
    is not the registry by its name; empty otherwise. `needs` are names, normalised. Where it is
    `installed` its files are here, and not only its name. `direct` says that somebody asked for it by name; None where
    that cannot be told.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    place: Place
    hashes: tuple[str, ...] = ()
    origin: str = ""
    needs: tuple[str, ...] = ()
    installed: bool = False
    direct: bool | None = None
