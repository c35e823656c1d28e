"""A server made of dictionaries, which can be killed before any of its steps."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ringfence.deploy.machine import Kind, Rights, Seen
from ringfence.errors import RingfenceError

PASSWD = "root:x:0:0:root:/:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n"  # noqa: S105  # who there is
GROUP = "root:x:0:\nalice:x:1000:\n"


class Killed(BaseException):
    """The power went away: nothing after it happens, and nobody catches it."""


@dataclass
class Pretend:
    """A server. `left` is how many steps it still makes before it is killed; None: it is not."""

    paths: dict[str, Seen] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    enabled: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    left: int | None = None
    fails: str = ""

    def __post_init__(self) -> None:
        for path, text in (("/etc/passwd", PASSWD), ("/etc/group", GROUP)):
            self.paths.setdefault(path, Seen(Kind.FILE, 0o644, 0, 0, text.encode()))

    def step(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1

    def look(self, path: str) -> Seen | None:
        return self.paths.get(path)

    def put(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        self.step()
        self.paths[path] = Seen(Kind.FILE, mode, uid, gid, content)

    def make(self, path: str, mode: int, uid: int, gid: int) -> None:
        self.step()
        self.paths[path] = Seen(Kind.FOLDER, mode, uid, gid)

    def link(self, path: str, target: str) -> None:
        self.step()
        self.paths[path] = Seen(Kind.LINK, 0o777, 0, 0, target=target)

    def remove(self, path: str) -> None:
        self.step()
        for each in [one for one in self.paths if one == path or one.startswith(f"{path}/")]:
            del self.paths[each]

    def remove_empty(self, path: str) -> None:
        self.step()
        if any(one.startswith(f"{path}/") for one in self.paths):
            raise RingfenceError(f"{path}: not empty")
        self.paths.pop(path, None)

    def copy(self, source: str, path: str, mode: int = 0o644) -> None:
        self.step()
        self.paths[path] = Seen(Kind.FOLDER, 0o755, 0, 0)

    def rights(self, path: str, but: tuple[str, ...] = ()) -> tuple[Rights, ...]:
        return tuple(
            Rights(each, seen.mode, seen.uid, seen.gid)
            for each, seen in sorted(self.paths.items())
            if (each == path or each.startswith(f"{path}/"))
            and not any(each == one or each.startswith(f"{one}/") for one in but)
        )

    def change(self, path: str, decide: Callable[[Rights], Rights], but: tuple[str, ...] = ()) -> None:
        for now in self.rights(path, but):
            self.step()
            then = decide(now)
            self.paths[now.path] = self.paths[now.path]._replace(mode=then.mode, uid=then.uid, gid=then.gid)

    def run(self, *command: str, given: bytes | bytearray = b"") -> str:  # noqa: C901  # one a command
        if command[0] != "systemctl" or not command[1].startswith("is-"):
            self.step()
            self.said.append(" ".join(command))
        if self.fails and self.fails in " ".join(command):
            raise RingfenceError(f"{' '.join(command)}: it does not want to")
        match command:
            case ("groupadd", *_, name):
                self._add("/etc/group", f"{name}:x:{self._free('/etc/group')}:")
            case ("useradd", *_, "--gid", group, name):
                gid = self._rows("/etc/group")[group].split(":")[2]
                self._add("/etc/passwd", f"{name}:x:{self._free('/etc/passwd')}:{gid}::/:/usr/sbin/nologin")
            case ("groupdel", name):
                self._drop("/etc/group", name)
            case ("userdel", name):
                self._drop("/etc/passwd", name)
            case ("systemctl", *rest):
                return self._systemctl(*rest)
            case ("systemd-creds", *_):
                return f"sealed {len(given)}"
        return ""

    def _systemctl(self, verb: str, *rest: str) -> str:
        unit = rest[-1] if rest else ""
        match verb:
            case "is-active" | "is-enabled":
                held = self.active if verb == "is-active" else self.enabled
                if unit not in held:
                    raise RingfenceError("no")
                return "active" if verb == "is-active" else "enabled"
            case "enable" | "disable":
                (self.enabled.add if verb == "enable" else self.enabled.discard)(unit)
            case "restart":
                if f"/etc/systemd/system/{unit}" not in self.paths:
                    raise RingfenceError(f"Unit {unit} not found")
                self.active.add(unit)
            case "stop":
                self.active.discard(unit)
        return ""

    def _rows(self, path: str) -> dict[str, str]:
        return {line.partition(":")[0]: line for line in self.paths[path].content.decode().splitlines()}

    def _free(self, path: str) -> int:
        return min(set(range(100, 1000)) - {int(line.split(":")[2]) for line in self._rows(path).values()})

    def _add(self, path: str, line: str) -> None:
        rows = self._rows(path)
        if line.partition(":")[0] in rows:
            raise RingfenceError("it already exists")
        self._write(path, [*rows.values(), line])

    def _drop(self, path: str, name: str) -> None:
        rows = self._rows(path)
        if name not in rows:
            raise RingfenceError(f"{name} does not exist")
        self._write(path, [line for each, line in rows.items() if each != name])

    def _write(self, path: str, lines: list[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        self.paths[path] = self.paths[path]._replace(content=text.encode())

    def state(self) -> object:
        """Everything that can be looked at, to be compared."""
        return dict(self.paths), set(self.active), set(self.enabled)
