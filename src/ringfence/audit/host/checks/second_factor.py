"""The second factor: whether SSH and sudo ask for one, and whether everybody has one. It reads no secret of any."""

import re
from typing import Final

from ringfence.audit.host import accounts, pam, paths, sshd, sshkeys, sudoers
from ringfence.audit.host.accounts import Account, Kept
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.pam import Module
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.sshd import Sshd

_ONE = frozenset({"publickey", "password", "hostbased", "gssapi-with-mic"})


def _ssh(host: Host, _: Expected) -> Answer:
    if not sshd.installed(host):
        return not_applicable("no OpenSSH server is installed")
    server = sshd.read(host)
    module = _by_pam(host, server)
    if module is not None:
        return passed(f"{server.one('authenticationmethods')}, by {module.name}")
    if not _only_keys(server):
        return failed(f"authenticationmethods {server.one('authenticationmethods')}", sshd.CONFIG)
    return _by_token(host, server)


def _by_pam(host: Host, server: Sshd) -> Module | None:
    """A second method by PAM after a first one, in every list, for everybody; and PAM lets nobody by without it."""
    for key in ("usepam", "kbdinteractiveauthentication"):
        if any(line.value.lower() != "yes" for line in server.says(key)):
            return None
    if not all(_has_two(line.value) for line in server.says("authenticationmethods")):
        return None
    return pam.second_factor(pam.stack(host, "sshd", "auth"))


def _has_two(value: str) -> bool:
    """PAM is asked by keyboard-interactive; something else stands beside it, since PAM may ask for one thing only."""
    lists = [[method.partition(":")[0] for method in each.lower().split(",")] for each in value.split()]
    return bool(lists) and all("keyboard-interactive" in each and _ONE & set(each) for each in lists)


_OTHER_WAYS = (
    *("passwordauthentication", "kbdinteractiveauthentication"),
    *("hostbasedauthentication", "gssapiauthentication", "kerberosauthentication"),
)


def _only_keys(server: Sshd) -> bool:
    return all(line.value.lower() == "no" for key in _OTHER_WAYS for line in server.says(key))


def _by_token(host: Host, server: Sshd) -> Answer:
    """A key in hardware that asks for a PIN or a finger: what one has, and what one knows or is."""
    grants = sshkeys.grants(host)
    always = all("verify-required" in line.value.lower().split() for line in server.says("pubkeyauthoptions"))
    bare = [
        one
        for one in grants
        if one.key is None or not one.key.kind.startswith("sk-") or not (always or one.key.has("verify-required"))
    ]
    if bare:
        told = ", ".join(f"{one.account.name}: {one.key.kind if one.key else 'a line of no kind'}" for one in bare)
        return failed(f"a key alone is enough: {told}", bare[0].path, bare[0].line)
    if not grants:
        return not_applicable("nobody can log in by SSH")
    return passed(f"{len(grants)} keys in hardware, verify-required")


def _enrolled(host: Host, expected: Expected) -> Answer:
    module = next(filter(None, (_asked(host, name) for name in ("sshd", "sudo"))), None)
    if module is None:
        return not_applicable("PAM asks for no second factor")
    if module.name != "pam_google_authenticator.so":
        raise Unseen(f"how {module.name} keeps who has a second factor is not read")
    people = [
        one
        for one in accounts.accounts(host)
        if one.is_person and one.name not in expected.bots and _logs_in(host, one)
    ]
    for one in people:
        path = _secret(module, one)
        found = paths.last(host, path)
        if found is None or found.status.size == 0:
            return failed(f"{one.name} has no second factor", path)
        if found.status.bits & 0o377 or found.status.uid not in {0, one.uid}:
            return failed(
                f"{path} is {found.status.bits:04o} and of uid {found.status.uid}", path, fix=f"chmod 0400 {path}"
            )
    return passed(", ".join(one.name for one in people) or "nobody logs in")


def _asked(host: Host, service: str) -> Module | None:
    if not pam.has(host, service):
        return None
    return next((one for one in pam.stack(host, service, "auth") if one.name in pam.TOKENS), None)


def _logs_in(host: Host, one: Account) -> bool:
    return accounts.password(host, one).kept != Kept.LOCKED or any(each.account == one for each in sshkeys.grants(host))


def _secret(module: Module, one: Account) -> str:
    """pam_google_authenticator(8): secret= with ${HOME}, ${USER} and ~."""
    told = module.value("secret") or "${HOME}/.google_authenticator"
    known = {"HOME": one.home.rstrip("/"), "USER": one.name}
    path = re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], found[0]), re.sub("^~(?=/)", "${HOME}", told))
    if "$" in path or not path.startswith("/"):
        raise Unseen(f"{told} is no place that this check can follow")
    return path


def _sudo(host: Host, _: Expected) -> Answer:
    if host.text(sudoers.FILE) is None:
        return not_applicable("there is no sudo")
    module = pam.second_factor(pam.stack(host, "sudo", "auth"))
    return passed(module.name) if module else failed("sudo asks for a password alone", "/etc/pam.d/sudo")


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/ssh-second-factor", _ssh),
    Check("host/second-factor-missing", _enrolled),
    Check("host/sudo-second-factor", _sudo, optional=True),
)
"""In the order of the page that lists them."""
