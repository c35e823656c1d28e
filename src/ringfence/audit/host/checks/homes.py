"""People's homes: closed to others, and without secrets; and who may use su and cron.

A file that is there to hold a secret is told by its name; a private key is read only to see whether it is guarded.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ringfence.audit.finding import Severity
from ringfence.audit.host import accounts, pam, paths, sshkeys
from ringfence.audit.host.answer import Answer, failed, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_OTHERS = 0o027  # CIS 7.2.9: others nothing, the group no writing
_LOGIN_DEFS = "/etc/login.defs"
_FIRST, _NOBODY = 1000, 65534  # UID_MIN of login.defs(5) on Debian; nobody
_DEFAULT_UMASK = 0o022  # login.defs(5)
_OCTAL = re.compile(r"0?[0-7]{1,4}")


def _of_people(host: Host) -> tuple[str, ...]:
    """List the homes of accounts that adduser makes, and whatever else is in /home."""
    people = [one for one in accounts.accounts(host) if one.uid >= _FIRST and one.uid != _NOBODY]
    listed = [one.home.rstrip("/") for one in people if one.home.strip("/")]
    return tuple(dict.fromkeys((*listed, *host.under("/home"))))


def closed(host: Host, _: Expected) -> Answer:
    """Nobody else can look into a home, and new ones are made so."""
    open_ = [
        f"{path} is {found.status.bits:04o}"
        for path in _of_people(host)
        if (found := paths.last(host, path)) and found.status.is_dir and found.status.bits & _OTHERS
    ]
    if open_:
        return failed(", ".join(open_), open_[0].partition(" ")[0])
    return _new_homes(host)


def _new_homes(host: Host) -> Answer:
    """login.defs(5): HOME_MODE, or what UMASK leaves; the last line of a name counts."""
    if host.text(_LOGIN_DEFS) is None:
        raise Unseen(f"{_LOGIN_DEFS} is not there")
    told = dict(line.split(None, 1) for line in host.lines(_LOGIN_DEFS) if len(line.split(None, 1)) > 1)
    umask = _octal(told.get("UMASK", "022"))
    mode = _octal(told["HOME_MODE"]) if "HOME_MODE" in told else 0o777 & ~umask
    if mode & _OTHERS or umask & _OTHERS != _OTHERS:
        fix = f"in {_LOGIN_DEFS}: UMASK 027 and HOME_MODE 0750"
        return failed(f"UMASK {umask:03o}, new homes {mode:04o}", _LOGIN_DEFS, severity=Severity.LOW, fix=fix)
    return passed(f"UMASK {umask:03o}, new homes {mode:04o}")


def _octal(text: str) -> int:
    word = text.split(maxsplit=1)[0]
    if not _OCTAL.fullmatch(word):
        raise Unseen(f"{_LOGIN_DEFS}: {word} is no mode")
    return int(word, 8)


_SECRETS: Final = (".aws/credentials", ".netrc", ".pgpass", ".git-credentials")


class _Login(msgspec.Struct, frozen=True):
    auth: str = ""
    identitytoken: str = ""


class _Docker(msgspec.Struct, frozen=True):
    auths: dict[str, _Login] = {}


def free_of_secrets(host: Host, _: Expected) -> Answer:
    """No home holds a stored login or a private key without a passphrase."""
    found, unread = list[str](), list[str]()
    for home in dict.fromkeys(one.home.rstrip("/") for one in accounts.accounts(host)):
        found += [f"{home}/{name}" for name in _SECRETS if _holds(host, f"{home}/{name}")]
        docker = f"{home}/.docker/config.json"
        told = _logged_in(host.text(docker))
        (found if told else unread).extend([docker] if told is not False else [])
        found += _bare_keys(host, f"{home}/.ssh")
    if found:
        return failed(", ".join(found), found[0])
    if unread:
        raise Unseen(f"{unread[0]} is not JSON of Docker")
    return passed("none")


def _holds(host: Host, path: str) -> bool:
    found = paths.last(host, path)
    return found is not None and found.status.size > 0


def _logged_in(text: str | None) -> bool | None:
    """Say whether a login is stored; None where that cannot be read."""
    if text is None:
        return False
    try:
        logins = msgspec.json.decode(text, type=_Docker).auths.values()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return any(login.auth or login.identitytoken for login in logins)


def _bare_keys(host: Host, folder: str) -> Iterator[str]:
    for path in host.under(folder):
        found = paths.last(host, path)
        if found and found.status.is_file and sshkeys.guarded(host.text(path) or "") is False:
            yield path


def restricted(host: Host, _: Expected) -> Answer:
    """Only a group may use su, and only who is listed may use cron and at."""
    faults = [] if _su_is_restricted(host) else ["su is for everybody"]
    for program, allow in (("/usr/bin/crontab", "/etc/cron.allow"), ("/usr/bin/at", "/etc/at.allow")):
        if host.status(program) is not None and host.status(allow) is None:
            faults.append(f"no {allow}")
    return failed("; ".join(faults), "/etc/pam.d/su") if faults else passed("su, cron and at are restricted")


def _su_is_restricted(host: Host) -> bool:
    if not pam.has(host, "su"):
        return host.status("/usr/bin/su") is None
    modules = pam.stack(host, "su", "auth")
    # pam_rootok comes first everywhere: it lets root by, and nobody else.
    asked = tuple(one for one in modules if one.name != "pam_rootok.so")
    return any(
        one.name == "pam_wheel.so" and not {"trust", "deny"} & set(one.args) and pam.enforced(asked, at)
        for at, one in enumerate(asked)
    )
