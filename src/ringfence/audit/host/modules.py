"""The kernel's modules: which are loaded, which could be, and which are not the distribution's (modprobe.d(5))."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.host.host import Host

RARE: Final = (
    "dccp",
    "sctp",
    "rds",
    "tipc",
    "cramfs",
    "freevxfs",
    "hfs",
    "hfsplus",
    "jffs2",
    "udf",
    "usb_storage",
)
"""Protocols and file systems that servers do not use (CIS 1.1.1, 3.2; Lynis NETW-3200)."""

FOREIGN: Final = 1 << 12 | 1 << 13
"""Bits of kernel.tainted: a module from outside the kernel's tree, one without a signature (tainted-kernels)."""

_FOREIGN_LETTERS: Final = frozenset("OE")
_DIRS: Final = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
_NOTHING: Final = {"/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true"}


def loadable(host: Host) -> tuple[str, ...] | None:
    """Name the rare modules that are loaded or could be; None where the kernel that runs has no modules at all."""
    release = (host.text("/proc/sys/kernel/osrelease") or "").strip()
    known = host.text(f"/lib/modules/{release}/modules.dep") if release else None
    loaded = _loaded(host)
    if known is None and not loaded:
        return None
    there = {_stem(line.partition(":")[0]) for line in (known or "").splitlines()}
    off = _switched_off(host)
    return tuple(one for one in RARE if one in loaded or (one in there and one not in off))


def foreign(host: Host) -> tuple[str, ...]:
    """Name the loaded modules that are not the distribution's, by the letters in /proc/modules."""
    rows = (line.split() for line in (host.text("/proc/modules") or "").splitlines())
    return tuple(row[0] for row in rows if row and row[-1].startswith("(") and _FOREIGN_LETTERS & set(row[-1]))


def _loaded(host: Host) -> set[str]:
    return {line.split()[0] for line in (host.text("/proc/modules") or "").splitlines() if line.strip()}


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _switched_off(host: Host) -> set[str]:
    """Name the modules that are blacklisted, or for which a program runs that does nothing, and no other."""
    asked = [line.split() for line in _lines(host)]
    black = {row[1].replace("-", "_") for row in asked if row[0] == "blacklist" and len(row) == 2}  # noqa: PLR2004  # modprobe.d(5)
    installs = [(row[1].replace("-", "_"), row[2:]) for row in asked if row[0] == "install" and len(row) > 2]  # noqa: PLR2004  # modprobe.d(5)
    run = {name for name, words in installs if len(words) != 1 or words[0] not in _NOTHING}
    return (black | {name for name, _ in installs}) - run


def _lines(host: Host) -> Iterator[str]:
    """Yield the lines that count: of two files of one name, those of the one in the earlier directory."""
    files = dict[str, str]()
    for directory in _DIRS:
        for path in host.under(directory, ".conf"):
            files.setdefault(path.rpartition("/")[2], path)
    for path in files.values():
        text = (host.text(path) or "").replace("\\\n", " ")
        yield from (line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#"))
