"""Passwords: how good a new one must be, and how often a wrong one may be tried; by the stacks that PAM would run."""

import re
from collections.abc import Mapping
from typing import Final

from ringfence.audit.host import pam
from ringfence.audit.host.answer import Answer, Check, failed, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.pam import Module
from ringfence.audit.host.source import Unseen

_LEAST = 14  # CIS 5.3.3.2.2: characters
_QUALITY = "/etc/security/pwquality.conf"
_QUALITY_DEFAULT, _LOWEST = 8, 6  # pwquality.conf(5): minlen, and the least that it takes
_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")


def _quality(host: Host, _: Expected) -> Answer:
    modules = pam.stack(host, "passwd", "password")
    at = _at(modules, "pam_pwquality.so")
    unix = _at(modules, "pam_unix.so")
    if at is None or not pam.enforced(modules, at) or (unix is not None and unix < at):
        return failed("no module asks for a good one", "/etc/pam.d/common-password")
    settings = _quality_settings(host, modules[at])
    if _number(settings, "enforcing", 1, _QUALITY) == 0:
        return failed("pam_pwquality only warns: enforcing = 0", _QUALITY)
    # pwquality.conf(5): a positive credit makes up for so many missing characters.
    credit = sum(max(0, _number(settings, name, 0, _QUALITY)) for name in _CREDITS)
    least = max(_number(settings, "minlen", _QUALITY_DEFAULT, _QUALITY), _LOWEST) - credit
    if least < _LEAST:
        return failed(f"{least} characters are enough", _QUALITY, fix=f"echo 'minlen = 14' >> {_QUALITY}")
    return passed(f"at least {least} characters")


def _quality_settings(host: Host, module: Module) -> Mapping[str, str]:
    """pwquality.conf(5): drop-ins first, then the file itself, then what the module is given; the last one counts."""
    files = sorted(host.under(f"{_QUALITY}.d", ".conf"))
    given = dict(arg.split("=", 1) for arg in module.args if "=" in arg)
    return {**{key: value for path in (*files, _QUALITY) for key, value in _settings(host, path).items()}, **given}


def _settings(host: Host, path: str) -> Mapping[str, str]:
    rows = (line.partition("#")[0].partition("=") for line in host.lines(path))
    return {key.strip(): value.strip() for key, _, value in rows}


def _number(settings: Mapping[str, str], name: str, default: int, path: str) -> int:
    told = settings.get(name)
    if told is None:
        return default
    if not re.fullmatch("-?[0-9]{1,9}", told):
        raise Unseen(f"{path}: {name} is no number")
    return int(told)


def _at(modules: tuple[Module, ...], name: str, arg: str = "") -> int | None:
    return next((at for at, one in enumerate(modules) if one.name == name and (not arg or arg in one.args)), None)


_LOCK = "/etc/security/faillock.conf"
_TRIES, _SECONDS = 5, 900  # CIS 5.3.3.1.1, 5.3.3.1.2
_TRIES_DEFAULT, _SECONDS_DEFAULT = 3, 600  # faillock.conf(5)
_SERVICES: Final = ("login", "sshd", "su", "sudo")
"""Where a password can be tried."""


def _lockout(host: Host, _: Expected) -> Answer:
    asked = [name for name in _SERVICES if pam.has(host, name)]
    if not asked:
        raise Unseen("PAM has no file for any login")
    for service in asked:
        fault = _unlocked(host, pam.stack(host, service, "auth"))
        if fault:
            return failed(f"{service}: {fault}", "/etc/pam.d/common-auth")
    return passed(", ".join(asked))


def _unlocked(host: Host, modules: tuple[Module, ...]) -> str:
    before, after = _at(modules, "pam_faillock.so", "preauth"), _at(modules, "pam_faillock.so", "authfail")
    unix = _at(modules, "pam_unix.so")
    if unix is None:
        return ""
    if before is None or after is None or not before < unix < after:
        return "wrong passwords are not counted"
    if not _binds(modules[before]) or not _binds(modules[after]):
        return "pam_faillock counts, and what it says is ignored"
    return _too_mild(host, modules[before]) or _too_mild(host, modules[after])


def _binds(one: Module) -> bool:
    return not one.quiet and one.results.get("default") in {"bad", "die"}


def _too_mild(host: Host, one: Module) -> str:
    conf = one.value("conf") or _LOCK
    settings = {**_settings(host, conf), **dict(arg.split("=", 1) for arg in one.args if "=" in arg)}
    tries = _number(settings, "deny", _TRIES_DEFAULT, conf)
    seconds = 0 if settings.get("unlock_time") == "never" else _number(settings, "unlock_time", _SECONDS_DEFAULT, conf)
    if not 0 < tries <= _TRIES:
        return f"deny = {tries}"
    return "" if seconds == 0 or seconds >= _SECONDS else f"unlock_time = {seconds}"  # 0 is for ever


def _empty(host: Host, _: Expected) -> Answer:
    asked = [name for name in (*_SERVICES, "other") if pam.has(host, name)]
    if not asked:
        raise Unseen("PAM has no file for any login")
    for service in asked:
        for one in pam.stack(host, service, "auth"):
            if one.name == "pam_unix.so" and any(arg.startswith("nullok") for arg in one.args):
                return failed(f"{service}: pam_unix.so {' '.join(one.args)}", one.path, one.line)
    return passed("pam_unix takes no empty one")


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/password-quality", _quality),
    Check("host/password-tries", _lockout),
    Check("host/password-null", _empty, optional=True),
)
"""In the order of the page that lists them."""
