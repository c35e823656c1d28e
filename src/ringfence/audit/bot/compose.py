"""Reads compose files as docker does: `.env`, overrides, `extends`, `include`, `env_file`, anchors and variables.

What it cannot follow it says; nothing that a file names outside of the directory is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ringfence.audit.bot.files import Files
from ringfence.audit.bot.node import (
    Node,
    Odd,
    Rows,
    Scalar,
    Table,
    at,
    flag,
    is_null,
    items,
    merged,
    scalar,
    table,
    texts,
)
from ringfence.audit.bot.readers import dotenv, variables, yaml
from ringfence.audit.bot.service import Service
from ringfence.audit.finding import Place, Unanswered

_NAMED: Final = re.compile(r"(?:docker-)?compose[-.\w]*\.ya?ml")
_OTHER: Final = re.compile(r"""(?m)^["']?services["']?[ \t]*:""")
_FIRST: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_SECOND: Final = ("compose.override.yaml", "compose.override.yml", "docker-compose.override.yml",
                  "docker-compose.override.yaml")  # fmt: skip
_REPLACED: Final = ("command", "entrypoint")  # where lists are not appended (docs.docker.com, "Merge Compose files")
_DEEPEST: Final = 8
_DOCUMENTS: Final = 200  # read for all projects: a file may include one that includes others


@dataclass(slots=True)
class Projects:
    """What the compose files of a directory come to."""

    services: list[Service] = field(default_factory=list)
    documents: list[Table] = field(default_factory=list)
    gaps: list[Unanswered] = field(default_factory=list)


def read(files: Files) -> Projects:
    """Read every compose file below the root."""
    found = Projects()
    for chain in _chains(files, found):
        try:
            folder = chain[0].rpartition("/")[0]
            found.services += _Project(files, folder, found).services(chain, 0)
        except Odd as odd:
            found.gaps.append(Unanswered(odd.place, odd.why))
    return found


def is_compose(files: Files, path: str) -> bool:
    """Say whether a file is one, by its name or by what it says."""
    if _NAMED.fullmatch(path.rpartition("/")[2]):
        return True
    try:
        return _OTHER.search(files.text(path)) is not None
    except Odd:
        return False


def _chains(files: Files, found: Projects) -> Iterator[list[str]]:
    """Put those together that docker merges of its own accord; every other file stands alone."""
    paths = [one.path for one in files.find(r".*\.ya?ml") if is_compose(files, one.path)]
    taken = set[str]()
    for folder in sorted({path.rpartition("/")[0] for path in paths}):
        for chain in _of_folder(files, folder, set(paths), found):
            taken.update(chain)
            yield chain
    yield from ([path] for path in paths if path not in taken)


def _of_folder(files: Files, folder: str, paths: set[str], found: Projects) -> Iterator[list[str]]:
    start = f"{folder}/" if folder else ""
    first = next((start + one for one in _FIRST if start + one in paths), None)
    second = next((start + one for one in _SECOND if start + one in paths), None)
    if first is not None:
        yield [first, second] if second is not None else [first]
    try:
        named = environment(files, folder).rows.get("COMPOSE_FILE")
        if isinstance(named, Scalar):
            yield [files.beside(start + ".env", one) for one in re.split(r"[:;,]", named.text) if one]
    except Odd as odd:
        found.gaps.append(Unanswered(odd.place, odd.why))


def environment(files: Files, folder: str) -> Table:
    """Read the `.env` beside a compose file; empty where there is none. Raises `Odd`."""
    path = f"{folder}/.env" if folder else ".env"
    return dotenv.read(path, files.text(path)) if path in files.entries else Table({}, Place(path))


class _Project:
    def __init__(self, files: Files, folder: str, found: Projects) -> None:
        self._files = files
        self._folder = folder
        self._found = found
        self._known = environment(files, folder).rows

    def services(self, chain: list[str], depth: int) -> Iterator[Service]:
        whole: Table | None = None
        for path in chain:
            document = self._document(path)
            yield from self._included(document, path, depth)
            whole = document if whole is None else _laid_over(document, whole)
        for name in () if whole is None else (table(whole, "services") or whole).rows:
            try:
                yield self._service(whole, name, chain[0])
            except Odd as odd:
                self._found.gaps.append(Unanswered(odd.place, odd.why))

    def _document(self, path: str) -> Table:
        raw = yaml.read(path, self._files.text(path))
        filled = variables.everywhere(raw, self._known)
        self._found.documents.append(filled)
        services = table(filled, "services")
        if services is None:
            return Table({"services": Table({}, filled.place)}, filled.place)
        rows: dict[str, Node] = {}
        for name, value in services.rows.items():
            rows[name] = self._plain(value, path) if isinstance(value, Table) else value
            if not isinstance(value, Table) and not is_null(value):
                raise Odd(value.place, f"service {name} is no table")
        rows = {name: value for name, value in rows.items() if isinstance(value, Table)}
        return replace(filled, rows={**filled.rows, "services": replace(services, rows=rows)})

    def _plain(self, service: Table, path: str) -> Table:
        """Write variables as a table, and in place of the files that hold some what they hold."""
        rows = dict(service.rows)
        if "environment" in rows:
            rows["environment"] = self._variables(rows["environment"])
        if "env_file" in rows:
            rows["env_file"] = self._from_files(rows["env_file"], path)
        return replace(service, rows=rows)

    def _variables(self, node: Node) -> Node:
        if isinstance(node, Table):
            return replace(node, rows={name: self._passed(name, value) for name, value in node.rows.items()})
        if not isinstance(node, Rows):
            return Table({}, node.place)
        rows: dict[str, Node] = {}
        for one in node.items:
            if not isinstance(one, Scalar):
                raise Odd(one.place, "is no variable")
            name, sign, value = one.text.partition("=")
            rows[name.strip()] = replace(one, text=value) if sign else self._passed(name.strip(), None, one)
        return Table(rows, node.place, node.tag)

    def _passed(self, name: str, value: Node | None, written: Scalar | None = None) -> Node:
        """Find a variable that is only named: it comes from `.env`, or from a shell."""
        if value is not None and not is_null(value):
            return value
        known = self._known.get(name)
        if isinstance(known, Scalar):
            return known
        place = written.place if written is not None else value.place if value is not None else Place("")
        return Scalar("", place, open=True)

    def _from_files(self, node: Node, path: str) -> Node:
        whole = Table({}, node.place)
        for one in items(node):
            named = scalar(one, "path") if isinstance(one, Table) else one
            if not isinstance(named, Scalar):
                raise Odd(one.place, "names no file of variables")
            wanted = flag(one, "required", default=True) if isinstance(one, Table) else True
            try:
                where = self._files.beside(path, named.text)
                whole = merged(dotenv.read(where, self._files.text(where)), whole)
            except Odd as odd:
                if wanted:
                    self._found.gaps.append(Unanswered(named.place, f"the file of variables that it names {odd.why}"))
        return whole

    def _service(self, document: Table | None, name: str, path: str) -> Service:
        found = self._extended(document, name, path, 0)
        inner, outer = table(found, "env_file"), table(found, "environment")
        env = outer or Table({}, found.place)
        words = [*texts(at(found, "entrypoint")), *texts(at(found, "command"))]
        command = " ".join(one.text for one in words)
        return Service(
            name, found, found.place, self._folder, merged(env, inner) if inner is not None else env, command
        )

    def _extended(self, document: Table | None, name: str, path: str, depth: int) -> Table:
        found = at(document, "services", name)
        if not isinstance(found, Table):
            raise Odd(document.place if document else Place(path), f"there is no service {name[:60]!r} to extend")
        extends = found.rows.get("extends")
        if extends is None:
            return found
        if depth == _DEEPEST:
            raise Odd(extends.place, "extends without end")
        other = extends if isinstance(extends, Scalar) else scalar(extends, "service")
        if other is None:
            raise Odd(extends.place, "extends no service")
        file = scalar(extends, "file") if isinstance(extends, Table) else None
        if file is None:
            below = self._extended(document, other.text, path, depth + 1)
        else:
            where = self._files.beside(path, file.text)
            below = self._extended(self._document(where), other.text, where, depth + 1)
        return _service_over(found, below)

    def _included(self, document: Table, path: str, depth: int) -> Iterator[Service]:
        for one in items(at(document, "include")):
            if len(self._found.documents) > _DOCUMENTS:
                raise Odd(one.place, f"more than {_DOCUMENTS} compose files are included")
            named = items(at(one, "path")) if isinstance(one, Table) else (one,)
            try:
                chain = self._chain(one, named, path, depth)
                yield from _Project(self._files, chain[0].rpartition("/")[0], self._found).services(chain, depth + 1)
            except Odd as odd:
                self._found.gaps.append(Unanswered(odd.place, odd.why))

    def _chain(self, one: Node, named: tuple[Node, ...], path: str, depth: int) -> list[str]:
        if depth == _DEEPEST:
            raise Odd(one.place, "includes without end")
        chain = [self._files.beside(path, each.text) for each in named if isinstance(each, Scalar)]
        if not chain or len(chain) != len(named):
            raise Odd(one.place, "includes no file")
        return chain


def _laid_over(over: Table, under: Table) -> Table:
    services = dict((table(under, "services") or under).rows)
    for name, value in (table(over, "services") or over).rows.items():
        below = services.get(name)
        both = isinstance(value, Table) and isinstance(below, Table)
        services[name] = _service_over(value, below) if both else value  # type: ignore[arg-type]  # both are tables
    rest: Mapping[str, Node] = merged(over, under, joined=True).rows
    return replace(under, rows={**rest, "services": Table(services, under.place)})


def _service_over(over: Table, under: Table) -> Table:
    whole = merged(over, under, joined=True)
    kept = {name: over.rows[name] for name in _REPLACED if name in over.rows}
    return replace(
        whole, rows={**whole.rows, **kept}, place=under.place if over.place.path == under.place.path else over.place
    )
