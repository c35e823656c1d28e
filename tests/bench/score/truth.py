"""What is true of a corpus: which file holds which secret on which lines, and what each piece of code is."""

import msgspec

ROOMS = ("secrets-a", "secrets-b", "secrets-c", "code", "evasions", "deps")  # a folder each, scanned once each


class Secret(msgspec.Struct, frozen=True):
    """A file with a secret: where its value stands, and what it is there as."""

    path: str
    lines: tuple[int, ...]
    kind: str
    exchange: str = ""


class Lookalike(msgspec.Struct, frozen=True):
    """A file without a secret."""

    path: str
    kind: str


class Case(msgspec.Struct, frozen=True):
    """A folder of code: malicious, risky or benign, and the families of rules that would be right about it."""

    path: str
    name: str
    label: str
    reasons: tuple[str, ...]


class Package(msgspec.Struct, frozen=True):
    """A list of requirements of one package: a squat on a name, a legitimate name, or an old pin."""

    path: str
    name: str
    label: str
    advisories: tuple[str, ...] = ()


class Truth(msgspec.Struct, frozen=True):
    """All of it, with the seed that it was drawn from."""

    seed: int
    secrets_a: tuple[Secret, ...]
    secrets_unseen: tuple[Secret, ...]
    secrets_b: tuple[Secret, ...]
    secrets_c: tuple[Lookalike, ...]
    code: tuple[Case, ...]
    evasions: tuple[Case, ...]
    deps: tuple[Package, ...]
