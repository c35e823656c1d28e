"""All that a deployment wants of a server, in the order in which it is made. Pure: it looks at nothing."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ringfence.deploy import names, units, wall
from ringfence.deploy.bots import Bot
from ringfence.deploy.units import Ground
from ringfence.deploy.wants import Code, File, Folder, Group, Link, Owned, ReadBy, Running, Sealed, User, Want
from ringfence.dialects.hosts import HOSTS, hosts_of
from ringfence.settings import Settings

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be on the server. `settings_text` is `ringfence.toml` as it stands.

    `runtimes` are folders outside the system's own in which the Python (or node) of a bot stands, by bot; `relay` is
    the program that stands beside bots in containers.
    """

    settings: Settings
    settings_text: str
    bots: Mapping[str, Bot]
    ground: Ground
    runtimes: Mapping[str, tuple[str, ...]]
    relay: str = ""

    @property
    def processes(self) -> tuple[names.Process, ...]:
        """The processes that run, in the order in which they start."""
        return ("signer", *((names.PAPER,) if self.settings.paper else ()), "courier", "prices", "gateway")


def wants(of: Deployment) -> tuple[Want, ...]:
    """List everything: who there is, what is whose, which units there are, and what runs."""
    return (*_users(of), *_folders(of), *_files(of), *_bots(of), *_units(of), *_running(of))


def _users(of: Deployment) -> Iterator[Want]:
    yield Group(names.GROUP)
    for process in of.processes:
        yield User(names.user(process), names.GROUP)
    for bot in of.bots:
        yield Group(names.bot_user(bot))
        yield User(names.bot_user(bot), names.bot_user(bot), f"{names.STATE}/{bot}")


def _folders(of: Deployment) -> Iterator[Want]:
    home = of.ground.home
    yield Folder(names.CODE)
    yield Code(of.ground.code, of.ground.python)
    yield Folder(home, group=names.GROUP, mode=0o751)
    yield Owned(f"{home}/vault", names.user("signer"), names.GROUP)
    yield Owned(f"{home}/journal", names.user("signer"), names.GROUP)
    yield Owned(f"{home}/gateway", names.user("gateway"), names.GROUP)
    if of.settings.paper:
        yield Owned(f"{home}/paper", names.user(names.PAPER), names.GROUP)
        yield Folder(f"{home}/paper", names.user(names.PAPER), names.GROUP, 0o750)
    yield Folder(f"{home}/trust")
    yield Folder(str(PurePosixPath(names.TMPFILES).parent))
    yield File(names.TMPFILES, f"d {names.RUN} 0750 root {names.GROUP} -\n")
    yield Folder(names.RUN, group=names.GROUP, mode=0o750, passing=True)
    yield Link(f"{home}/run", names.RUN)
    yield Folder(names.ETC)


def _files(of: Deployment) -> Iterator[Want]:
    yield File(f"{of.ground.home}/ringfence.toml", with_users(of), group=names.GROUP, mode=0o640)
    yield Folder(str(PurePosixPath(names.SEALED).parent), mode=0o700)
    yield Sealed(names.SEALED, "ringfence-passphrase")
    yield File(names.PROGRAM, _program(of.ground), mode=0o755)
    silent = [names.user(each) for each in of.processes if each not in {"courier", names.PAPER}]
    ports = {port for hosts in HOSTS.values() for host in hosts.values() for port in host.ports}
    rules = wall.wall((*silent, *map(names.bot_user, of.bots)), ports, of.settings.paper)
    yield File(f"{names.ETC}/wall.nft", rules)
    if any(bot.container for bot in of.bots.values()):
        yield File(names.RELAY, of.relay)
        yield Folder(names.PAGES, passing=True)
    for bot in of.bots if of.settings.names else ():
        yield File(_hosts_file(bot), _hosts(of.settings))


def _bots(of: Deployment) -> Iterator[Want]:
    for name, bot in of.bots.items():
        user = names.bot_user(name)
        if bot.directory:
            yield ReadBy(bot.directory, user, bot.writable)
        for path in bot.writable:
            yield Owned(path, user, user)


def _units(of: Deployment) -> Iterator[Want]:
    yield Folder(names.NFTABLES)
    yield File(f"{names.NFTABLES}/ringfence-wall.conf", units.with_nftables(f"{names.ETC}/wall.nft"))
    yield _unit(names.WALL, units.wall_service())
    yield _unit(names.TARGET, units.target())
    for process in of.processes:
        yield _unit(names.unit(process), units.process(of.ground, process, of.bots))
    for name, bot in of.bots.items():
        reads = _reads(of, name, bot)
        listening = units.doors if bot.container else units.socket
        yield _unit(names.bot_unit(name, "socket"), listening(name, places(of.settings)))
        yield _unit(names.probe_unit(name), units.probe_service(of.ground, name, bot, reads))
        yield _unit(names.canary_unit(name), units.canary_service(of.ground, name))
        yield _unit(names.canary_unit(name, "timer"), units.canary_timer(name))
        if bot.command:
            yield _unit(names.bot_unit(name), units.bot_service(of.ground, name, bot, reads))
        for port in bot.ui:
            yield _unit(names.ui_unit(name, port, "socket"), units.ui_socket(name, port))
            yield _unit(names.ui_unit(name, port), units.ui_service(name, port, container=bot.container))


def _running(of: Deployment) -> Iterator[Want]:
    settings = f"{of.ground.home}/ringfence.toml"
    yield Running(names.WALL, (path_of(names.WALL), f"{names.ETC}/wall.nft"))
    yield Running(names.TARGET)
    for name in of.bots:
        yield Running(names.bot_unit(name, "socket"), (path_of(names.bot_unit(name, "socket")),))
    for process in of.processes:
        yield Running(names.unit(process), (path_of(names.unit(process)), settings))
    for name, bot in of.bots.items():
        for port in bot.ui:
            yield Running(names.ui_unit(name, port, "socket"), (path_of(names.ui_unit(name, port, "socket")),))
        if bot.command:
            own = (path_of(names.bot_unit(name)), path_of(names.bot_unit(name, "socket")))
            yield Running(names.bot_unit(name), own)
        yield Running(names.canary_unit(name, "timer"), (path_of(names.canary_unit(name, "timer")),))


def places(settings: Settings) -> tuple[tuple[str, int], ...]:
    """List the addresses and ports that a bot finds in its own network: every way in, and nothing else."""
    found = [(_LOOPBACK, listener.port) for listener in settings.listeners]
    found += [(_LOOPBACK, settings.proxy.port)] if settings.proxy else []
    found += [(settings.names.address, port) for port in settings.names.ports] if settings.names else []
    return tuple(found)


def with_users(of: Deployment) -> str:
    """Write `ringfence.toml` with a user for each process; what else stands there stays as it is."""
    lines = of.settings_text.splitlines()
    if "[users]" in lines:
        start = lines.index("[users]")
        end = next((at for at, text in enumerate(lines) if at > start and text.startswith("[")), len(lines))
        lines[start:end] = []
    users = "\n".join(f'{process} = "{names.user(process)}"' for process in of.processes)
    return "\n".join(lines).rstrip() + f"\n\n[users]\n{users}\n"


def path_of(unit: str) -> str:
    """Say where a unit's file is."""
    return f"{names.UNITS}/{unit}"


def _unit(name: str, text: str) -> File:
    return File(path_of(name), text)


def _reads(of: Deployment, name: str, bot: Bot) -> tuple[str, ...]:
    hosts = (f"{_hosts_file(name)}:/etc/hosts",) if of.settings.names else ()
    own = (bot.directory,) if bot.directory else ()
    return (*own, *of.runtimes.get(name, ()), f"{of.ground.home}/trust", *hosts)


def _hosts_file(bot: str) -> str:
    return f"{names.ETC}/hosts-{bot}"


def _hosts(settings: Settings) -> str:
    """Write the hosts file of a bot's own view of the system, in which exchanges' names mean Ringfence."""
    if settings.names is None:
        return ""
    mine = [name for exchange in settings.names.exchanges for name in sorted(hosts_of(exchange))]
    rows = "\n".join(f"{settings.names.address} {name}" for name in mine)
    return f"# Written by `ringfence deploy`; the bot sees it in place of /etc/hosts.\n{_LOOPBACK} localhost\n{rows}\n"


def _program(ground: Ground) -> str:
    start = " ".join(shlex.quote(word) for word in ground.command("ringfence.cli"))
    return (
        "#!/bin/sh\n# Written by `ringfence deploy`.\n"
        f'export RINGFENCE_HOME="${{RINGFENCE_HOME:-{ground.home}}}"\nexec {start} "$@"\n'
    )
