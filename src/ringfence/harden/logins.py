"""Who can log in by a key at this moment, and who of them can become root. When in doubt: not.

What is decided by it is which ways into the server are shut, so that nobody is counted on who might not come in.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from ringfence.audit.host import accounts, paths, sshkeys, sudoers
from ringfence.audit.host.accounts import Account, Kept
from ringfence.audit.host.checks.bots import subject
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.sshd import Sshd
from ringfence.audit.host.sshkeys import Grant, Key
from ringfence.audit.host.sudoers import Rule, Sudoers
from ringfence.harden.names import SSH

_OTHERS_WRITE = 0o022  # StrictModes of sshd_config(5)
_DAY = 86_400
_EXPIRES = 7  # shadow(5): the eighth field, in days since 1970
# What a key's line may say and somebody still gets a shell from anywhere (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
_HARMLESS = re.compile(
    r"(no-)?(agent|port|x11)-forwarding|(no-)?user-rc|pty|verify-required|no-touch-required|environment=.*",
    re.IGNORECASE | re.DOTALL,
)
_ALL = re.compile(r"(?:\((?P<whom>[^)]*)\)\s*)?(?P<tags>(?:[A-Z_]+:\s*)*)ALL")


class Login(NamedTuple):
    """Somebody who can log in by a key. `free`: to a shell, from anywhere; `admin`: and can become root by sudo."""

    name: str
    free: bool
    admin: bool


def logins(host: Host, server: Sshd) -> tuple[Login, ...]:
    """List them; raises `Unseen` where a key may also come from elsewhere, or something cannot be looked at."""
    if not any(account.has_shell for account in accounts.accounts(host)):
        return ()
    rules = sudoers.read(host) if host.status("/usr/bin/sudo") is not None else None
    grants: dict[str, list[Grant]] = {}
    for grant in sshkeys.grants(host):
        if grant.account == accounts.account(host, grant.account.name):  # of two of one name the first counts
            grants.setdefault(grant.account.name, []).append(grant)
    return tuple(_logins(host, server, rules, grants))


def _logins(host: Host, server: Sshd, rules: Sudoers | None, grants: Mapping[str, list[Grant]]) -> Iterator[Login]:
    for name, lines in grants.items():
        one = lines[0].account
        if not one.has_shell or _expired(host, one) or not _listed(host, server, one):
            continue
        told = _told(host, name)
        keys = [each.key for each in lines if each.key and _is_taken(host, each, each.key, told)]
        if keys and told.get("pubkeyauthentication") == "yes":
            forced = told.get("forcecommand", "none").lower() != "none"
            free = not forced and any(all(map(_HARMLESS.fullmatch, key.options)) for key in keys)
            yield Login(name, free, rules is not None and _becomes_root(host, rules, one))


def _told(host: Host, name: str) -> dict[str, str]:
    """Ask sshd what holds for one user, Match blocks included."""
    ran = host.run("sshd", "-T", "-C", f"user={name},host=localhost,addr=127.0.0.1")
    if ran.code != 0:
        raise Unseen(f"sshd -T -C user={name} fails")
    rows = (line.partition(" ") for line in ran.out.splitlines())
    return {key.lower(): value.strip() for key, _, value in rows}


def _is_taken(host: Host, grant: Grant, key: Key, told: Mapping[str, str]) -> bool:
    """Say whether sshd would take a key: of a kind that it accepts, and in a file that is not for others to write."""
    kinds = {"ssh-rsa": {"ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"}}.get(key.kind, {key.kind})
    if not kinds & set(told.get("pubkeyacceptedalgorithms", "").split(",")):
        return False
    places = (grant.path, grant.path.rpartition("/")[0] or "/", grant.account.home or "/")
    found = [paths.last(host, place) for place in places]
    return all(
        each is not None and each.status.uid in {0, grant.account.uid} and not each.status.bits & _OTHERS_WRITE
        for each in found
    )


def _expired(host: Host, one: Account) -> bool:
    for line in host.lines("/etc/shadow"):
        row = line.split(":")
        if row[0] == one.name and len(row) > _EXPIRES and row[_EXPIRES]:
            return not row[_EXPIRES].isdecimal() or int(row[_EXPIRES]) * _DAY <= host.now
    return False


def _listed(host: Host, server: Sshd, one: Account) -> bool:
    """Say whether the lists of others' files let somebody in; ours is made anew from who can come in without it."""
    numbers = accounts.gids(host, one)
    groups = [group.name for group in accounts.groups(host) if group.gid in numbers]
    for kind, names in (("users", [one.name]), ("groups", groups)):
        denied, allowed = (others(server, f"{verb}{kind}") for verb in ("deny", "allow"))
        if any(fnmatchcase(name, each.partition("@")[0]) for name in names for each in denied):
            return False
        if allowed and not any(fnmatchcase(name, each) for name in names for each in allowed):
            return False
    return True


def others(server: Sshd, key: str) -> tuple[str, ...]:
    """List the words that others' files give a setting, for everybody or for some."""
    return tuple(word for line in server.lines if line.key == key and line.path != SSH for word in line.value.split())


def _becomes_root(host: Host, rules: Sudoers, one: Account) -> bool:
    """Say whether sudo lets somebody run everything as root, with the password that they have or without any."""
    if one.uid == 0:
        return False
    found = rules.allow(subject(host, one))
    full = [match for rule in found if (match := _everything(rule))]
    if not full or any("!" in rule.text.partition("=")[2] for rule in found):
        return False
    if all("NOPASSWD" in match["tags"] for match in full):
        return True
    asks_other = any(each.on and each.name in {"rootpw", "targetpw", "runaspw"} for each in rules.settings)
    return not asks_other and accounts.password(host, one).kept == Kept.HASHED


def _everything(rule: Rule) -> re.Match[str] | None:
    """Read a rule that allows everything as root on every host; None for another."""
    who, _, what = rule.text.partition("=")
    found = _ALL.fullmatch(what.strip())
    whom = (found["whom"] or "root").partition(":")[0].replace(" ", "").split(",") if found else []
    return found if who.split()[-1:] == ["ALL"] and {"ALL", "root"} & set(whom) else None
