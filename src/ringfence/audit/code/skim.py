"""What is kept of a file of an installed package that is not read: the hosts that it names, and what it imports."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ringfence.audit.code.bytecode import TELLING
from ringfence.audit.code.capability import Capability, Power
from ringfence.audit.code.hosts import urls
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.resolving import joined, module_of, package_of
from ringfence.audit.code.summary import Module, Summary
from ringfence.audit.finding import Place

_IMPORT: Final = re.compile(rb"import[ \t]+([^\n#;]{1,400})")
_FROM: Final = re.compile(
    rb"from[ \t]*+((?:\.[ \t]*+)*+)([\w.]{0,200})[ \t]*+(?<=[ \t.])import\b[ \t]*+(\([^()]{1,20000}\)|[^\n#;]{1,2000})"
)
_COMMENT: Final = re.compile(rb"#[^\n]*")
_NAME: Final = re.compile(r"(\w+)(?:\s+as\s+(\w+))?|\*")
_MODULE: Final = re.compile(r"([\w.]+)(?:\s+as\s+(\w+))?")
_ADDRESS: Final = re.compile(rb"://[^\"'\s]{1,200}")
_SCHEME: Final = re.compile(rb"[\"'](\w{2,8})\Z")
_MOST: Final = 2000  # names that one file imports
_FAR: Final = 400  # bytes of a line before a statement


def skim(path: str, data: bytes) -> Module:
    """Keep of a file that tells nothing what it says without being read."""
    able = [
        Capability(Power.HOST, host, Place(path, data.count(b"\n", 0, at) + 1)) for host, at in hosts_in(data).items()
    ]
    said = tuple(word for word in TELLING if word.encode() in data)
    names, stars = imported(path, data)
    summary = Summary(texts={"~words": said, "~size": (str(len(data)),)}, names=names, stars=stars)
    return Module(path, (), (), tuple(sorted(able)), summary, skimmed=True)


def shortened(module: Module) -> Module:
    """Keep of a file that was read, and in which nothing begins and nothing ends, as much as of a skimmed one."""
    flows = module.summary.flows
    if any(not (flow.source.startswith("@") and flow.sink.startswith("@")) for flow in flows):
        return module
    summary = module.summary
    kept = {name: text for name, text in summary.texts.items() if name.startswith("~")}
    bare = Summary(texts=kept, names=summary.names, stars=summary.stars)
    return msgspec.structs.replace(module, summary=bare, skimmed=True, unread=())


def hosts_in(data: bytes) -> dict[str, int]:
    """List the hosts of the addresses that stand in quotes, and where each is first."""
    found: dict[str, int] = {}
    for match in _ADDRESS.finditer(data) if b"://" in data else ():
        scheme = _SCHEME.search(data, max(0, match.start() - 9), match.start())
        address = scheme[1] + match[0] if scheme else b""
        for _, host in urls(address.decode("utf-8", "replace")):
            found.setdefault(host, match.start())
    return found


def imports(data: bytes) -> Iterator[bytes]:
    """Yield the name of each module that is imported, or from which something is."""
    yield from (found[1] for found in _IMPORT.finditer(data) if _begins(data, found.start()))
    yield from (found[2] for found in _from(data))


def imported(path: str, data: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say what each name stands for that a file takes from another of the project, and of which it takes all names."""
    package = package_of(path)
    names, stars = dict[str, str](), list[str]()
    for found in _IMPORT.finditer(data):
        for each in _MODULE.finditer(found[1].decode("utf-8", "replace")) if _begins(data, found.start()) else ():
            if is_ours(each[1]) and len(names) < _MOST:
                names[each[2] or each[1]] = each[1]
    for found in _from(data):
        dots, module, taken = (part.decode("utf-8", "replace") for part in found.groups())
        base = module_of(package, dots.count("."), module)
        for each in _NAME.finditer(re.sub(r"#[^\n]*", "", taken)) if is_ours(base) else ():
            if each[0] == "*":
                stars.append(base)
            elif len(names) < _MOST:
                names[each[2] or each[1]] = joined(base, each[1])
    return names, tuple(stars)


def _from(data: bytes) -> Iterator[re.Match[bytes]]:
    """Find each `from`, with comments and without: a sign of one may stand in a text, and a bracket in one."""
    text = data.replace(b"\\\n", b"  ") if b"\\\n" in data else data
    for form in (text, _COMMENT.sub(b"", text)) if b"#" in text else (text,):
        yield from (found for found in _FROM.finditer(form) if _begins(form, found.start()))


def _begins(data: bytes, at: int) -> bool:
    """Say whether a statement can begin there."""
    near = max(0, at - _FAR)
    before = data[max(near, data.rfind(b"\n", near, at) + 1) : at].rstrip(b" \t")
    return before[-1:] in {b"", b";", b":"}
