"""Which processes of a deployment run, and whether the kernel says of each that it gave up what it should."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ringfence.cli.answers import Status
from ringfence.cli.examining import Row, State, text
from ringfence.cli.radius import why
from ringfence.settings import PROCESSES, Settings

_FILTERED = "2"  # proc(5), Seccomp: a filter


@dataclass(frozen=True, slots=True)
class Running:
    """A process of ours as /proc shows it."""

    name: str
    pid: int
    uid: int
    no_new_privileges: bool
    filtered: bool


def running(root: Path, home: Path) -> Iterator[Running]:
    """Find the processes of a deployment by how they are started: `ringfence.NAME --home HOME`."""
    for folder in sorted((root / "proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        words = (text(folder, "cmdline") or "").split("\0")
        name = _name_of(words, home)
        lines = dict(line.split(":\t", 1) for line in (text(folder, "status") or "").splitlines() if ":\t" in line)
        if name is not None and "Uid" in lines:
            yield Running(
                name,
                int(folder.name),
                int(lines["Uid"].split()[1]),
                lines.get("NoNewPrivs") == "1",
                lines.get("Seccomp") == _FILTERED,
            )


def _name_of(words: list[str], home: Path) -> str | None:
    names = {f"ringfence.{name}": name for name in PROCESSES}
    for at, word in enumerate(words[:-2]):
        if word in names and words[at + 1] == "--home" and Path(words[at + 2]) == home:
            return names[word]
    return None


def processes(settings: Settings, found: tuple[Running, ...], status: Status | None) -> Iterator[Row]:
    """Say how the deployment's processes stand; `status` is what the signer says, None where it does not answer."""
    if not found:
        means = "none of this deployment's runs, so there is nothing to look at"
        yield Row("processes", State.UNKNOWN, means, "start it with `ringfence run`, and ask again")
        return
    bare = [f"{one.name} ({one.pid})" for one in found if not (one.no_new_privileges and one.filtered)]
    absent = [name for name in PROCESSES if name not in {one.name for one in found}]
    if bare:
        means = f"{', '.join(bare)} can do all that its user can: the kernel shows no filter on it"
        yield Row("processes", State.MISSING, means, "stop everything, and look at the logs of its start", needed=True)
    elif absent:
        means = f"{', '.join(absent)} does not run; the others have given up what they never need"
        yield Row("processes", State.PARTLY, means, "`ringfence status`", needed=True)
    else:
        yield Row("processes", State.LIVE, "all four have given up what they never need", needed=True)
    yield _users(settings, found)
    yield _signer(status)


def _users(settings: Settings, found: tuple[Running, ...]) -> Row:
    other = [one.name for one in found if one.uid not in settings.uids(one.name)]
    if other:
        means = f"{', '.join(other)} runs as another user than ringfence.toml says"
        return Row("users", State.MISSING, means, "stop it: somebody else started it", needed=True)
    if len({one.uid for one in found}) < len({one.name for one in found}):
        means = "one user for several processes is no wall: what runs as that user reaches the keys"
        return Row(
            "users", State.PARTLY, means, "keep to paper, or to what you can lose; `ringfence radius` says the same"
        )
    return Row("users", State.LIVE, "each process has a user of its own")


def _signer(status: Status | None) -> Row:
    if status is None:
        return Row(
            "signer",
            State.UNKNOWN,
            "it does not answer, so what it gave up is not known",
            "`ringfence status`",
            needed=True,
        )
    off = [f"{one.name} ({one.detail})" for one in status.protections if not one.live]
    if off:
        return Row("signer", State.MISSING, f"it runs without {', '.join(off)}", "see the rows above", needed=True)
    return Row(
        "signer",
        State.LIVE,
        f"{', '.join(one.name for one in status.protections)}; keys in {status.memory}",
        needed=True,
    )


def walls(status: Status | None) -> Iterator[Row]:
    """Say of each bot whether a canary has proven that it reaches nothing but Ringfence."""
    for wall in () if status is None else status.walls:
        name = f"bot {wall.bot}"
        if wall.held:
            yield Row(
                name, State.LIVE, f"{wall.tried} things were tried {wall.age_s // 60} min ago, and all are closed"
            )
        else:
            yield Row(name, State.MISSING, why(wall), "`ringfence deploy --plan` says what differs", needed=True)
