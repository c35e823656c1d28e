"""What sshd really does: `sshd -T`, and beside it what its files say for some connections only.

`sshd -T` leaves out every Match block, and knows nothing of how the running server was started: both are read here, and
what it was started with that `sshd -T` does not show makes all of it unseen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ringfence.audit.host import paths
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

CONFIG: Final = "/etc/ssh/sshd_config"
_PROGRAMS = ("/usr/sbin/sshd", "/usr/local/sbin/sshd")
_OTHERS = ("/usr/sbin/dropbear", "/usr/sbin/tinysshd")
_DEPTH = 16  # SERVCONF_MAX_DEPTH of sshd: as deep as it includes
# sshd_config(5) and its history: older names of the same settings.
_SAME: Final[Mapping[str, str]] = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "dsaauthentication": "pubkeyauthentication",
}
_LINE = re.compile(r'\s*"?(?P<key>\w+)"?(?:\s*=\s*|\s+)(?P<rest>.*)')
_WORD = re.compile(r'"(?P<quoted>[^"]*)"|(?P<comment>#.*)|(?P<plain>\S+)')


class Line(NamedTuple):
    """One setting: what it says, where, and for which connections; `when` is empty where it holds for all."""

    key: str
    value: str
    path: str = ""
    line: int = 0
    when: str = ""

    def __str__(self) -> str:
        """Write it as it would stand in the file."""
        return f"{self.key} {self.value}" + (f" (Match {self.when})" if self.when else "")


@dataclass(frozen=True, slots=True)
class Sshd:
    """A server's settings: what `sshd -T` tells, in lower case by key, and every line of its files."""

    told: Mapping[str, tuple[str, ...]]
    lines: tuple[Line, ...]

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value that holds for everybody."""
        return self.told.get(key, ())

    def one(self, key: str) -> str:
        """Return the value that holds for everybody; raises `Unseen` where sshd does not tell it."""
        if key not in self.told:
            raise Unseen(f"sshd -T does not tell {key}")
        return self.told[key][0]

    def says(self, key: str) -> tuple[Line, ...]:
        """Return the value that holds for everybody, and those that some Match block has instead."""
        set_by = next((one for one in self.lines if one.key == key and not one.when), Line(key, ""))
        holds = set_by._replace(value=self.one(key))
        return (holds, *(one for one in self.lines if one.key == key and one.when))


def installed(host: Host) -> bool:
    """Say whether OpenSSH's server is there; raises `Unseen` where another one is."""
    if any(host.status(path) is not None for path in _PROGRAMS):
        return True
    for path in _OTHERS:
        if host.status(path) is not None:
            raise Unseen(f"{path} serves SSH, which this check cannot read")
    return False


def read(host: Host) -> Sshd:
    """Read what holds; raises `Unseen` where sshd does not say, or was started with other settings than it says."""
    ran = host.run("sshd", "-T")
    if ran.code != 0:
        raise Unseen("sshd -T fails: run it as root, it says why")
    told: dict[str, tuple[str, ...]] = {}
    for text in ran.out.splitlines():
        key, _, value = text.strip().partition(" ")
        name = _SAME.get(key.lower(), key.lower())
        told[name] = (*told.get(name, ()), value.strip())
    if "permitrootlogin" not in told:
        raise Unseen("sshd -T does not tell what it should")
    odd = started_with(host)
    if odd is not None:
        raise Unseen(f"sshd is started with {odd.value}, which sshd -T does not show")
    return Sshd(told, tuple(_lines(host, CONFIG)))


def _lines(host: Host, path: str, when: str = "", depth: int = 0) -> Iterator[Line]:
    if depth > _DEPTH:
        raise Unseen(f"{path} is included too deep")
    for number, text in enumerate((host.text(path) or "").split("\n"), 1):
        found = _LINE.match(text)
        if found is None:
            continue
        key, words = found["key"].lower(), _words(found["rest"])
        if key == "match":
            when = " ".join(words)
        elif key == "include":
            for each in _included(host, words):
                yield from _lines(host, each, when, depth + 1)
        else:
            yield Line(_SAME.get(key, key), " ".join(words), path, number, when)


def _included(host: Host, patterns: list[str]) -> Iterator[str]:
    for pattern in patterns:
        yield from paths.expand(host, pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}")


def _words(text: str) -> list[str]:
    words = list[str]()
    for found in _WORD.finditer(text):
        if found["comment"] is not None:
            break
        words.append(found["plain"] if found["quoted"] is None else found["quoted"])
    return words


_UNITS = ("ssh.service", "sshd.service", "ssh@.service", "sshd@.service")
_UNIT_HOMES = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
_HARMLESS = re.compile(r"-[De46iqt]+|-u\d+|\$\{?SSHD_OPTS\}?|\[listener\].*")
_STARTS = re.compile(r"^\s*ExecStart\s*=\s*[-@:+!|]*\S*sshd\S*(?P<options>.*)$", re.MULTILINE)
_OPTIONS = re.compile(r"^[^#\n]*SSHD_OPTS=(?P<options>.*)$", re.MULTILINE)
_PROCESS = re.compile(r"(?:sshd: )?\S*/sshd[ \0](?P<options>[^\[]*)")


def started_with(host: Host) -> Line | None:
    """Find an option that the server is started with and that `sshd -T` does not show; None where there is none."""
    for path, options in _options(host):
        odd = [word for word in options.replace("\0", " ").split() if not _HARMLESS.fullmatch(word.strip("\"'"))]
        if odd:
            return Line("started with", " ".join(odd), path)
    return None


def _options(host: Host) -> Iterator[tuple[str, str]]:
    units = [f"{home}/{unit}" for home in _UNIT_HOMES for unit in _UNITS]
    files = [path for unit in units for path in (unit, *host.under(f"{unit}.d", ".conf"))]
    for path in ("/etc/default/ssh", *files):
        text = (host.text(path) or "").replace("\\\n", " ")
        for found in (*_OPTIONS.finditer(text), *_STARTS.finditer(text)):
            yield path, found["options"]
    pid = (host.text("/run/sshd.pid") or "").strip()  # PidFile of sshd_config(5), on Debian
    if pid.isdecimal():
        running = _PROCESS.match(host.text(f"/proc/{pid}/cmdline") or "")
        if running is not None:
            yield f"/proc/{pid}/cmdline", running["options"]
