"""SSH: who gets in, how, and what a session may open. It goes by what sshd says of itself, for everybody and by Match.

Whatever some Match block allows counts as allowed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host import sshd
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.checks import ssh_files
from ringfence.audit.host.checks.ssh_files import NONE, Fits
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.sshd import Line, Sshd

_NUMBER = re.compile("[0-9]{1,9}")


def _one_of(*values: str) -> Fits:
    return lambda value: value.lower() in values


def _at_most(most: int) -> Fits:
    """A number from 1: for sshd 0 is no limit."""
    return lambda value: _NUMBER.fullmatch(value) is not None and 0 < int(value) <= most


def _starts(value: str) -> bool:
    """MaxStartups begin:rate:full, at most 10:30:60 (CIS 5.1.18)."""
    parts = value.split(":")
    if len(parts) != 3 or not all(map(_NUMBER.fullmatch, parts)):  # noqa: PLR2004  # sshd_config(5)
        return False
    begin, rate, full = map(int, parts)
    return 0 < begin <= 10 and rate >= 30 and 0 < full <= 60  # noqa: PLR2004


_NO, _YES = _one_of("no"), _one_of("yes")
_FORWARDING: Final[Mapping[str, Fits]] = {
    "x11forwarding": _NO,
    "allowagentforwarding": _NO,
    "allowtcpforwarding": _one_of("no", "local"),  # `local` is how a dashboard is reached by ssh -L
    "permittunnel": _NO,
    "gatewayports": _NO,
}
_TRUST: Final[Mapping[str, Fits]] = {
    "hostbasedauthentication": _NO,
    "ignorerhosts": _YES,
    "permituserenvironment": _NO,
    "strictmodes": _YES,
    "usepam": _YES,
}
_LIMITS: Final[Mapping[str, Fits]] = {
    "maxauthtries": _at_most(4),
    "logingracetime": _at_most(60),
    "maxstartups": _starts,
    "maxsessions": _at_most(10),
}
_RECORD: Final[Mapping[str, Fits]] = {
    "loglevel": _one_of("info", "verbose"),
    "clientaliveinterval": _at_most(2**31),
}
_PASSWORDS: Final[Mapping[str, Fits]] = {"passwordauthentication": _NO, "kbdinteractiveauthentication": _NO}
_WANTED: Final[Mapping[str, Fits]] = {
    **_FORWARDING,
    **_TRUST,
    **_LIMITS,
    **_RECORD,
    **_PASSWORDS,
    "permitrootlogin": _NO,
    "permitemptypasswords": _NO,
}


def _of_sshd(ask: Callable[[Sshd], Answer]) -> Callable[[Host, Expected], Answer]:
    def asked(host: Host, _: Expected) -> Answer:
        return ask(sshd.read(host)) if sshd.installed(host) else not_applicable(NONE)

    return asked


def _unfit(server: Sshd, wanted: Mapping[str, Fits]) -> list[Line]:
    return [line for key, fits in wanted.items() for line in server.says(key) if not fits(line.value)]


def _fail(lines: list[Line], severity: Severity | None = None) -> Answer:
    return failed("; ".join(map(str, lines)), lines[0].path or sshd.CONFIG, lines[0].line, severity)


def _settings(wanted: Mapping[str, Fits]) -> Callable[[Host, Expected], Answer]:
    def ask(server: Sshd) -> Answer:
        unfit = _unfit(server, wanted)
        return _fail(unfit) if unfit else passed(", ".join(f"{key} {server.one(key)}" for key in wanted))

    return _of_sshd(ask)


def _forwarding(server: Sshd) -> Answer:
    """DisableForwarding is believed for TCP alone: before 10.0 it left X11 and the agent on (CVE-2025-32728)."""
    off = all(line.value.lower() == "yes" for line in server.says("disableforwarding"))
    wanted = {key: fits for key, fits in _FORWARDING.items() if not (off and key == "allowtcpforwarding")}
    unfit = _unfit(server, wanted)
    return _fail(unfit) if unfit else passed(", ".join(f"{key} {server.one(key)}" for key in wanted))


def _root(server: Sshd) -> Answer:
    unfit = _unfit(server, {"permitrootlogin": _NO})
    if not unfit:
        return passed("permitrootlogin no")
    by_key = _one_of("prohibit-password", "without-password", "forced-commands-only")
    return _fail(unfit, Severity.MEDIUM if all(by_key(line.value) for line in unfit) else None)


def _passwords(server: Sshd) -> Answer:
    unfit = _unfit(server, _PASSWORDS)
    if not unfit:
        return passed("only keys")
    if all(_asks_for_key_too(line.value) for line in server.says("authenticationmethods")):
        return passed(f"only after a key: {server.one('authenticationmethods')}")
    return _fail(unfit)


def _asks_for_key_too(value: str) -> bool:
    lists = [each.lower().split(",") for each in value.split()]
    return bool(lists) and all("publickey" in each for each in lists)


def _restricted(server: Sshd) -> Answer:
    """An entry `*` lets everybody in: then it is no list."""
    lists = [line for line in server.lines if line.when and line.key in {"allowusers", "allowgroups"}]
    for key in ("allowusers", "allowgroups"):
        named = [word for value in server.all(key) for word in value.split()]
        everybody = [line for line in lists if line.key == key and "*" in line.value.split()]
        if named and "*" not in named and not everybody:
            return passed(f"{key} {' '.join(named)}")
    return failed("neither AllowUsers nor AllowGroups says who may log in", sshd.CONFIG)


_ALGORITHMS = ("ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms")
# RFC 8758, RFC 9142 and OpenSSH's release notes: what is deprecated.
_WEAK = re.compile(r"cbc|3des|arcfour|md5|ripemd|sha1(?!\d)|group1-|^ssh-rsa|^ssh-dss|^none")
_HYBRID = re.compile(r"sntrup761|mlkem768")


def _algorithms(server: Sshd) -> Answer:
    offered = {key: server.one(key).split(",") for key in _ALGORITHMS}
    weak = [f"{key} {name}" for key, names in offered.items() for name in names if _WEAK.search(name)]
    return failed(", ".join(weak), sshd.CONFIG) if weak else passed("none that is deprecated")


def _exchange(server: Sshd) -> Answer:
    offered = server.one("kexalgorithms")
    hybrid = [name for name in offered.split(",") if _HYBRID.search(name)]
    return passed(", ".join(hybrid)) if hybrid else failed(f"kexalgorithms {offered}", sshd.CONFIG)


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/root-login", _of_sshd(_root)),
    Check("host/password-login", _of_sshd(_passwords)),
    Check("host/empty-password-login", _settings({"permitemptypasswords": _NO})),
    Check("host/login-unrestricted", _of_sshd(_restricted)),
    Check("host/ssh-limits", _settings(_LIMITS), optional=True),
    Check("host/ssh-forwarding", _of_sshd(_forwarding)),
    Check("host/ssh-algorithms", _of_sshd(_algorithms), optional=True),
    Check("host/ssh-key-exchange", _of_sshd(_exchange)),
    Check("host/ssh-trust", _settings(_TRUST)),
    Check("host/ssh-log", _settings(_RECORD), optional=True),
    *ssh_files.checks(_WANTED),
)
"""In the order of the page that lists them."""
