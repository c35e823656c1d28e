"""Addresses that packages come from: whose they are, and how they are written without the password in them."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from ringfence.audit.deps.part import Ecosystem

_TABLE = tomllib.loads(Path(__file__).with_name("registries.toml").read_text("utf-8"))


def _hosts(section: str) -> frozenset[str]:
    return frozenset(".".join(labels) for labels in _TABLE[section]["hosts"])


REGISTRIES = {ecosystem: _hosts(ecosystem.value) for ecosystem in Ecosystem}
MIRRORS = _hosts("mirrors")
KNOWN_INDEXES = _hosts("known")
STEMS: tuple[str, ...] = tuple(stem for ecosystem in Ecosystem for stem in _TABLE[ecosystem.value]["stems"])

# What no host name holds; a stranger's text can have anything there.
_CREDENTIALS = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://)[^/\s@]{1,500}@")
_SECRET_QUERY = re.compile(
    r"(?P<name>[?&][^=&\s]{0,40}(?:token|key|secret|password|sig)[^=&\s]{0,40}=)[^&\s#]+", re.IGNORECASE
)
_SECRET = re.compile(r"[A-Za-z0-9+=_-]{20,}")  # exchange keys have 18 and more; a word of a command seldom 20
_EXCERPT = 160  # characters: two lines of a terminal
_COMMIT = re.compile(r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_SCHEME = re.compile(r"\A[a-zA-Z][a-zA-Z0-9+.-]*:")
_PLACES = ("./", "../", "/", "~/", "file:", "link:", "portal:", "workspace:")
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
_SHORTHAND = re.compile(r"\A(?:github:|gitlab:|bitbucket:)?[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}(?:#\S*)?\Z")
_SHORT = 4  # letters: one changed letter of so few makes an honest word
ADDRESS_LENGTH = 2_000  # what browsers and servers take at least (RFC 9110, 4.1, asks for 8,000)


def masked(address: str) -> str:
    """Write an address without the user, password or token that stands in it, and no longer than a line."""
    shown = _CREDENTIALS.sub(lambda found: f"{found['scheme']}***@", address[:ADDRESS_LENGTH])
    return _SECRET_QUERY.sub(lambda found: f"{found['name']}***", shown)


def excerpt(text: str) -> str:
    """Write the beginning of a command of a stranger; of whatever could be a secret in it the first 4 characters."""
    plain = masked(text[:_EXCERPT])
    return _SECRET.sub(lambda found: f"{found[0][:4]}...", plain) + ("..." if len(text) > _EXCERPT else "")


def host(address: str) -> str:
    """Return the host of an address in small letters; empty where it has none."""
    try:
        return (urlsplit(address[:ADDRESS_LENGTH]).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_registry(address: str, ecosystem: Ecosystem) -> bool:
    """Say whether the registry itself answers there, over a verified connection."""
    return address.startswith("https://") and host(address) in REGISTRIES[ecosystem]


def is_mirror(address: str) -> bool:
    """Say whether a known copy of a registry answers there."""
    return address.startswith("https://") and host(address) in MIRRORS


def is_git(address: str) -> bool:
    """Say whether a program would clone it."""
    path = address.partition("#")[0].partition("?")[0]
    scheme = address.partition(":")[0]
    return (
        scheme.startswith(("git+", "hg+", "svn+", "bzr+"))
        or scheme in {"git", "ssh", "github", "gitlab", "bitbucket"}
        or path.endswith(".git")
        or address.startswith("git@")
        or (not _SCHEME.match(address) and not is_local(address) and bool(_SHORTHAND.match(address)))
    )


def has_commit(address: str) -> bool:
    """Say whether a git address names a whole commit."""
    bare, _, fragment = address.partition("#")
    named = [bare.rpartition("@")[2], fragment.rpartition("=")[2].partition("&")[0], fragment.partition("&")[0]]
    return any(_COMMIT.match(name) for name in named) or _archived_commit(bare)


def _archived_commit(address: str) -> bool:
    forge = host(address) in _FORGES or host(address) == "codeload.github.com"
    return forge and any(_COMMIT.match(piece.partition(".")[0]) for piece in address.split("/"))


def is_local(address: str) -> bool:
    """Say whether it is a path on this machine."""
    return address.startswith(_PLACES) or address in {".", ".."}


def imitated(address: str) -> str:
    """Return the registry's stem that a host imitates; empty for every honest host, the registries' own included."""
    at = host(address)
    if not at or any(at in hosts for hosts in (*REGISTRIES.values(), MIRRORS, KNOWN_INDEXES)):
        return ""
    labels = at.split(".")[:-1]
    domain = labels[-1] if labels else ""
    return next((stem for stem in STEMS if _near(domain, stem)), "")


def _near(label: str, stem: str) -> bool:
    """Say whether the owner's own label is the stem, has it in it, or is one letter from it."""
    if stem in label:
        return True
    if len(stem) <= _SHORT or abs(len(label) - len(stem)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(label, stem, strict=False)) if a != b), min(len(label), len(stem)))
    turned = label[at : at + 2] == stem[at : at + 2][::-1] and label[at + 2 :] == stem[at + 2 :]
    return turned or label[at + 1 :] in {stem[at + 1 :], stem[at:]} or label[at:] == stem[at + 1 :]
