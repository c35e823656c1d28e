"""Where in a TOML document a key stands, since `tomllib` does not say. For text that `tomllib` has accepted."""

import re
import tomllib

Path = tuple[str, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # multi-line strings; may end in up to five quotes (TOML 1.0)
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|#[^\n]*|\n|[\[\]{}=,.]|[^\s\[\]{}=,.\"'#]+",
    re.DOTALL,
)


def lines(text: str) -> dict[Path, int]:
    """Map each key, as a path of names, to the line that first mentions it, counted from 1."""
    return _Scan(text).document()


def line_of(text: str, path: Path) -> int:
    """Say which line a key stands on, or else the closest table around it, or else the first."""
    found = lines(text)
    return next((found[path[:length]] for length in range(len(path), 0, -1) if path[:length] in found), 1)


class _Scan:
    """A cursor over the document's tokens, each with its line."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        self._found: dict[Path, int] = {}
        self._at = 0
        line, last = 1, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", last, match.start())
            last = match.start()
            if not match[0].startswith("#"):
                self._tokens.append((match[0], line))

    def document(self) -> dict[Path, int]:
        """Read headers and assignments to the end."""
        table: Path = ()
        while self._at < len(self._tokens):
            match self._peek():
                case "\n":
                    self._at += 1
                case "[":
                    table = self._header()
                case _:
                    self._assignment(table)
        return self._found

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else "\n"

    def _header(self) -> Path:
        while self._peek() == "[":
            self._at += 1
        path = self._key(())
        while self._peek() == "]":
            self._at += 1
        return path

    def _assignment(self, table: Path) -> None:
        path = self._key(table)
        self._at += 1  # the equals sign
        self._value(path)

    def _key(self, table: Path) -> Path:
        path = table
        while True:
            token, line = self._tokens[self._at]
            path = (*path, _name(token))
            self._found.setdefault(path, line)
            self._at += 1
            if self._peek() != ".":
                return path
            self._at += 1

    def _value(self, path: Path) -> None:
        match self._peek():
            case "{":
                self._enclosed("}", path)
            case "[":
                self._enclosed("]", path)
            case _:
                while self._peek() not in ("\n", ",", "]", "}"):
                    self._at += 1

    def _enclosed(self, end: str, path: Path) -> None:
        self._at += 1
        while self._at < len(self._tokens) and (token := self._peek()) != end:
            if token in ("\n", ","):
                self._at += 1
            elif end == "}":
                self._assignment(path)
            else:
                self._value(path)
        self._at += 1


def _name(token: str) -> str:
    """Take the quotes off a quoted key, by the rules of the one reader that decides."""
    return str(tomllib.loads(f"name = {token}")["name"]) if token[0] in "\"'" else token
