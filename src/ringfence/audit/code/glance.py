"""A first look at a file of an installed package, at its bytes only: does any word stand in it that a rule needs?

Most files of libraries can do nothing that a rule is about, and reading them takes longer than reading all the others.
What hides a word (escapes, pieces, a lookup by a computed name) tells as a word does. It must never be the only look at
a file through which another passes something on: `passing` names those, and they are read as a whole.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from ringfence.audit.code.bytecode import TELLING
from ringfence.audit.code.capability import Capability, Power
from ringfence.audit.code.checks.money import is_address
from ringfence.audit.code.hosts import imitated, urls
from ringfence.audit.code.known import EXCHANGES, NETWORKS
from ringfence.audit.code.resolving import Names
from ringfence.audit.code.summary import Module, Summary
from ringfence.audit.code.values import GAP
from ringfence.audit.code.wordlists import WORDS
from ringfence.audit.finding import Place

_INSTALLED: Final = re.compile(r"(?:^|/)(?:site-packages|dist-packages)/")
PARTS: Final = re.compile(
    r"secret|api_?key|access_?key|priv(?:ate)?_?key|pass_?phrase|mnemonic|seed_?(?:phrase|words|seco)|recovery_?phrase"
    r"|keypair|wallet|withdraw|credential|__import__|base64|[ab](?:64|32|16|85)_?(?:en|de)code|unhexlify|popen"
    r"|subprocess|getoutput|execv|execl|startfile|spec_from_file|urlopen|urlretrieve|pyperclip"
    r"|clipboard_|clipboard(?:data|text)|xclip|xsel"
    r"|cert_none|check_hostname|unverified|webhook|pynput|winreg|crontab|dlopen|__subclasses__"
    r"|authorized_keys|launchagents"
    r"|launchdaemons|sitecustomize|usercustomize|bashrc|bash_profile|zshrc|id_rsa|id_ed25519"
    r"|id_ecdsa|netrc|pgpass|gnupg|pypirc"
    r"|npmrc|electrum|exodus|metamask|keystore|kdbx|leveldb|send_?message|sendmail|imagegrab"
    r"|pyarmor|pytransform|sourcedefender"
    r"|pyconcrete|rot_?13"
)
"""Parts of words, in small letters, without which, or without hiding which, nothing that matters is done."""
WHOLE: Final = WORDS["telling"]
"""Whole words, likewise."""

_WORD: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,80}")
_MORE: Final = re.compile(
    rb"(?<![.\w`])(?:exec|eval|compile)(?![\w`])(?![ \t]+(?!if\b|or\b|and\b|else\b)[A-Za-z])"
    rb"|[\"'.](?:exec|eval|system)[\"'(]"
    rb"|\.system\b|import[^\n]{0,200}\bsystem\b|verify\w{0,40}[\"']?\s{0,9}[=:]\s{0,9}(?:False|0|None|not)\b"
)
_ROOTS: Final = frozenset(name.encode() for name in NETWORKS | EXCHANGES)
_IMPORT: Final = re.compile(rb"(?:^|[;:])[ \t]{0,200}(?:import|from)[ \t]+([^\n#;]{1,400})", re.MULTILINE)
_LOOKUPS: Final = frozenset(
    {b"getattr", b"setattr", b"attrgetter", b"methodcaller", b"__getattribute__"}
    | {b"vars", b"globals", b"locals", b"__dict__", b"modules"}
)
_PIECES: Final = re.compile(
    rb"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\N\{|\\[0-7]{3}|\[::-1\]|\bchr\b|\.decode\b"
    rb"|\btranslate\b|[\"'][ \t]{0,9}\+[ \t]{0,9}[\"']"
)
_QUOTED: Final = re.compile(rb"[\"']([A-Za-z0-9]{25,100})[\"']")
_URL: Final = re.compile(rb"[\"']\w{2,8}://[^\"'\s]{1,200}")
_FROM: Final = re.compile(rb"^[ \t]{0,200}from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+([^\n#;]{1,400})", re.MULTILINE)
_KNOWN: Final[dict[bytes, bool]] = {}
_REFS: Final = 2000  # names that one file imports


def is_installed(path: str) -> bool:
    """Say whether a file lies where packages are installed, on a disk: there are thousands."""
    return "!/" not in path and _INSTALLED.search(path) is not None


def _tells(word: bytes) -> bool:
    found = _KNOWN.get(word)
    if found is None:
        small = word.decode().lower()
        found = small in WHOLE or PARTS.search(small) is not None
        if len(_KNOWN) < 65_536:  # words: what is commonest comes first  # noqa: PLR2004
            _KNOWN[word] = found
    return found


def tells(data: bytes) -> bool:
    """Say whether a file has to be read."""
    return _strange(data) or _plain(data)


def _strange(data: bytes) -> bool:
    """Say whether a file may be in another encoding than the one in which words are looked for."""
    head = data[:300].lower()
    return (
        b"\0" in data
        or data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        or re.search(rb"coding[:=][ \t]*+(?!utf-?8|ascii)", head) is not None
    )


def _plain(data: bytes) -> bool:
    words = set(_WORD.findall(data))
    if any(map(_tells, words)) or _MORE.search(data):
        return True
    if words & _ROOTS and any(_ROOTS.intersection(_WORD.findall(found)) for found in _IMPORT.findall(data)):
        return True
    if words & _LOOKUPS and _PIECES.search(data):
        return True
    if not data.isascii() and any(
        not char.isascii() and char.isidentifier() for char in set(data.decode("utf-8", "replace"))
    ):
        return True  # Python reads letters of other shapes as the plain ones (PEP 3131)
    return any(is_address(found.decode()) for found in _QUOTED.findall(data)) or any(map(imitated, _hosts(data)))


def _hosts(data: bytes) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _URL.finditer(data):
        for _, host in urls(match[0][1:].decode("utf-8", "replace")):
            found.setdefault(host, match.start())
    return found


def skim(path: str, data: bytes) -> Module:
    """Give what is kept of a file that tells nothing: the hosts that it names, and what it imports."""
    able = [
        Capability(Power.HOST, host, Place(path, data.count(b"\n", 0, at) + 1)) for host, at in _hosts(data).items()
    ]
    said = tuple(word for word in TELLING if word.encode() in data)
    summary = Summary(texts={"~words": said, "~size": (str(len(data)),)})
    return Module(path, (), (), tuple(sorted(able)), summary, tuple(_imported(data)))


def shortened(module: Module, data: bytes) -> Module:
    """Keep of a file that was read, and in which nothing begins and nothing ends, as much as of a skimmed one."""
    flows = module.summary.flows
    if any(not (flow.source.startswith("@") and flow.sink.startswith("@")) for flow in flows):
        return module
    kept = {name: text for name, text in module.summary.texts.items() if name.startswith("~")}
    return msgspec.structs.replace(module, summary=Summary(texts=kept), skimmed=tuple(_imported(data)))


def _imported(data: bytes) -> Iterator[str]:
    for found in _FROM.findall(data)[:_REFS]:
        dots, module, names = (part.decode("utf-8", "replace") for part in found)
        for name in re.findall(r"\w+", re.sub(r"\bas\s+\w+", "", names)) or [""]:
            yield f"{dots}{module}:{name}"
    yield "."  # it was skimmed, and imports nothing


def passing(modules: Sequence[Module], again: Collection[str] = ()) -> list[str]:
    """Name the skimmed files through which content may pass: others ask something of them, or they of others.

    `again` are those that were named before and have been read as a whole: what they ask for is asked by the first.
    """
    skimmed = {index for index, module in enumerate(modules) if module.skimmed}
    if not skimmed:
        return []
    names, wanted = Names(modules), set[int]()
    for index, module in enumerate(modules):
        if index in skimmed:
            continue
        for ref in _asked(module, relays=module.path in again):
            found = names.locate(index, ref)
            if found is not None and found[0] in skimmed:
                wanted.add(found[0])
    giving = {index: given for index, module in enumerate(modules) if (given := _given(module))}
    wanted |= {index for index in skimmed if _takes(names, modules[index], index, giving)}
    return sorted(modules[index].path for index in wanted)


def _asked(module: Module, *, relays: bool) -> set[str]:
    flows = module.summary.flows
    real = relays or any(not flow.source.startswith("@") for flow in flows)
    sink = relays or any(not flow.sink.startswith("@") for flow in flows)
    refs = set[str]()
    for flow in flows:
        if real and flow.sink.startswith("@"):
            refs.add(flow.sink[1:])
        if sink and flow.source.startswith("@"):
            refs.add(flow.source[1:].partition("!")[0])
        if sink or real:
            refs.update(hole for url in flow.urls for hole in url.split(GAP)[1::2])
    if sink:
        refs.update(hole for texts in module.summary.texts.values() for text in texts for hole in text.split(GAP)[1::2])
    if sink or real:
        refs.update(base for bases in module.summary.classes.values() for base in bases)
    return {ref.partition("#")[0] for ref in refs if ref and ref[0] not in ":?" and not ref.startswith("file:")}


def _given(module: Module) -> frozenset[str]:
    """Name what a file has for others that holds something."""
    return frozenset(
        re.split(r"[.(\[#]", flow.sink[2:], maxsplit=1)[0]
        for flow in module.summary.flows
        if flow.sink.startswith("@:") and not flow.source.startswith("@") and "#" not in flow.sink
    )


def _takes(names: Names, module: Module, index: int, giving: dict[int, frozenset[str]]) -> bool:
    package = module.path.replace("/", ".").split(".")[:-2]
    for text in module.skimmed:
        place, _, name = text.partition(":")
        bare = place.lstrip(".")
        up = len(place) - len(bare)
        if not name:
            continue
        base = ".".join([*package[: len(package) - up + 1], *([bare] if bare else [])]) if up else bare
        where = names.module(f"/{base}" if up else base, index)
        if where is not None and (name in giving.get(where, ())):
            return True
        inner = names.module(f"/{base}.{name}" if up else f"{base}.{name}", index)
        if inner is not None and giving.get(inner):
            return True
    return False
