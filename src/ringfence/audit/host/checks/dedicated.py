"""Is this a server for the bot alone: what listens, what is installed, who may log in, what starts by itself."""

from collections.abc import Mapping
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.dpkg import matching
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host, User
from ringfence.audit.host.listeners import Listener, reachable
from ringfence.audit.host.programs import Process, basename, processes, program, sockets, uids
from ringfence.audit.host.schedules import foreign
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.words import several

_SERVERS: Final = (
    "apache2", "nginx", "nginx-*", "lighttpd", "caddy", "tomcat[0-9]*", "mysql-server", "mysql-server-*",
    "mariadb-server", "mariadb-server-*", "postgresql", "postgresql-[0-9]*", "redis-server", "valkey-server",
    "mongodb-org", "mongodb-org-server", "mongodb-server", "memcached", "exim4-daemon-*", "postfix", "sendmail-bin",
    "dovecot-core", "bind9", "unbound", "dnsmasq", "samba", "vsftpd", "proftpd*", "pure-ftpd", "tftpd-hpa", "squid",
    "cups", "cups-daemon", "avahi-daemon", "snmpd", "nfs-kernel-server", "rpcbind", "rsync-daemon", "nis", "slapd",
    "xrdp", "tigervnc-standalone-server", "tightvncserver", "x11vnc", "telnetd", "inetutils-telnetd", "rsh-server",
    "inetutils-inetd", "openbsd-inetd", "xinetd", "webmin", "cockpit", "jenkins", "isc-dhcp-server", "kea-dhcp4-server",
)  # fmt: skip  # by CIS Debian Linux 12 v1.1.0, 2.1.1 to 2.1.21, and what else web panels and bots bring along

_DESKTOP: Final = (
    "xserver-xorg-core", "xwayland", "gdm3", "lightdm", "sddm", "firefox", "firefox-esr", "chromium",
    "google-chrome-*", "brave-browser", "thunderbird", "evolution", "gnome-shell", "xfce4-session", "plasma-desktop",
)  # fmt: skip  # by CIS Debian Linux 12 v1.1.0, 1.7.1 and 2.1.20

_COMPILERS: Final = ("gcc", "cc", "g++", "c++", "clang", "tcc", "as", "make")
_LOGGED_OUT: Final = {
    f"{place}/{name}" for place in ("/usr/sbin", "/sbin", "/usr/bin", "/bin") for name in ("nologin", "false", "sync")
}
_FIRST_PERSON, _NOBODY = 1000, 65534  # login.defs(5), UID_MIN; and Debian Policy 9.2.2
_MOST_PEOPLE = 2  # the owner, and one to stand in; by the list of checks that this project works from

_SHELLS: Final = {"sh", "bash", "dash", "zsh", "ksh", "mksh", "csh", "tcsh", "fish", "busybox"}
_REACHING: Final = {
    "curl",
    "wget",
    "nc",
    "nc.openbsd",
    "nc.traditional",
    "ncat",
    "netcat",
    "socat",
    "ssh",
    "telnet",
    "scp",
}
_PASSING: Final = ("/tmp/", "/var/tmp/", "/dev/shm/", "/memfd:")  # noqa: S108  # nothing that is installed runs from there

_LONG: Final = "--check-hash-based-pycs"  # the only long option with a value

_DHCP: Final = {"udp/68", "udp/546"}
_DHCP_CLIENTS: Final = {"dhclient", "dhcpcd", "systemd-networkd", "NetworkManager"}
_EPHEMERAL = 32768  # ip(7), ip_local_port_range: from here on the kernel gives ports to whoever asks something


def unexpected_listener(host: Host, expected: Expected) -> Answer:
    """Ask what may be reached from outside beside what is meant to be."""
    strange = [each for each in reachable(host) if each.name not in expected.ports]
    holders = sockets(host).held if strange else {}
    strange = [each for each in strange if not _is_dhcp(host, each, holders)]
    if not strange:
        return passed(several(sorted({each.name for each in reachable(host)})) or "nothing listens")
    serving = [each for each in strange if each.protocol == "tcp" or each.port < _EPHEMERAL]
    told = sorted({_told(host, each, holders) for each in serving or strange})
    return failed(several(told), severity=None if serving else Severity.LOW)


def server_package(host: Host, expected: Expected) -> Answer:
    """Ask for servers that a bot does not need."""
    found = [name for name in matching(host, _SERVERS) if name not in expected.packages]
    fix = f"apt purge {' '.join(found)}"
    return failed(several(found), "/var/lib/dpkg/status", fix=fix) if found else passed()


def too_many_people(host: Host, expected: Expected) -> Answer:
    """Ask who may log in beside those who are meant to."""
    if not host.users:
        raise Unseen("there is no /etc/passwd")
    people = sorted(user.name for user in host.users.values() if _is_person(user))
    strangers = [name for name in people if name not in expected.people]
    if expected.people:
        return failed(several(strangers), "/etc/passwd") if strangers else passed(several(people))
    return passed(several(people)) if len(people) <= _MOST_PEOPLE else failed(several(people), "/etc/passwd")


def desktop(host: Host, expected: Expected) -> Answer:
    """Ask for screens, browsers and mail."""
    found = [name for name in matching(host, _DESKTOP) if name not in expected.packages]
    return failed(several(found), "/var/lib/dpkg/status") if found else passed()


def foreign_schedule(host: Host, expected: Expected) -> Answer:
    """Ask what starts by itself and came from no package."""
    found = foreign(host, (*expected.units, *expected.made))
    return failed(several(found), found[0]) if found else passed()


def bot_runs_tools(host: Host, expected: Expected) -> Answer:
    """Ask whether a bot's user runs what a burglar runs."""
    if not expected.bots:
        return not_applicable("no bot is known")
    known = uids(host, expected.bots)
    own = [each for each in processes(host) if each.uids & known.keys()]
    odd = [f"{each.pid} {said}" for each in own if (said := _odd_program(host, each))]
    return failed(several(odd)) if odd else passed(f"{len(own)} processes")


def compiler(host: Host, _: Expected) -> Answer:
    """Ask whether everybody may build programs."""
    paths = [f"/usr/bin/{name}" for name in _COMPILERS]
    found = [path for path in paths if _may_run(host, path)]
    return failed(several(found), found[0]) if found else passed()


def _told(host: Host, listener: Listener, holders: Mapping[int, Process]) -> str:
    process = holders.get(listener.inode)
    name = basename(program(host, process)) or process.name if process else "the kernel, or a process that is not seen"
    return f"{listener.name} on {listener.address} by {name} (uid {listener.uid})"


def _is_dhcp(host: Host, listener: Listener, holders: Mapping[int, Process]) -> bool:
    process = holders.get(listener.inode)
    return listener.name in _DHCP and process is not None and basename(program(host, process)) in _DHCP_CLIENTS


def _is_person(user: User) -> bool:
    return user.uid >= _FIRST_PERSON and user.uid != _NOBODY and user.shell not in _LOGGED_OUT


def _odd_program(host: Host, process: Process) -> str:
    path = program(host, process)
    if path.startswith(_PASSING) or _is_tool(process, path):
        return f"{path} {several(process.args[1:2])}".strip()
    return ""


def _is_tool(process: Process, path: str) -> bool:
    names = {basename(path), basename(process.args[0]).removeprefix("-") if process.args else ""}
    said = names & (_SHELLS | _REACHING)
    return bool(said) or (basename(path).startswith("python") and _runs_text(process.args))


def _runs_text(args: tuple[str, ...]) -> bool:
    """Say whether Python is given its program as text, with -c or on its input (python(1), command line)."""
    words = iter(args[1:])
    for word in words:
        if not word.startswith("-"):
            return False
        letter = "" if word.startswith("--") else next((each for each in word if each in "cmWX"), "")
        if letter in ("c", "m"):
            return letter == "c"
        if word == _LONG or (letter and word.endswith(letter)):
            next(words, "")  # its value
    return basename(args[0]).startswith("python") if args else False


def _may_run(host: Host, path: str, depth: int = 4) -> bool:
    status = host.status(path)
    if status is None:
        return False
    if status.is_link and depth:
        target = status.target if status.target.startswith("/") else f"/usr/bin/{status.target}"
        return _may_run(host, target, depth - 1)
    return bool(status.bits & 0o001)


CHECKS: Final = (
    Check("host/unexpected-listener", unexpected_listener),
    Check("host/server-package", server_package),
    Check("host/too-many-people", too_many_people),
    Check("host/desktop", desktop, optional=True),
    Check("host/foreign-schedule", foreign_schedule),
    Check("host/bot-runs-tools", bot_runs_tools),
    Check("host/compiler", compiler, optional=True),
)
