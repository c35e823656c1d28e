"""Whether the firewall comes back after a restart: the files that are loaded at boot, and what they would keep out."""

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.iptables import read
from ringfence.audit.host.ruleset import Act, Chain, Ruleset
from ringfence.audit.host.source import Unseen

_SYSTEMD: Final = "/etc/systemd/system"
_LOADS: Final = re.compile(r"^Exec(?:Start|StartPre|StartPost)=.*\bnft\b.*\s(?:-f|--file)\s*(\S+)", re.MULTILINE)
_SAVED: Final = (("/etc/iptables/rules.v4", "ip"), ("/etc/iptables/rules.v6", "ip6"))
_DEEPEST = 8
"""Files that include each other deeper than this are not followed; nft itself allows 16 (nft(8), INCLUDE FILES)."""


def closing(rules: Ruleset) -> tuple[Chain, ...]:
    """List the chains that keep strangers out: at the way in, with a policy or a rule that drops."""
    return tuple(
        each
        for each in rules.chains
        if each.hook == "input"
        and each.kind == "filter"
        and (each.policy is Act.DROP or any(rule.act is Act.DROP for rule in each.rules))
    )


def lost(host: Host, chains: tuple[Chain, ...]) -> tuple[str, ...]:
    """Name the chains that nothing loads at boot as they are now."""
    enabled = set(_enabled(host))
    texts = [text for unit in enabled for text in _loaded(host, unit)]
    saved = _saved(host) if {"netfilter-persistent.service", "iptables.service"} & _names(enabled) else ()
    is_ufw = "ufw.service" in _names(enabled) and "ENABLED=yes" in _plain(host.lines("/etc/ufw/ufw.conf"))
    is_firewalld = "firewalld.service" in _names(enabled)
    return tuple(
        f"{each.family} {each.table} {each.name}"
        for each in chains
        if not (
            any(_declares(text, each) for text in texts)
            or any(_is_like(each, other) for other in saved)
            or (is_ufw and any(rule.target.startswith("ufw") for rule in each.rules))
            or (is_firewalld and each.table == "firewalld")
        )
    )


def _enabled(host: Host) -> Iterator[str]:
    for folder in host.under(_SYSTEMD):
        if folder.endswith((".wants", ".requires")):
            yield from (path for path in host.under(folder) if not _is_masked(host, path))


def _is_masked(host: Host, path: str) -> bool:
    places = (path, f"{_SYSTEMD}/{posixpath.basename(path)}")
    return any(status.target == "/dev/null" for place in places if (status := host.status(place)))


def _names(paths: set[str]) -> set[str]:
    return {posixpath.basename(path) for path in paths}


def _loaded(host: Host, unit: str) -> Iterator[str]:
    for path in _LOADS.findall(host.text(unit) or ""):
        yield _text(host, path, 0)


def _text(host: Host, path: str, depth: int) -> str:
    """Read a file of nft's with what it includes, without comments."""
    if depth > _DEEPEST:
        raise Unseen(f"{path} is included too deep")
    lines = (line.partition("#")[0] for line in (host.text(path) or "").splitlines())
    return "\n".join(_included(host, line, depth) for line in lines)


def _included(host: Host, line: str, depth: int) -> str:
    found = re.match(r'\s*include\s+"([^"]+)"', line)
    if not found:
        return line
    folder, name = posixpath.split(posixpath.join("/etc", found[1]))
    paths = [path for path in host.under(folder) if fnmatchcase(posixpath.basename(path), name)]
    return "\n".join(_text(host, path, depth + 1) for path in paths)


def _declares(text: str, chain: Chain) -> bool:
    """Say whether a text declares this chain with what makes it close; the last table of that name is what holds."""
    family = f"(?:{chain.family}\\s+)" + ("?" if chain.family == "ip" else "")
    after = text[max((found.end() for found in re.finditer(r"flush\s+ruleset", text)), default=0) :]
    tables = re.findall(rf"\btable\s+{family}{re.escape(chain.table)}\s*\{{(.*?)^\}}", after, re.DOTALL | re.MULTILINE)
    body = re.search(
        rf"\bchain\s+{re.escape(chain.name)}\s*\{{([^}}]*hook\s+input.*?)^\s*\}}",
        "".join(tables),
        re.DOTALL | re.MULTILINE,
    )
    wanted = r"policy\s+drop\b" if chain.policy is Act.DROP else r"\b(?:drop|reject)\b"
    return bool(body and re.search(wanted, body[1]))


def _saved(host: Host) -> tuple[Chain, ...]:
    return tuple(chain for path, family in _SAVED for chain in closing(read(host.text(path) or "", family)))


def _is_like(chain: Chain, other: Chain) -> bool:
    return (chain.family, chain.name, chain.policy) == (other.family, other.name, other.policy)


def _plain(lines: tuple[str, ...]) -> set[str]:
    return {line.replace('"', "").replace(" ", "") for line in lines}
