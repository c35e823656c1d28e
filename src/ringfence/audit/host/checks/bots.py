"""What a bot's account may be and reach: one of its own, in no group of power, and kept out of the deployment's files.

Not applicable where no bot or no deployment is known. Groups that a unit adds to a process are not seen here.
"""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host import accounts, paths, reach, sshkeys, sudoers
from ringfence.audit.host.accounts import Account, Kept
from ringfence.audit.host.answer import Answer, failed, not_applicable, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_PASSWD = "/etc/passwd"  # noqa: S105  # a path
_NO_BOT = "no bot's user is known"


def separate(host: Host, expected: Expected) -> Answer:
    """Each bot and each process of ours has an account of its own, into which nobody can log in."""
    names = tuple(dict.fromkeys((*expected.bots, *expected.ours)))
    if not names:
        return not_applicable(_NO_BOT)
    ours = [accounts.account(host, name) for name in names]
    faults = [*_both(expected), *_alone(host, ours), *(fault for one in ours for fault in _entered(host, one))]
    if faults:
        return failed("; ".join(faults), _PASSWD, ours[0].line)
    keyed = dict.fromkeys(
        f"{one.account.name} has keys in {one.path}" for one in sshkeys.grants(host) if one.account in ours
    )
    return failed("; ".join(keyed), _PASSWD) if keyed else passed(", ".join(f"{one.name} {one.uid}" for one in ours))


def _both(expected: Expected) -> Iterator[str]:
    for name in expected.bots:
        if name in expected.ours:
            yield f"{name} runs a bot and Ringfence"
        if name in expected.people:
            yield f"{name} runs a bot, and somebody logs in as {name}"


def _alone(host: Host, ours: list[Account]) -> Iterator[str]:
    for one in ours:
        if one.uid == 0:
            yield f"{one.name} is root"
        for other in accounts.accounts(host):
            if other.uid == one.uid and other.name != one.name:
                yield f"{one.name} and {other.name} are both uid {one.uid}"


def _entered(host: Host, one: Account) -> Iterator[str]:
    if one.shell not in accounts.NO_LOGIN:
        yield f"{one.name} has the shell {one.shell or '/bin/sh'}"
    if accounts.password(host, one).kept != Kept.LOCKED:
        yield f"{one.name} has a password"


_POWERFUL: Final = (
    *("root", "sudo", "wheel", "admin", "adm", "docker", "lxd", "incus-admin", "disk", "shadow", "kmem"),
    *("kvm", "libvirt", "systemd-journal"),
)


def subject(host: Host, one: Account) -> sudoers.Subject:
    """Say what sudo knows of an account."""
    numbers = accounts.gids(host, one)
    names = frozenset(group.name for group in accounts.groups(host) if group.gid in numbers)
    return sudoers.Subject(one.name, one.uid, names, numbers)


def powerless(host: Host, expected: Expected) -> Answer:
    """No bot is in a group of power, no rule of sudo, polkit or doas names it, and it keeps no processes of its own."""
    if not expected.bots:
        return not_applicable(_NO_BOT)
    bots = [accounts.account(host, name) for name in expected.bots]
    for seek in (_in_groups, _in_sudoers, _lingering, _in_other_rules):
        for fault in seek(host, bots):
            return fault
    return passed(", ".join(expected.bots))


def _in_groups(host: Host, bots: list[Account]) -> Iterator[Answer]:
    for one in bots:
        held = [group for group in _POWERFUL if one.name in accounts.members(host, group)]
        if held:
            yield failed(f"{one.name} is in {', '.join(held)}", "/etc/group", fix=f"gpasswd -d {one.name} {held[0]}")


def _in_sudoers(host: Host, bots: list[Account]) -> Iterator[Answer]:
    rules = sudoers.read(host)
    for one in bots:
        for rule in rules.allow(subject(host, one)) if rules else ():
            yield failed(rule.text, rule.path, rule.line)


def _lingering(host: Host, bots: list[Account]) -> Iterator[Answer]:
    for one in bots:
        path = f"/var/lib/systemd/linger/{one.name}"
        if host.status(path) is not None:
            yield failed(f"{one.name} lingers", path, fix=f"loginctl disable-linger {one.name}")


def _in_other_rules(host: Host, bots: list[Account]) -> Iterator[Answer]:
    names = [name for one in bots for name in (one.name, *_own_groups(host, one))]
    for path in _other_rules(host):
        for name in names:
            if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", host.text(path) or ""):
                yield failed(f"{path} names {name}", path)


def _own_groups(host: Host, one: Account) -> Iterator[str]:
    numbers = accounts.gids(host, one)
    yield from (group.name for group in accounts.groups(host) if group.gid in numbers)


# polkit(8) and pklocalauthority(8): where an administrator's rules are; doas.conf(5).
_RULES: Final = (
    "/etc/polkit-1/rules.d/*.rules",
    "/run/polkit-1/rules.d/*.rules",
    "/usr/local/share/polkit-1/rules.d/*.rules",
    "/etc/polkit-1/localauthority/*/*.pkla",
    "/var/lib/polkit-1/localauthority/*/*.pkla",
    "/etc/doas.conf",
    "/etc/doas.d/*.conf",
)


def _other_rules(host: Host) -> Iterator[str]:
    for pattern in _RULES:
        yield from paths.expand(host, pattern)


_PUBLIC: Final = ("trust", "snapshot.ringsnap")
"""What of a deployment bots may read: the authority's certificate, and what is known against packages."""
_MOST = 2000  # files of a deployment that are looked at, one by one


def kept_out(host: Host, expected: Expected) -> Answer:
    """No bot can read what is private in the deployment, nor write or replace anything of it."""
    if not expected.bots or not expected.home:
        return not_applicable("no bot's user or no deployment is known")
    home = expected.home.rstrip("/")
    if paths.last(host, home) is None:
        raise Unseen(f"{home} is not there")
    every = list(_inside(host, home))
    for name in expected.bots:
        one = reach.who(host, name)
        for path in (home, *every):
            wanted = (reach.READ, reach.WRITE) if _is_private(home, path) else (reach.WRITE,)
            for how in filter(None, (reach.reached(host, one, path, want) for want in wanted)):
                return failed(f"{name} {how}", path)
    return passed(f"{len(every)} files and directories")


def _is_private(home: str, path: str) -> bool:
    return path != home and path.removeprefix(f"{home}/").partition("/")[0] not in _PUBLIC


def _inside(host: Host, home: str) -> Iterator[str]:
    ahead, seen = [home], 0
    while ahead:
        folder = ahead.pop()
        for path in host.under(folder):
            seen += 1
            if seen > _MOST:
                raise Unseen(f"{home} holds more than {_MOST} files")
            yield path
            status = host.status(path)
            if status is not None and status.is_dir:
                ahead.append(path)
