"""From the bytes of a file to its text: encodings, marks, notebooks, start-up files. Nothing is judged here."""

import io
import re
import tokenize
from typing import Final

import msgspec

from ringfence.audit.code.values import LONG

_MAGIC: Final = re.compile(r"^(\s*)(?:%%?|!|\?)\s*(.*)$")
_ASSIGNED: Final = re.compile(r"^(\s*[\w, ]{1,80}=\s*)!(.*)$")


def text_of(data: bytes) -> str:
    """Decode as Python would; what cannot be decoded is replaced, so that the rest can be read."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except (SyntaxError, UnicodeError, LookupError):
        encoding = "utf-8"
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, UnicodeError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: list[str] | str = ""


class _Book(msgspec.Struct):
    cells: list[_Cell] = []


def notebook(data: bytes) -> str:
    """The code of a notebook's cells, one after the other; raises ValueError where it is none."""
    try:
        book = msgspec.json.decode(data, type=_Book)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    sources = ["".join(cell.source) for cell in book.cells if cell.cell_type == "code"]
    return "\n".join(magic_free(source) for source in sources)


def magic_free(source: str) -> str:
    """Write `!command` and `%magic` as the calls that they are."""
    first = source.lstrip()
    if first.startswith(("%%bash", "%%sh", "%%cmd", "%%system", "%%script")):
        return f"__import__('os').system({first.partition(chr(10))[2][:LONG]!r})"
    if first.startswith(("%%html", "%%javascript", "%%js", "%%latex", "%%markdown", "%%writefile", "%%svg", "%%sql")):
        return "pass"
    return "\n".join(_line(line) for line in source.split("\n"))


def _line(line: str) -> str:
    assigned = _ASSIGNED.match(line[:2000])
    if assigned:
        return f"{assigned[1]}__import__('os').popen({assigned[2]!r})"
    found = _MAGIC.match(line) if line.lstrip()[:1] in {"%", "!", "?"} else None
    if found is None:
        return line
    indent, rest = found[1], found[2]
    if line.lstrip().startswith("!") or re.match(r"(?:pip|conda|system|sx)\b", rest):
        return f"{indent}__import__('os').system({rest!r})"
    return f"{indent}pass"


def pth_lines(text: str) -> list[tuple[int, str]]:
    """The lines of a `.pth` file that Python runs: those that begin with import."""
    return [
        (number, line) for number, line in enumerate(text.split("\n"), 1) if line.startswith(("import ", "import\t"))
    ]
