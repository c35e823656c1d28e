"""Access: which accounts there are, what sudo and groups make of them, which keys open them.

No hash, key or password is ever told: names, fingerprints and rights only.
"""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host import accounts, paths, sshkeys, sudoers
from ringfence.audit.host.accounts import Kept
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.checks import bots, homes
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_PASSWD, _SHADOW, _GROUP = "/etc/passwd", "/etc/shadow", "/etc/group"
_AS_ROOT = ("docker", "lxd", "incus-admin", "disk", "shadow")  # each can become root, or read what root reads
_ADMINS = ("sudo", "wheel", "admin")  # Debian's sudo and polkit, others' names for the same
# crypt(5): yescrypt, GOST yescrypt, scrypt, sha512crypt.
_STRONG = frozenset({"y", "gy", "7", "6"})


def _root_accounts(host: Host, _: Expected) -> Answer:
    others = [one for one in accounts.accounts(host) if one.uid == 0 and one.name != "root"]
    if others:
        return failed(", ".join(f"{one.name} has uid 0" for one in others), _PASSWD, others[0].line)
    of_group = [one for one in accounts.accounts(host) if one.gid == 0 and one.name != "root"]
    if of_group:
        return failed(", ".join(f"{one.name} has gid 0" for one in of_group), _PASSWD, of_group[0].line)
    named = [group.name for group in accounts.groups(host) if group.gid == 0 and group.name != "root"]
    return failed(f"group {named[0]} has gid 0", _GROUP) if named else passed("only root")


def _kept(host: Host) -> list[tuple[str, str, accounts.Password]]:
    """List how every password is kept: in /etc/shadow, and for lines that have it there in /etc/passwd."""
    own = [(one.name, _PASSWD, one.field) for one in accounts.accounts(host) if one.field is not None]
    return [*own, *((name, _SHADOW, kept) for name, kept in accounts.shadow(host))]


def _empty_passwords(host: Host, _: Expected) -> Answer:
    empty = [(name, path) for name, path, kept in _kept(host) if kept.kept == Kept.EMPTY]
    if empty:
        return failed(f"no password: {', '.join(name for name, _ in empty)}", empty[0][1])
    return passed("none is empty")


def _weak_hashes(host: Host, _: Expected) -> Answer:
    weak = [
        (name, path, kept.scheme)
        for name, path, kept in _kept(host)
        if kept.kept == Kept.HASHED and kept.scheme not in _STRONG
    ]
    if weak:
        return failed(", ".join(f"{name} by {scheme}" for name, _, scheme in weak), weak[0][1])
    return passed("each by yescrypt or sha512")


def _root_groups(host: Host, _: Expected) -> Answer:
    inside = [(name, found) for name in _AS_ROOT if (found := accounts.members(host, name))]
    if inside:
        return failed("; ".join(f"{name}: {', '.join(found)}" for name, found in inside), _GROUP)
    return passed("nobody is in them")


def _sudo_rules(host: Host, _: Expected) -> Answer:
    rules = sudoers.read(host)
    if rules is None:
        return not_applicable("there is no sudo")
    for fault in (*_no_password(rules), *_loose(rules)):
        return fault
    for path in rules.files:
        found = paths.last(host, path)
        if found and (found.status.uid != 0 or found.status.bits & 0o022):
            return failed(f"{path} is {found.status.bits:04o} and of uid {found.status.uid}", path)
    ran = host.run("visudo", "-c")
    if ran.code != 0:
        raise Unseen("visudo -c does not take the rules: what sudo makes of them is not known")
    return _open_rules(host, rules)


def _no_password(rules: sudoers.Sudoers) -> Iterator[Answer]:
    for rule in rules.rules:
        if "NOPASSWD" in rule.text:
            yield failed(rule.text, rule.path, rule.line)
    for one in rules.settings:
        if (one.name == "authenticate" and not one.on) or (one.name == "exempt_group" and one.on):
            yield failed(f"Defaults{one.scope} {'' if one.on else '!'}{one.name}", one.path, one.line)


_LONGEST = 15.0  # CIS 5.2.6: minutes


def _loose(rules: sudoers.Sudoers) -> Iterator[Answer]:
    ptys = [one for one in rules.settings if one.name == "use_pty"]
    if not any(one.on and not one.scope for one in ptys):
        yield failed("no Defaults use_pty", sudoers.FILE, fix="echo 'Defaults use_pty' | EDITOR='tee -a' visudo")
    for one in ptys:
        if not one.on:
            yield failed(f"Defaults{one.scope} !use_pty", one.path, one.line)
    for one in rules.settings:
        if one.name == "timestamp_timeout" and one.on and not _is_short(one.value):
            yield failed(f"Defaults{one.scope} timestamp_timeout={one.value}", one.path, one.line)


def _is_short(value: str) -> bool:
    """A negative one never ends (sudoers(5))."""
    try:
        return 0 <= float(value) <= _LONGEST
    except ValueError:
        return False


def _open_rules(host: Host, rules: sudoers.Sudoers) -> Answer:
    for path in rules.files:
        found = paths.last(host, path)
        if found and found.status.bits & ~0o440:
            fix = f"chmod 0440 {path}"
            return failed(f"{path} is {found.status.bits:04o}", path, severity=Severity.LOW, fix=fix)
    return passed(f"{len(rules.files)} files")


def _admins(host: Host, expected: Expected) -> Answer:
    """Whoever some rule of sudo names, and who is in a group that sudo or polkit takes for the administrators."""
    rules = sudoers.read(host)
    found = dict.fromkeys(accounts.members(host, *_ADMINS))
    for one in accounts.accounts(host) if rules else ():
        if one.uid != 0 and rules and rules.allow(bots.subject(host, one)):
            found[one.name] = None
    told = ", ".join(found) or "nobody"
    wrong = [name for name in found if expected.people and name not in expected.people]
    if wrong:
        return failed(f"not meant to: {', '.join(wrong)}", _GROUP)
    return passed(told) if expected.people or len(found) <= 1 else failed(told, _GROUP)


_MODE = 0o077
_WRITE = 0o022


def _keys(host: Host, expected: Expected) -> Answer:
    grants = sshkeys.grants(host)
    known = {f"SHA256:{key.removeprefix('SHA256:').rstrip('=')}" for key in expected.keys}
    strange = [one for one in grants if one.key and known and one.key.fingerprint not in known]
    if strange:
        told = ", ".join(f"{one.account.name}: {one.key.fingerprint}" for one in strange if one.key)
        return failed(told, strange[0].path, strange[0].line)
    files = dict.fromkeys((one.path, one.account) for one in grants)
    for path, account in files:
        fault = _key_file(host, path, account)
        if fault:
            return fault
    odd = next((one for one in grants if one.key is None), None)
    if odd:
        raise Unseen(f"{odd.path}:{odd.line} is no key that this check can read")
    return passed(", ".join(f"{one.account.name} {one.key.fingerprint}" for one in grants if one.key) or "no keys")


def _key_file(host: Host, path: str, account: accounts.Account) -> Answer | None:
    """Judge the file, its directory and the home, as StrictModes of sshd does, and more strictly the file."""
    places = dict.fromkeys((path, path.rpartition("/")[0], account.home))
    for place in places:
        found = paths.last(host, place or "/")
        if found and (found.status.uid not in {0, account.uid} or found.status.bits & _WRITE):
            return failed(f"{place} is {found.status.bits:04o} and of uid {found.status.uid}", place)
    found = paths.last(host, path)
    if found and found.status.bits & _MODE:
        fix = f"chmod 0600 {path}"
        return failed(f"{path} is {found.status.bits:04o}", path, severity=Severity.LOW, fix=fix)
    return None


_RSA_LEAST = 3072  # NIST SP 800-57 part 1: 128 bits of strength
_KINDS = ("ssh-ed25519", "sk-ssh-ed25519", "sk-ecdsa-sha2-nistp256", "ecdsa-sha2-nistp")


def _key_kinds(host: Host, _: Expected) -> Answer:
    grants = sshkeys.grants(host)
    weak = [one for one in grants if one.key and not _is_strong(one.key)]
    if weak:
        told = ", ".join(f"{one.account.name}: {one.key.kind} {one.key.bits or ''}".strip() for one in weak if one.key)
        return failed(told, weak[0].path, weak[0].line)
    odd = next((one for one in grants if one.key is None), None)
    if odd:
        raise Unseen(f"{odd.path}:{odd.line} is no key that this check can read")
    noted = [f"{one.account.name} {one.key.kind}{_bounds(one.key)}" for one in grants if one.key]
    return passed(", ".join(noted) or "no keys")


def _is_strong(key: sshkeys.Key) -> bool:
    return key.bits >= _RSA_LEAST if key.kind.startswith("ssh-rsa") else key.kind.startswith(_KINDS)


def _bounds(key: sshkeys.Key) -> str:
    held = [name for name in ("from", "restrict", "command", "cert-authority") if key.has(name)]
    return f" ({', '.join(held)})" if held else ""


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/second-root", _root_accounts),
    Check("host/empty-password", _empty_passwords),
    Check("host/weak-password-hash", _weak_hashes),
    Check("host/shared-account", bots.separate),
    Check("host/powerful-bot", bots.powerless),
    Check("host/root-groups", _root_groups),
    Check("host/sudo-rules", _sudo_rules),
    Check("host/administrators", _admins),
    Check("host/login-keys", _keys),
    Check("host/login-key-kinds", _key_kinds),
    Check("host/open-homes", homes.closed),
    Check("host/bot-reaches-vault", bots.kept_out),
    Check("host/secrets-at-home", homes.free_of_secrets),
    Check("host/su-and-cron", homes.restricted, optional=True),
)
"""In the order of the page that lists them."""
