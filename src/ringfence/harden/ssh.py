"""SSH: what is offered is one drop-in, which sshd meets first; what others' files have stricter stays.

No way in is shut before another is seen to be open: a key of somebody who can become root.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from ringfence.audit.host import accounts, sshd
from ringfence.audit.host.accounts import Account, Kept
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.sshd import CONFIG, Line, Sshd
from ringfence.deploy.wants import File
from ringfence.harden.area import Area, Proposal
from ringfence.harden.logins import Login, logins, others
from ringfence.harden.names import SSH

_FOLDER = SSH.rpartition("/")[0]
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}", re.ASCII)  # useradd(8): and nothing that is a pattern to sshd
_FIRST = re.compile(r'\s*"?(?P<key>[A-Za-z]\w*)"?(?:\s*=\s*|\s+)(?P<rest>[^#]*)')
_KEY_STEPS = "from your own machine: ssh-copy-id NAME@SERVER, log in once with that key, and run this again"
_ADMIN_STEPS = "adduser NAME; usermod -aG sudo NAME; then from your own machine ssh-copy-id NAME@SERVER"


def _no_more_than(most: int) -> Callable[[str], bool]:
    return lambda value: re.fullmatch("[1-9][0-9]{0,8}", value) is not None and int(value) <= most


def _starts(value: str) -> bool:
    """MaxStartups begin:rate:full, at most 10:30:60."""
    found = re.fullmatch("([1-9][0-9]{0,8}):([0-9]{1,3}):([1-9][0-9]{0,8})", value)
    return found is not None and int(found[1]) <= 10 and int(found[2]) >= 30 and int(found[3]) <= 60  # noqa: PLR2004


_PLAIN: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "X11Forwarding": ("no", lambda value: value == "no"),
    "AllowAgentForwarding": ("no", lambda value: value == "no"),
    "AllowTcpForwarding": ("local", lambda value: value == "no"),  # `local`: a page is reached by ssh -L
    "MaxAuthTries": ("4", _no_more_than(4)),
    "LoginGraceTime": ("60", _no_more_than(60)),
    "MaxStartups": ("10:30:60", _starts),
}
"""CIS 5.1.8, 5.1.13, 5.1.16 and 5.1.18; beside each what of others' files is as strict, and stays."""


def look(host: Host) -> Proposal:
    """Say what is offered; raises `Unseen` where what holds now cannot be seen."""
    if not sshd.installed(host):
        return Proposal(Area.SSH, notes=("no OpenSSH server is installed",))
    server = sshd.read(host)
    inside = logins(host, server)
    shut, notes = _ways(host, server, inside)
    lines = (*_plain(server), *shut)
    wrong = _place(host, {key.lower() for key, _ in lines})
    if wrong:
        return Proposal(Area.SSH, refused=wrong)
    if not lines:
        return Proposal(Area.SSH, notes=tuple(notes))
    text = "# Written by `ringfence harden ssh`. Of a setting sshd takes the first that it meets: this file's.\n"
    text += "".join(f"{key} {value}\n" for key, value in lines)
    return Proposal(Area.SSH, (File(SSH, text, mode=0o600),), (unit(host),), (*notes, *_matched(server, lines)))


def unit(host: Host) -> str:
    """Name the unit that sshd runs as."""
    named = [name for name in ("ssh.service", "sshd.service") if host.status(f"/usr/lib/systemd/system/{name}")]
    named += [name for name in ("ssh.service", "sshd.service") if host.status(f"/lib/systemd/system/{name}")]
    if not named:
        raise Unseen("sshd is started by no unit of systemd, and cannot be told to read its settings anew")
    return named[0]


def verify(host: Host) -> str:
    """Ask sshd whether all that the drop-in says holds; says what does not, empty where all does."""
    server = sshd.read(host)
    wanted: dict[str, list[str]] = {}
    for line in (host.text(SSH) or "").splitlines():
        key, _, value = line.partition(" ")
        if key != "#":
            wanted[key.lower()] = value.split()
    for key, values in wanted.items():
        told = [_same(word) for value in server.all(key) for word in value.split()]
        if sorted(told) != sorted(map(_same, values)):
            return f"sshd says {key} {' '.join(told)}, and not {' '.join(values)}"
    return ""


def _same(word: str) -> str:
    return {"without-password": "prohibit-password"}.get(word, word)  # what sshd -T calls it


def _plain(server: Sshd) -> Iterator[tuple[str, str]]:
    for key, (value, is_strict) in _PLAIN.items():
        first = _others_first(server, key)
        if first is None or not is_strict(first.value.lower()):
            yield key, value


def _others_first(server: Sshd, key: str) -> Line | None:
    """Find what holds for everybody without our file; None where nothing is said, and a default holds."""
    return next((one for one in server.lines if one.key == key.lower() and not one.when and one.path != SSH), None)


def _ways(host: Host, server: Sshd, inside: tuple[Login, ...]) -> tuple[list[tuple[str, str]], list[str]]:
    """Decide which ways in are shut: root's, that by password, and that of who has no key."""
    admins = [one.name for one in inside if one.free and one.admin]
    root = next((one for one in inside if one.name == "root" and one.free), None)
    by_root = root is not None and _root_line(server) not in {"no", "forced-commands-only"}
    lines, notes = list[tuple[str, str]](), list[str]()
    if admins:
        lines.append(("PermitRootLogin", "no"))
    elif by_root:
        lines.append(("PermitRootLogin", "prohibit-password"))
        notes.append(f"root still logs in by key, since nobody else with a key can become root; {_ADMIN_STEPS}")
    if _asks_for_more(server):
        notes.append("AuthenticationMethods asks for a key and more: it stays as it is, and so do passwords")
    elif admins or by_root:
        lines += [("PasswordAuthentication", "no"), ("KbdInteractiveAuthentication", "no")]
        allowed, more = _allowed(host, server, [one.name for one in inside if one.name != "root" or not admins])
        lines, notes = lines + allowed, notes + more
    else:
        notes.append(
            "passwords stay as they are: nobody who can become root has a key here, so nobody could come in; "
            + _KEY_STEPS
        )
    return lines, notes


def _root_line(server: Sshd) -> str:
    """Say what holds for root without our file; prohibit-password is sshd's own default (sshd_config(5))."""
    first = _others_first(server, "permitrootlogin")
    return "prohibit-password" if first is None else first.value.lower()


def _asks_for_more(server: Sshd) -> bool:
    """Say whether some login wants a password or a code as well: with these shut it could not be had at all."""
    words = [word for line in server.says("authenticationmethods") for word in re.split("[ ,]", line.value.lower())]
    return any(word.startswith(("password", "keyboard-interactive")) for word in words)


def _allowed(host: Host, server: Sshd, names: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """List who may log in, where nobody else has listed anybody: sshd adds lists up, and ours would widen theirs."""
    others_now = [one for one in accounts.accounts(host) if one.uid != 0 and one.name not in names]
    losing = dict.fromkeys(one.name for one in others_now if one.has_shell and (one.is_person or _password(host, one)))
    notes = [f"{name} has no key, and will not be able to log in; {_KEY_STEPS}" for name in losing]
    if others(server, "allowusers") or others(server, "allowgroups"):
        return [], notes
    odd = [name for name in names if not _NAME.fullmatch(name)]
    if odd:
        return [], [*notes, f"who may log in is not listed: {odd[0]} would be a pattern to sshd"]
    return [("AllowUsers", " ".join(names))], notes


def _password(host: Host, one: Account) -> bool:
    return accounts.password(host, one).kept != Kept.LOCKED


def _matched(server: Sshd, lines: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Say which Match blocks go past what is offered: they hold whatever comes first."""
    said = {key.lower(): value for key, value in lines}
    for line in server.lines:
        if line.when and line.key in said and line.key != "allowusers" and line.value.lower() != said[line.key]:
            yield f"{line.path}:{line.line} still says {line}; take it out if you do not need it"


def _place(host: Host, keys: set[str]) -> str:
    """Say why sshd would not meet our drop-in first; empty where it does."""
    before = _before_drop_ins(host)
    if before is None:
        return f"{CONFIG} does not include {_FOLDER}; put this at its top: Include {_FOLDER}/*.conf"
    for number, key in before:
        if key in keys | {"match", "include"}:
            top = f"put Include {_FOLDER}/*.conf above it"
            return f"{CONFIG}:{number} has {key} before it includes {_FOLDER}, and would win; {top}"
    for path in sorted(host.under(_FOLDER, ".conf")):
        if path >= SSH:
            break
        for number, key, _ in _directives(host, path):
            if key in keys | {"match", "include"}:
                return f"{path}:{number} has {key}, and comes before {SSH}; give that file a later name"
    return ""


def _before_drop_ins(host: Host) -> list[tuple[int, str]] | None:
    """List what the settings say before they include the drop-ins; None where they never do."""
    before = list[tuple[int, str]]()
    for number, key, rest in _directives(host, CONFIG):
        patterns = [word if word.startswith("/") else f"/etc/ssh/{word}" for word in rest.replace('"', " ").split()]
        if key == "include" and patterns and fnmatchcase(SSH, patterns[0]):
            return before
        before.append((number, key))
    return None


def _directives(host: Host, path: str) -> Iterator[tuple[int, str, str]]:
    for number, text in enumerate((host.text(path) or "").split("\n"), 1):
        found = _FIRST.match(text)
        if found:
            yield number, found["key"].lower(), found["rest"]
