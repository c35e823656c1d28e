"""What a project says that it needs: pyproject.toml, setup.cfg, setup.py, environment.yml.

It must never run setup.py: only texts that stand in the call of setup() are read.
"""

import ast
import posixpath

from packaging.utils import canonicalize_name

from ringfence.audit.deps.listing import Entry, Index, Kind, Listing, Sheet
from ringfence.audit.deps.parsed import Unreadable, Value, ini, table, tables, toml, word, words, yaml_value
from ringfence.audit.deps.pylocks import wished
from ringfence.audit.deps.requirement import requirement
from ringfence.audit.deps.requirements import requirement_file
from ringfence.audit.finding import Unanswered

SETUP_SIZE = 1 << 20  # the longest setup.py of a bot that was seen has 40 kB
_POETRY_GROUPS = ("dependencies", "dev-dependencies")


def _listing(
    sheet: Sheet, texts: list[str], own: str, more: tuple[Entry, ...] = (), indexes: tuple[Index, ...] = ()
) -> Listing:
    read = [(text, requirement(text, sheet.at(_line(sheet, text)))) for text in texts if text.strip()]
    strange = [text for text, entry in read if entry is None]
    why = f"{len(strange)} of its dependencies are not understood"
    unanswered = (Unanswered(sheet.at(), why),) if strange else ()
    entries = (*(entry for _, entry in read if entry is not None), *more)
    name = str(canonicalize_name(own)) if own else ""
    return Listing(sheet.at(), Kind.DECLARED, entries, unanswered=unanswered, indexes=indexes, own=name)


def _line(sheet: Sheet, text: str) -> int:
    at = sheet.text.find(text) if len(sheet.text) < SETUP_SIZE and text.strip() else -1
    return sheet.text.count("\n", 0, at) + 1 if at >= 0 else 0


def pyproject(sheet: Sheet) -> Listing:
    """Read pyproject.toml: its build's needs too, and what poetry, uv and dependency groups add."""
    read = toml(sheet.text)
    project, poetry, uv = table(read, "project"), table(read, "tool", "poetry"), table(read, "tool", "uv")
    texts = words(project.get("dependencies")) + words(table(read, "build-system").get("requires"))
    for group in (*table(project, "optional-dependencies").values(), *table(read, "dependency-groups").values()):
        texts += words(group)
    texts += words(uv.get("dev-dependencies"))
    more = tuple(_poetry(sheet, poetry)) + tuple(_uv_sources(sheet, table(uv, "sources")))
    own = word(project.get("name")) or word(poetry.get("name"))
    return _listing(sheet, texts, own, more, tuple(_indexes(sheet, uv, poetry)))


def _poetry(sheet: Sheet, poetry: dict[str, Value]) -> list[Entry]:
    groups = [table(poetry, name) for name in _POETRY_GROUPS]
    groups += [table(group, "dependencies") for group in table(poetry, "group").values()]
    return [wished(sheet, name, wish) for group in groups for name, wish in group.items() if name != "python"]


def _uv_sources(sheet: Sheet, sources: dict[str, Value]) -> list[Entry]:
    apart = [(name, table(source)) for name, source in sources.items()]
    return [wished(sheet, name, source) for name, source in apart if source.keys() & {"git", "url", "path"}]


def _indexes(sheet: Sheet, uv: dict[str, Value], poetry: dict[str, Value]) -> list[Index]:
    found = uv_indexes(sheet, uv)
    for source in tables(poetry.get("source")):
        if word(source.get("url")) and word(source.get("priority")) != "explicit":
            found.append(Index(sheet.at(), word(source["url"]), word(source.get("priority")) != "primary"))
    return found


def uv_indexes(sheet: Sheet, uv: dict[str, Value]) -> list[Index]:
    """Read the sources that uv's settings name; one that is bound to the names that ask for it is none."""
    found = [
        Index(sheet.at(), word(each["url"]), each.get("default") is not True)
        for each in tables(uv.get("index"))
        if word(each.get("url")) and each.get("explicit") is not True
    ]
    for scope in (uv, table(uv, "pip")):
        found += [Index(sheet.at(), each, extra=True) for each in words(scope.get("extra-index-url"))]
        found += [Index(sheet.at(), each, extra=True) for each in words(scope.get("find-links"))]
        found += [Index(sheet.at(), word(scope["index-url"]), extra=False)] if word(scope.get("index-url")) else []
    return found


def setup_cfg(sheet: Sheet) -> Listing:
    """Read setup.cfg."""
    read = ini(sheet.text)
    options = read.get("options", {})
    lists = [options.get(key, "") for key in ("install_requires", "setup_requires", "tests_require")]
    lists += list(read.get("options.extras_require", {}).values())
    texts = [line for text in lists for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return _listing(sheet, texts, read.get("metadata", {}).get("name", ""))


def setup_py(sheet: Sheet) -> Listing:
    """Read the texts in the call of setup(); what is computed there is said to be not known."""
    tree = parsed_python(sheet.text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "setup"]
    named = {word.arg: word.value for call in calls for word in call.keywords if word.arg}
    literal = {node.targets[0].id: node.value for node in tree.body if _is_name(node)}  # type: ignore[attr-defined]
    texts: list[str] = []
    unknown = False
    for key in ("install_requires", "setup_requires", "extras_require", "tests_require"):
        value = named.get(key)
        value = literal.get(value.id, value) if isinstance(value, ast.Name) else value
        found = _texts(value)
        unknown = unknown or found is None
        texts += found or []
    name = named.get("name")
    own = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    listing = _listing(sheet, texts, own)
    computed = (Unanswered(sheet.at(), "what it needs is computed when it runs"),) if unknown else ()
    return Listing(
        listing.place, listing.kind, listing.entries, unanswered=listing.unanswered + computed, own=listing.own
    )


def parsed_python(text: str) -> ast.Module:
    """Parse Python, whoever wrote it."""
    if len(text) > SETUP_SIZE:
        raise Unreadable("Python of more than a megabyte")
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("it is not Python that can be read") from None


def _is_name(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _texts(value: ast.expr | None) -> list[str] | None:
    """Return the texts of a list or of a table of lists; None where something is computed."""
    if value is None:
        return []
    try:
        read = ast.literal_eval(value)
    except (ValueError, TypeError, RecursionError, SyntaxError, MemoryError):
        return None
    lists = list(read.values()) if isinstance(read, dict) else [read]
    flat = [each for group in lists for each in (group if isinstance(group, list | tuple | set) else [group])]
    return [each for each in flat if isinstance(each, str)]


def conda(sheet: Sheet) -> Listing:
    """Read environment.yml: its own packages by name, and what pip adds; channels are sources."""
    read = table(yaml_value(sheet.text))
    entries: list[Entry] = []
    pip: list[str] = []
    strange = False
    wishes = read.get("dependencies")
    for wish in wishes if isinstance(wishes, list) else []:
        if isinstance(wish, dict):
            pip += words(wish.get("pip"))
        elif isinstance(wish, str):
            entry = requirement(_from_conda(wish), sheet.at(_line(sheet, wish)))
            strange = strange or entry is None
            entries += [entry] if entry else []
    inner = requirement_file(Sheet(sheet.path, "\n".join(pip)))
    unanswered = (Unanswered(sheet.at(), "some of its packages are not understood"),) if strange else ()
    refers = tuple(posixpath.normpath(each) for each in inner.refers)
    told = (*inner.unanswered, *unanswered)
    placed = tuple(_at_file(entry, sheet) for entry in inner.entries)
    return Listing(sheet.at(), Kind.REQUIRED, (*entries, *placed), inner.findings, told, inner.indexes, refers=refers)


def _at_file(entry: Entry, sheet: Sheet) -> Entry:
    part = entry.part
    line = _line(sheet, part.name)
    moved = type(part)(part.ecosystem, part.name, part.version, sheet.at(line), part.hashes, part.origin, direct=True)
    return Entry(moved, entry.file)


def _from_conda(wish: str) -> str:
    """Write `channel::name=1.2=build` as pip would; a single `=` is a pin as far as it goes."""
    bare = wish.rpartition("::")[2].strip()
    name, equals, version = bare.partition("=")
    if not equals or version.startswith("=") or name.endswith((">", "<", "!", "~")):
        return bare
    return f"{name.strip()}=={version.partition('=')[0]}"
