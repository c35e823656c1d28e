"""What a deployment wants of a server: a list of plain values, each of which can be looked for, made and undone."""

import msgspec

ROOT = "root"


class Group(msgspec.Struct, frozen=True, tag=True):
    """A group of the system."""

    name: str


class User(msgspec.Struct, frozen=True, tag=True):
    """A user of the system who cannot log in. `group` is its first one."""

    name: str
    group: str
    home: str = "/nonexistent"


class Folder(msgspec.Struct, frozen=True, tag=True):
    """A directory, and whose it is. `passing`: what is in it is worth nothing once all is taken out."""

    path: str
    owner: str = ROOT
    group: str = ROOT
    mode: int = 0o755
    passing: bool = False


class File(msgspec.Struct, frozen=True, tag=True):
    """A file, whole. `secret`: its content is never shown."""

    path: str
    content: str
    owner: str = ROOT
    group: str = ROOT
    mode: int = 0o644
    secret: bool = False


class Link(msgspec.Struct, frozen=True, tag=True):
    """A symbolic link."""

    path: str
    target: str


class Code(msgspec.Struct, frozen=True, tag=True):
    """Our own code, copied so that root alone can change it. `path` is named for what is in it."""

    path: str
    python: str


class Sealed(msgspec.Struct, frozen=True, tag=True):
    """The vault's passphrase, sealed to this machine for one service (systemd-creds(1))."""

    path: str
    name: str


class ReadBy(msgspec.Struct, frozen=True, tag=True):
    """A tree that a group may read and not write, whoever's it is; but for the folders in `but`."""

    path: str
    group: str
    but: tuple[str, ...] = ()


class Owned(msgspec.Struct, frozen=True, tag=True):
    """A tree that is one user's, made where it is not there."""

    path: str
    owner: str
    group: str


class Running(msgspec.Struct, frozen=True, tag=True):
    """A unit that starts with the system and runs now. `after`: the files at a change of which it is started anew."""

    unit: str
    after: tuple[str, ...] = ()
    enabled: bool = True


class Switches(msgspec.Struct, frozen=True, tag=True):
    """Switches of the kernel, in a file of sysctl.d(5) and as they are now. `values` are by path in /proc/sys."""

    path: str
    values: tuple[tuple[str, str], ...]


class Packages(msgspec.Struct, frozen=True, tag=True):
    """Packages of the distribution."""

    names: tuple[str, ...]


Want = Group | User | Folder | File | Link | Code | Sealed | ReadBy | Owned | Running | Switches | Packages
