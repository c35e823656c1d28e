"""Which kernel runs, and which is installed and would run after the next start."""

import re
from dataclasses import dataclass

from ringfence.audit.host.dpkg import packages
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen


@dataclass(frozen=True, slots=True)
class Kernels:
    """The one that runs, and a newer one that does not; `newer` is empty where there is none."""

    running: str
    newer: str


def kernels(host: Host) -> Kernels | None:
    """Compare what runs with what is installed; None where the kernel is not this system's own."""
    running = (host.text("/proc/sys/kernel/osrelease") or "").strip()
    if not running:
        raise Unseen("the kernel does not say which it is")
    installed = [name.removeprefix("vmlinuz-") for name in host.names("/boot") if name.startswith("vmlinuz-")]
    if not installed:
        return None
    alike = [each for each in installed if _flavour(each) == _flavour(running)] or installed
    newest = max(alike, key=_order)
    if _order(newest) > _order(running):
        return Kernels(running, newest)
    return Kernels(running, _rebuilt(host, running))


def _rebuilt(host: Host, running: str) -> str:
    """Return the version of a kernel's package where another build of that name runs; Debian's kernels say theirs."""
    said = re.search(r"\bDebian (\d\S*)", host.text("/proc/version") or "")
    package = packages(host).get(f"linux-image-{running}")
    return package.version if said and package and package.version != said[1] else ""


def _flavour(name: str) -> str:
    return re.sub(r"^[\d.]+(?:\+bpo|\+deb\d+)?(?:-[\d.]+)?-?", "", name)


def _order(name: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\d+", name.removesuffix(_flavour(name))))
