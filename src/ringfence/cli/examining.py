"""What protects a deployment on this machine, what does not, and what that means for whoever has money here.

Reads /proc and /sys below a root, and is told what was tried. What cannot be read is unknown, never live.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from ringfence.cli.trying import Tried
from ringfence.confine import landlock


class State(StrEnum):
    """How a protection stands."""

    LIVE = "live"
    PARTLY = "partly"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Row(msgspec.Struct, frozen=True):
    """One protection: what its state means, and what to do; `needed` where Ringfence counts on it."""

    name: str
    state: State
    means: str
    do: str = ""
    needed: bool = False

    @property
    def wrong(self) -> bool:
        """Whether something that is counted on is not there, or cannot be seen to be."""
        return self.needed and self.state in {State.MISSING, State.UNKNOWN}


def kernel(root: Path, tried: Tried) -> Iterator[Row]:
    """Say what the kernel and the machine give."""
    yield _files(tried)
    yield _calls(tried)
    yield _privileges(tried)
    yield _memory(tried)
    yield _networks(tried)
    yield _clock(tried)
    yield _tracing(root)
    yield _swap(root, tried)
    yield _cores(root)
    yield _groups(root)


def _files(tried: Tried) -> Row:
    name, do = (
        "files (Landlock)",
        "a newer kernel: 6.12 or later, as Debian 13 has; switch it on with lsm=landlock,... at boot",
    )
    if not tried.landlock or not tried.files:
        means = "each process of Ringfence, and a bot under `ringfence confine`, can open whatever its user can"
        return Row(name, State.MISSING, means, do, needed=True)
    lacking = [
        what
        for since, what in (
            (landlock.TRUNCATE_SINCE, "files that may only be read can be emptied"),
            (landlock.TCP_SINCE, "TCP ports are not kept"),
            (landlock.SCOPE_SINCE, "signals to other processes pass"),
        )
        if tried.landlock < since
    ]
    held = f"version {tried.landlock}: each process opens its own files alone"
    if lacking:
        return Row(name, State.PARTLY, f"{held}, but {', '.join(lacking)}", do, needed=True)
    return Row(name, State.LIVE, f"{held}, by its own ports, and signals nobody else", needed=True)


def _calls(tried: Tried) -> Row:
    name = "system calls (seccomp)"
    if tried.filters:
        return Row(
            name, State.LIVE, "the signer makes no internet socket, and no process starts a program", needed=True
        )
    means = "the signer does not start: it could send a key away"
    return Row(
        name, State.MISSING, means, "a kernel with seccomp filters; a container must let them be set", needed=True
    )


def _privileges(tried: Tried) -> Row:
    name = "no new privileges"
    if tried.no_new_privileges:
        return Row(
            name, State.LIVE, "no program such as sudo raises the rights of a process that gave them up", needed=True
        )
    return Row(name, State.MISSING, "a process could become root through sudo", "a newer kernel (3.5)", needed=True)


def _memory(tried: Tried) -> Row:
    name = "secret memory"
    if tried.secret_memory:
        return Row(
            name, State.LIVE, "keys lie in pages that not even root reads through /proc, and that are never swapped"
        )
    means = "keys lie in locked pages: never swapped, but root can read them"
    return Row(name, State.PARTLY, means, "Linux 6.5 or later, or secretmem.enable=1 at boot")


def _networks(tried: Tried) -> Row:
    name = "network of its own"
    if tried.namespaces:
        return Row(name, State.LIVE, "`ringfence confine` and `leaktest` give a bot a network where only Ringfence is")
    means = "`ringfence confine` can hold a bot to ports and not to addresses, and `leaktest` needs root"
    do = "let users have namespaces: kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns"
    return Row(name, State.MISSING, means, do)


def _clock(tried: Tried) -> Row:
    name, do = "clock", "run a time service: apt install chrony, or systemd-timesyncd"
    match tried.synchronised:
        case True:
            return Row(
                name,
                State.LIVE,
                "something keeps it right, so prices and requests are judged by their real age",
                needed=True,
            )
        case False:
            means = "nobody keeps it right: exchanges refuse requests that are seconds off, exits as well"
            return Row(name, State.MISSING, means, do, needed=True)
        case None:
            return Row(name, State.UNKNOWN, "the kernel does not say whether it is kept right", do, needed=True)


def _tracing(root: Path) -> Row:
    name, do = "reading other processes (Yama)", "sysctl kernel.yama.ptrace_scope=1, in /etc/sysctl.d as well"
    told = text(root, "proc/sys/kernel/yama/ptrace_scope")
    ours = "Ringfence's own processes close themselves to that"
    match told:
        case "1" | "2" | "3":
            return Row(name, State.LIVE, "a program reads the memory of nobody but what it started")
        case "0":
            return Row(name, State.PARTLY, f"a program reads the memory of its user's others; {ours}", do)
        case None:
            means = f"this kernel has no Yama: a program reads the memory of its user's others; {ours}"
            return Row(name, State.PARTLY, means, "a kernel with Yama; Debian's and Ubuntu's have it")
        case _:
            return Row(name, State.UNKNOWN, "its setting cannot be read", do)


def _swap(root: Path, tried: Tried) -> Row:
    told = text(root, "proc/swaps")
    if told is None or not told.startswith("Filename"):
        return Row("swap", State.UNKNOWN, "whether memory is written to disk cannot be read", "swapon --show")
    used = [line.split()[0] for line in told.splitlines()[1:] if line.strip()]
    if not used:
        return Row("swap", State.LIVE, "memory is never written to disk")
    kept = (
        "keys are kept out of it"
        if tried.secret_memory
        else "keys are locked in memory, where the limit on that allows"
    )
    means = f"memory goes to {', '.join(used)}: {kept}, but what a bot or the gateway holds is not"
    return Row("swap", State.PARTLY, means, "swapoff -a, or encrypt it")


def _cores(root: Path) -> Row:
    told = text(root, "proc/sys/kernel/core_pattern")
    if told is None:
        return Row("core dumps", State.UNKNOWN, "where crashes go cannot be read", "sysctl kernel.core_pattern")
    if told in {"", "|/bin/false"}:
        return Row("core dumps", State.LIVE, "no crash leaves a copy of memory")
    means = f"Ringfence's processes leave none; the copy of a bot that crashes goes to {told}"
    return Row(
        "core dumps", State.PARTLY, means, "ulimit -c 0 for the bot, or sysctl kernel.core_pattern='|/bin/false'"
    )


def _groups(root: Path) -> Row:
    name = "limits (cgroup v2)"
    if text(root, "sys/fs/cgroup/cgroup.controllers") is not None:
        return Row(name, State.LIVE, "units can be held to memory, processors and tasks")
    means = "systemd takes MemoryMax= and TasksMax= and they do nothing: a bot can starve Ringfence"
    return Row(name, State.MISSING, means, "boot with systemd.unified_cgroup_hierarchy=1")


def systemd(root: Path, version: str) -> Row:
    """Say what is known of systemd; `version` is what its own program says, empty where there is none."""
    if not (root / "run/systemd/system").is_dir():
        return Row("systemd", State.MISSING, "it does not run here, so a user for each process must be set up by hand")
    number = version.split()[1] if len(version.split()) > 1 else "of unknown version"
    built = (
        "" if "+BPF_FRAMEWORK" in version.split() else ", and SocketBindDeny= and RestrictNetworkInterfaces= do nothing"
    )
    means = (
        f"systemd {number}: IPAddressDeny= is ignored without a word where its firewall cannot be loaded{built}; "
        "whether it can is seen by trying, as root"
    )
    return Row("systemd", State.UNKNOWN, means, "count on PrivateNetwork=, and prove it with `ringfence canary`")


def text(root: Path, path: str) -> str | None:
    """Read a small file below the root; None where it cannot be."""
    try:
        return (root / path).read_text("utf-8", "replace").strip()
    except OSError:
        return None
