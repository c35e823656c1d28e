"""Looks for secrets in one file, or in whatever has a name and bytes. Pure: it opens nothing, and shows no value.

1. known values, by digests over the bytes  2. a quick look  3. a reader by the name  4. the judge  5. findings.
What a file says about itself, `gitleaks:allow` and the like, is not believed: who wrote it is not known.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.secrets.glance import Glance, glance, runs
from ringfence.audit.secrets.judge import Setting, Verdict, judge
from ringfence.audit.secrets.known import Known
from ringfence.audit.secrets.marks import marks
from ringfence.audit.secrets.names import exchange_in, words_of
from ringfence.audit.secrets.readers import notebook, python, sql, structured, tables, text, yaml
from ringfence.audit.secrets.rules import BY_ID
from ringfence.audit.secrets.seek import seek
from ringfence.audit.secrets.stretches import legible
from ringfence.audit.secrets.value import Lines, Unread, Value, Values
from ringfence.dialects.virtual import recognise

Answer = Iterator[Finding | Unanswered]
Reader = Callable[[str], Values]

_LARGEST_JSON = 4_000_000  # characters; what is larger is data, and read by its lines
_WHOLE = 20_000  # characters up to which every line is read, whatever the quick look says
_BESIDE = 3  # lines
_CODE = frozenset({".py", ".pyw", ".pyi"})
_OTHER_CODE = frozenset(
    [
        ".c", ".h", ".cc", ".cpp", ".hpp", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".go", ".rs",
        ".java", ".kt", ".cs", ".swift", ".php", ".scala", ".pyx", ".pxd",
    ]
)  # fmt: skip
_DATABASE = b"SQLite format 3\0"  # holds what a shell or a notebook was told, as text
_BINARY = 8192
_SHOWN = 4  # characters of a long value that a text may show
_LONG = 20  # a value of this length is random enough to be named by its own digest
_READERS: dict[str, Reader] = {
    ".ipynb": notebook.read,
    ".json": structured.read,
    ".jsonc": structured.read,
    ".json5": structured.read,
    ".har": structured.read,
    ".yml": yaml.read,
    ".yaml": yaml.read,
    ".sql": sql.read,
    ".csv": tables.read_csv,
    ".tsv": tables.read_csv,
}
_PEM_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]{3,40}-----")
# What is encrypted already: sops, jasypt, Ansible's vault, Spring, age, Bitnami's sealed secrets.
_SEALS = ("ENC[", "ENC(", "$ANSIBLE_VAULT", "{cipher}", "SealedSecret")
_SEALED = re.compile(
    r"ENC\[AES256_GCM,[^\]\n]{0,9000}\]|\bENC\([^)\n]{0,9000}\)|"
    r"\$ANSIBLE_VAULT;[^\n]{0,80}(?:\n[ \t]*[0-9a-f]{2,80})+|\{cipher\}[A-Za-z0-9+/=]{8,9000}|"
    r"(?<=:[ \t])[\"']?Ag[A-Za-z0-9+/=]{100,9000}"
)


def scan(path: str, data: bytes, known: Known | None = None) -> Answer:
    """Look for secrets in one file, whose name says how it is read."""
    source, line_of = _decoded(path, data)
    opaque = line_of is _whole and not data.startswith(_DATABASE)
    if known is not None:
        yield from seek(path, source.encode("utf-8", "surrogateescape"), known)
    found: dict[tuple[str, int], Verdict] = {}
    for verdict in _verdicts(path, source, opaque=opaque):
        key = (verdict.text, line_of(verdict.line))
        if key not in found or _rank(verdict) < _rank(found[key]):
            found[key] = verdict
    equal = Counter[tuple[str, str]]()
    for (_, line), verdict in sorted(found.items(), key=lambda item: item[0][1]):
        equal[verdict.rule, verdict.name] += len(verdict.text) < _LONG
        yield _finding(path, line, verdict, equal[verdict.rule, verdict.name])


def _rank(verdict: Verdict) -> int:
    return BY_ID[verdict.rule].severity.rank


# From bytes to text.


def _decoded(path: str, data: bytes) -> tuple[str, Callable[[int], int]]:
    """Decode, and say how a line of the text is told: of what has no lines, the whole is meant."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace"), _same
    if b"\0" not in data[:_BINARY] or _is_entries(path):
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").replace("\r\n", "\n"), _same
    if data.startswith(_DATABASE):
        return re.sub(r"[^\t\n -~]+", "\n", data.decode("latin-1")), _whole
    return legible(data).decode("ascii"), _whole


def _is_entries(path: str) -> bool:
    return PurePosixPath(path).name in {"environ", "cmdline"}


def _same(line: int) -> int:
    return line


def _whole(_line: int) -> int:
    return 0


# From text to verdicts.


def _verdicts(path: str, source: str, *, opaque: bool) -> Iterator[Verdict]:
    own = sorted(marks(source), key=lambda mark: mark.start)
    lines = _Counting(source)
    yield from (Verdict(mark.rule, mark.text, lines.at(mark.start), mark.note) for mark in own)
    if opaque:  # of a program, only what has its own form is told
        yield from _virtual(source, runs(source))
        return
    seen = glance(source, code=PurePosixPath(path).suffix in _CODE | _OTHER_CODE)
    yield from _virtual(source, seen.runs)
    if not seen.places:
        return
    values = _read(path, _without_blocks(source), seen)
    for value in values:
        if value.made:
            yield from (Verdict(mark.rule, mark.text, value.line, mark.note) for mark in marks(value.text))
    inside = [mark.text for mark in own]
    for verdict in judge(values, _setting(path, source)):
        if not any(verdict.text in one for one in inside) and recognise(verdict.text) is None:
            yield verdict


class _Counting:
    """Tells the line of places that are asked for in order."""

    def __init__(self, source: str) -> None:
        self._source, self._line, self._seen = source, 1, 0

    def at(self, place: int) -> int:
        """Return the line of a place."""
        self._line += self._source.count("\n", self._seen, place)
        self._seen = max(place, self._seen)
        return self._line


def _setting(path: str, source: str) -> Setting:
    named = exchange_in(tuple(word for part in PurePosixPath(path).parts[-2:] for word in words_of(part)))
    return Setting(named, source)


def _virtual(source: str, found: Iterable[tuple[str, int]]) -> Iterator[Verdict]:
    lines = _Counting(source)
    for run, start in found:
        whose = _recognised(run)
        if whose is not None:
            yield Verdict("secrets/virtual-key", run, lines.at(start), whose)


@lru_cache(maxsize=8192)  # runs are short, and compiled C++ has the same long names in many files
def _recognised(run: str) -> str | None:
    return recognise(run)


def _without_blocks(source: str) -> str:
    """Blank out PEM blocks, whose secrets have been found and whose certificates look like keys; and what is sealed."""
    parts, done = list[str](), 0
    for found in _PEM_BLOCK.finditer(source):
        if found.start() < done:
            continue
        end = source.find("-----END", found.end(), found.end() + 20_000)
        if end >= 0:
            parts += [source[done : found.end()], re.sub(r"[A-Za-z0-9+/=]", " ", source[found.end() : end])]
            done = end
    blanked = "".join((*parts, source[done:])) if parts else source
    if not any(sign in blanked for sign in _SEALS):
        return blanked
    return _SEALED.sub(lambda found: re.sub(r"[A-Za-z0-9+/=]", " ", found[0]), blanked)


def _read(path: str, source: str, seen: Glance) -> list[Value]:
    wanted = _lines_around(source, seen) if len(source) > _WHOLE else None
    reader = _reader(path, source)
    try:
        if PurePosixPath(path).suffix in _CODE:
            return list(python.read(source, wanted))
        if reader is not None:
            return list(reader(source))
    except Unread:
        pass  # what its name says is not what it is
    code = PurePosixPath(path).suffix.lower() in _OTHER_CODE
    around = wanted.around if wanted else None
    return list(text.read(source, around, joined=seen.joined, code=code, spots=sorted(seen.places)))


def _lines_around(source: str, seen: Glance) -> Lines:
    """Number the lines where something may be, and those around them that may name it or hold the other half."""
    counting = _Counting(source)
    exact = frozenset(counting.at(place) for place in sorted(seen.places))
    return Lines(exact, frozenset(near for line in exact for near in range(line - _BESIDE, line + _BESIDE + 1)))


def _reader(path: str, source: str) -> Reader | None:
    name, suffix = PurePosixPath(path).name, PurePosixPath(path).suffix.lower()
    if name in {".netrc", "_netrc"}:
        return tables.read_netrc
    if name == "environ":
        return tables.read_environment
    if name == "cmdline":
        return tables.read_command_line
    if len(source) > _LARGEST_JSON:
        return None
    if not suffix and source[:1] == "{":  # a blob of a container image has a digest for a name
        return structured.read
    return _READERS.get(suffix)


# From verdicts to findings.


def _finding(path: str, line: int, verdict: Verdict, number: int) -> Finding:
    rule = BY_ID[verdict.rule]
    size = len(verdict.text)
    shown = f"{verdict.text[:_SHOWN]}…, {size} characters" if size >= _LONG else f"{size} characters"
    whose = f"{verdict.whose}: " if verdict.whose else ""
    return rule.found(Place(path, line), f"{whose}{rule.title} ({shown})", _subject(path, verdict, number))


def _subject(path: str, verdict: Verdict, number: int) -> str:
    """Name a value so that it is the same one in every file; a short one could be guessed from a digest of it.

    That is named by its file, its rule, its name, and its number among those that share all three.
    """
    named = verdict.text if len(verdict.text) >= _LONG else "\0".join((path, verdict.rule, verdict.name, str(number)))
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:12]
