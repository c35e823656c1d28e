"""What runs and what could run: confinement of the bot and of Ringfence, odd files, preloaded code, system files."""

import json
from collections.abc import Iterator
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host import authorities, engines, hosts, loading, odd, paths
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed, unknown
from ringfence.audit.host.each import Seen, each, listed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import Process, named, processes, theirs, threads, uids
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.started import environments, run_files, site_packages

_MOST_EXPOSED: Final = 3.0
"""What `systemd-analyze security` may give a unit of 10: a unit with every switch that it can bear has less."""
_GATEWAY_EXPOSED: Final = 2.0
"""The gateway reads a hostile bot's bytes and needs nothing but sockets."""

_NAMESPACE: Final = "/proc/{}/ns/net"


def units_exposed(host: Host, expected: Expected) -> Answer:
    """Ask systemd how much a unit of the deployment could reach."""
    wanted = [named(unit) for unit in expected.units if named(unit).endswith(".service")]
    if not wanted:
        return not_applicable("host.toml names no unit")
    ran = host.run("systemd-analyze", "security", "--json=short", "--no-pager")
    if ran.code != 0:
        raise Unseen("systemd-analyze does not answer: systemd does not run here")
    exposure = _exposure(ran.out)

    def look(unit: str) -> Iterator[str]:
        if unit not in exposure:
            raise Unseen(f"systemd does not know {unit}")
        most = _GATEWAY_EXPOSED if "gateway" in unit else _MOST_EXPOSED
        if not exposure[unit] <= most:
            yield f"{unit} {exposure[unit]:.1f} (at most {most:.1f})"

    return each(wanted, look).answer("each unit is closed in")


def processes_unconfined(host: Host, expected: Expected) -> Answer:
    """Ask of each process of a bot or of Ringfence what it may do, whatever its unit file says."""
    if not expected.bots and not expected.ours:
        return not_applicable("host.toml names no user of a bot or of Ringfence")
    found = theirs(host, expected, (*expected.bots, *expected.ours))
    if not found:
        return unknown("no process of a bot or of Ringfence runs, or none can be seen")
    seen = each(found, lambda one: _loose(host, one))
    if seen.wrong:
        return seen.answer()
    bots = uids(host, expected.bots)
    alone = each([one for one in found if one.uids & bots], lambda one: _in_our_network(host, one))
    return Seen(alone.wrong, alone.hidden + seen.hidden).answer(
        f"{len(found)} processes, each confined", severity=Severity.HIGH if alone.wrong else None
    )


def units_changeable(host: Host, expected: Expected) -> Answer:
    """Ask whether anybody but root may change what the deployment's units run."""
    if not expected.units:
        return not_applicable("host.toml names no unit")

    def look(unit: str) -> Iterator[str]:
        for path in (*run_files(host, unit), *_loaded_from(host, unit)):
            yield from paths.changeable(host, path)

    return each(expected.units, look).answer("all that they run is root's")


def odd_set_user_id(host: Host, _: Expected) -> Answer:
    """Ask whether a file gives its owner's rights that is not one of the distribution's."""
    return each(host.marked, lambda one: odd.gives_rights(host, one)).answer("only those of the distribution")


def open_files(host: Host, _: Expected) -> Answer:
    """Ask whether anybody may write to a file or replace one, or whether a file is nobody's."""
    return each(host.marked, lambda one: odd.open_to_all(host, one)).answer("only what lies in /tmp and its like")


def preloaded(host: Host, expected: Expected) -> Answer:
    """Ask whether programs are made to load code that is not their own."""
    first = [str(one) for one in loading.preloaded(host)]
    if first:
        return failed(listed(first), "/etc/ld.so.preload")
    found = dict[str, list[str]]()

    def keep(loads: Iterator[loading.Loads]) -> Iterator[str]:
        for one in loads:
            grade = "other" if one.variable in loading.OTHERS else "worst"
            found.setdefault(grade, []).append(str(one))
            yield str(one)

    seen = each(loading.files(host), lambda path: keep(loading.set_in(host, path)))
    seen += each(loading.every_process(host), lambda pid: keep(loading.running(host, pid)))
    seen += each((expected,), lambda one: keep(loading.at_start(host, one)))
    if found.get("worst"):
        return failed(listed(dict.fromkeys(found["worst"])))
    return seen.answer("nothing is loaded first", severity=Severity.MEDIUM if seen.wrong else None)


def container_socket(host: Host, expected: Expected) -> Answer:
    """Ask whether a bot can reach the socket of Docker or its like: whoever can is root."""
    users = uids(host, expected.bots)
    found = processes(host)
    bots = [one for one in found if one.uids & users]
    groups = engines.groups_of(host, expected.bots).union(*(one.groups for one in bots))
    seen = each(engines.sockets(host), lambda path: engines.reachable(host, path, users, groups))
    seen += each(bots, lambda one: engines.holds_socket(host, one))
    if seen.wrong:
        return seen.answer()
    seen += each(found, lambda one: engines.holds_socket(host, one))
    return seen.answer("there is none, or no bot reaches it", severity=Severity.HIGH if seen.wrong else None)


def file_modes(host: Host, _: Expected) -> Answer:
    """Ask whether the files by which the system knows its users and hosts are root's, and only root's to write."""
    return each(odd.MODES, lambda path: odd.too_open(host, path)).answer("as the distribution has them")


def exchange_redirected(host: Host, expected: Expected) -> Answer:
    """Ask whether the name of an exchange leads somewhere else on this server."""
    local, away = list[str](), list[str]()
    for one in hosts.redirected(host):
        (local if one.is_local else away).append(str(one))
    if away:
        return failed(listed(away), "/etc/hosts")
    if local and not expected.home:
        return failed(listed(local), "/etc/hosts", severity=Severity.LOW)
    return passed("no exchange is named", "/etc/hosts")


def extra_authorities(host: Host, _: Expected) -> Answer:
    """Ask whether programs trust a certificate authority that is not the distribution's."""
    if host.status(authorities.BUNDLE) is None and not host.names(authorities.ADDED):
        return not_applicable("there is no bundle of authorities")
    return Seen(authorities.added(host)).answer("only those of the distribution", "/etc/ssl/certs/ca-certificates.crt")


def _exposure(out: str) -> dict[str, float]:
    try:
        return {str(row["unit"]): float(row["exposure"]) for row in json.loads(out)}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unseen("systemd-analyze printed something else than it used to") from None


def _loose(host: Host, process: Process) -> Iterator[str]:
    for one in threads(host, process):
        faults = [
            word
            for word, bad in (
                ("runs as root", 0 in one.uids),
                ("has capabilities", one.capable),
                ("may gain rights (NoNewPrivileges is off)", not one.no_new_privileges),
                ("may make any system call (no filter)", not one.filtered),
            )
            if bad
        ]
        if faults:
            yield f"{process} {' and '.join(faults)}"
            return


def _in_our_network(host: Host, process: Process) -> Iterator[str]:
    own, first = host.status(_NAMESPACE.format(process.pid)), host.status(_NAMESPACE.format(1))
    if own is None:
        return  # it has ended
    if first is None or not own.target or not first.target:
        raise Unseen(f"the network of {process} cannot be told from the server's")
    if own.target == first.target:
        yield f"{process} is in the server's own network, and can reach whatever the firewall lets through"


def _loaded_from(host: Host, unit: str) -> Iterator[str]:
    for environment in environments(host, unit):
        yield from (f"{environment}/{name}" for name in ("pyvenv.cfg", "bin", "lib"))
        for packages in site_packages(host, environment):
            yield from (f"{packages}/{name}" for name in host.names(packages))


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/exposed-unit", units_exposed),
    Check("host/loose-process", processes_unconfined),
    Check("host/changeable-unit", units_changeable),
    Check("host/odd-set-user-id", odd_set_user_id),
    Check("host/open-file", open_files),
    Check("host/preloaded-code", preloaded),
    Check("host/container-socket", container_socket),
    Check("host/system-file-mode", file_modes),
    Check("host/redirected-exchange", exchange_redirected),
    Check("host/extra-authority", extra_authorities),
)
