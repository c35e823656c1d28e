"""A server of dictionaries that has sshd, nft, switches and apt, and can be killed before any of its steps.

What runs is apart from what is written: sshd goes by a drop-in only once it has been told to read it.
"""

from dataclasses import dataclass, field

from ringfence.deploy.machine import Kind, Seen
from ringfence.errors import RingfenceError
from ringfence.harden.names import BOOT, INBOUND, ROLLBACK, RULES, SSH, TIMER
from tests.deploy.pretend import Pretend

SWITCHES = {"kernel/sysrq": "438", "kernel/kptr_restrict": "0", "net/ipv4/conf/all/rp_filter": "0"}
UNITS = "/etc/systemd/system"
_LOOKS = {"sshd", "dpkg-query"}


def file(text: str, mode: int = 0o644) -> Seen:
    return Seen(Kind.FILE, mode, 0, 0, text.encode())


@dataclass
class Server(Pretend):
    """A server. `sshd` is the drop-in that the running one goes by, `table` the rules that the kernel has.

    `stuck` are switches that the kernel does not let go of; `bad` is a text that sshd takes for no settings.
    """

    sshd: str = ""
    table: str = ""
    packages: set[str] = field(default_factory=set)
    comes_with: tuple[str, ...] = ()
    stuck: frozenset[str] = frozenset()
    bad: str = "nonsense"
    offline: bool = False
    reloads: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.active |= {"ssh.service"}
        for key, value in SWITCHES.items():
            self.paths.setdefault(f"/proc/sys/{key}", file(f"{value}\n"))

    def run(self, *command: str, given: bytes | bytearray = b"") -> str:  # noqa: C901  # one a command
        if command[0] in _LOOKS or "--simulate" in command:
            return self._told(*command)
        if command[0] not in {"sysctl", "systemd-run", "apt-get", "dpkg", "systemctl"} or command[1].startswith("is-"):
            return super().run(*command, given=given)
        self.step()
        self.said.append(" ".join(command))
        if self.fails and self.fails in " ".join(command):
            raise RingfenceError(f"{' '.join(command)}: it does not want to")
        match command:
            case ("sysctl", "-q", "-p", path):
                self._set(self.paths[path].content.decode())
            case ("sysctl", "-q", "-w", text):
                self._set(text)
            case ("systemd-run", *_):
                self.active.add(TIMER)
            case ("apt-get", "--quiet", "update") if self.offline:
                raise RingfenceError("apt-get --quiet update: Temporary failure resolving 'deb.debian.org'")
            case ("apt-get", *_, "install", name):
                self.packages |= {name, *self.comes_with}
            case ("dpkg", "--purge", *names):
                self.packages -= set(names)
            case ("systemctl", verb, *rest):
                self._changes(verb, rest[-1] if rest else "")
        return ""

    def _told(self, *command: str) -> str:
        if command == ("sshd", "-t") and self.bad in self._text(SSH):
            raise RingfenceError("sshd -t: bad configuration option")
        if command[0] == "dpkg-query":
            return "installed" if command[-1] in self.packages else "not-installed"
        return "".join(f"Inst {name} (1.0 Debian)\n" for name in (*command[4:], *self.comes_with))

    def _changes(self, verb: str, unit: str) -> None:
        if verb in {"restart", "reload", "start"} and unit not in {"ssh.service", "chrony.service"}:
            self._text_of_unit(unit)
        match verb, unit:
            case "reload", "ssh.service":
                self.sshd, self.reloads = self._text(SSH), self.reloads + 1
            case "restart", unit:
                self.active.add(unit)
                self.table = self._text(RULES) if unit == INBOUND else self.table
            case "stop", unit:
                self.active.discard(unit)
                self.table = "" if unit == INBOUND else self.table
            case _:
                self._systemctl(verb, unit)

    def _text(self, path: str) -> str:
        seen = self.paths.get(path)
        return "" if seen is None else seen.content.decode()

    def _text_of_unit(self, unit: str) -> str:
        if f"{UNITS}/{unit}" not in self.paths:
            raise RingfenceError(f"Unit {unit} not found")
        return self._text(f"{UNITS}/{unit}")

    def _set(self, text: str) -> None:
        for line in text.splitlines():
            key, _, value = (part.strip() for part in line.partition("="))
            if line.startswith("#"):
                continue
            if key in self.stuck and value != "1":
                raise RingfenceError(f"sysctl: setting key {key}: Operation not permitted")
            self.paths[f"/proc/sys/{key}"] = file(f"{value}\n")

    def state(self) -> object:
        """Everything that can be looked at, as numbers of the kernel are written."""
        return super().state(), self.sshd, self.table, set(self.packages)

    @property
    def is_armed(self) -> bool:
        """Say whether what takes a trial back stands ready, now and at the next start."""
        there = all(f"{UNITS}/{unit}" in self.paths for unit in (ROLLBACK, BOOT))
        return TIMER in self.active and BOOT in self.enabled and there

    def power_off(self) -> None:
        """Lose what is in memory alone, and start again: units that are enabled run, sshd reads its settings."""
        self.left = None
        self.active = {"ssh.service"} | {unit for unit in self.enabled if unit != BOOT}
        self.sshd = self._text(SSH)
        self.table = self._text(RULES) if INBOUND in self.active else ""
        for key, value in SWITCHES.items():
            self.paths[f"/proc/sys/{key}"] = file(f"{value}\n")
