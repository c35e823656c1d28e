"""Count code lines (no blanks, comments or docstrings) and hold them against their budgets. Standard library only."""

import ast
import io
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ringfence"

BESIDE_THE_KEY = ("errors.py", "model", "policy", "journal", "vault", "ipc", "signer")
BESIDE_THE_KEY_BUDGET = 7_400  # the code that could lose a key or a limit (docs/explanation/architecture.md, Budgets)
HOLDS_THE_KEY = "signer/main.py"  # what is in those packages and is not loaded from here can lose neither
ELSEWHERE = "not loaded there"
DIALECT_BUDGET = 600  # parses a hostile bot's bytes beside the key, so it is kept as small
FILE_BUDGET = 400

_QUIET = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `budget` None means that the part is counted and not limited."""

    part: str
    lines: int
    budget: int | None

    @property
    def over(self) -> bool:
        """Say whether the part has outgrown its budget."""
        return self.budget is not None and self.lines > self.budget


def code_lines(source: str) -> int:
    """Count the lines of one module that hold code."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _QUIET:
            held.update(range(token.start[0], token.end[0] + 1))
    return len(held - docstring_lines(ast.parse(source)))


def docstring_lines(tree: ast.Module) -> set[int]:
    """Find the lines of a module that are docstrings, those of classes and functions included."""
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in ast.walk(tree) if isinstance(node, homes) and node.body]
    lines: set[int] = set()
    for first in firsts:
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def loaded(sources: dict[str, str], start: str) -> set[str]:
    """Find every module that one module imports, and what those import in turn, by path inside the package."""
    found, asked = set[str](), _paths(f"ringfence.{start.removesuffix('.py').replace('/', '.')}")
    while asked:
        name = asked.pop()
        if name in sources and name not in found:
            found.add(name)
            asked += [path for module in _imported(ast.parse(sources[name])) for path in _paths(module)]
    return found


def _imported(tree: ast.Module) -> set[str]:
    """Name what a module imports; `from a import b` may mean the module a.b as well as a name in a."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.startswith("ringfence.")}


def _paths(module: str) -> list[str]:
    """Say where a module may stand; importing one runs the packages around it as well."""
    parts = module.split(".")[1:]
    packages = ["/".join((*parts[:length], "__init__.py")) for length in range(1, len(parts) + 1)]
    return ["/".join(parts) + ".py", *packages]


def count(files: dict[str, int], part: str) -> int:
    """Add up the files of one package, or take the one file."""
    return sum(lines for name, lines in files.items() if name == part or name.startswith(f"{part}/"))


def table(files: dict[str, int], beside_the_key: set[str]) -> list[Row]:
    """Lay the counts out: what is beside the key, each dialect, the rest, and any single file that is too long."""
    near = {name: lines for name, lines in files.items() if name in beside_the_key}
    apart = {name: lines for name, lines in files.items() if name not in beside_the_key}
    parts = sorted({name.split("/")[0] for name in files})
    dialects = sorted({name.split("/")[1] for name in files if name.startswith("dialects/") and name.count("/") > 1})
    shared = [name for name in files if name.startswith("dialects/") and name.count("/") == 1]
    beside = [Row(part, count(near, part), None) for part in BESIDE_THE_KEY]
    return [
        *beside,
        Row("beside the key", sum(row.lines for row in beside), BESIDE_THE_KEY_BUDGET),
        Row(ELSEWHERE, sum(count(apart, part) for part in BESIDE_THE_KEY), None),
        *(Row(f"dialects/{name}", count(near, f"dialects/{name}"), DIALECT_BUDGET) for name in dialects),
        Row("dialects, elsewhere", sum(count(apart, f"dialects/{name}") for name in dialects), None),
        Row("dialects, shared", sum(files[name] for name in shared), None),
        *(Row(part, count(files, part), None) for part in parts if part not in (*BESIDE_THE_KEY, "dialects")),
        Row("all", sum(files.values()), None),
        *(Row(name, lines, FILE_BUDGET) for name, lines in sorted(files.items()) if lines > FILE_BUDGET),
    ]


def measure(package: Path) -> dict[str, int]:
    """Count every module of a package, by its path inside it."""
    return {
        path.relative_to(package).as_posix(): code_lines(path.read_text("utf-8"))
        for path in sorted(package.rglob("*.py"))
    }


def show(rows: list[Row]) -> str:
    """Print the table."""
    lines = [f"{'part':<24}{'lines':>7}{'budget':>9}"]
    for row in rows:
        budget = f"{row.budget:,}" if row.budget is not None else ""
        lines.append(f"{row.part:<24}{row.lines:>7,}{budget:>9}{'   over' if row.over else ''}")
    return "\n".join(lines)


def main() -> int:
    """Print the table; 1 where a part is over its budget."""
    sources = {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    rows = table(measure(PACKAGE), loaded(sources, HOLDS_THE_KEY))
    print(show(rows))
    return 1 if any(row.over for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
