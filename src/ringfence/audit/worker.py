"""A process that reads hostile files for an audit: without network, programs or writing, in bounded memory.

Started by `ringfence.audit.crew`. Speaks over its standard input and output, and says one `Seen` for each `Job`. A job
that kills it, or takes too long, costs that one file.
"""

import gc
import hashlib
import io
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from ringfence.audit import archive, limits, tree
from ringfence.audit.code import reading
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.summary import Module
from ringfence.audit.composition import compose, judged
from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.messages import Begin, Job, Look, Seen, encode, read
from ringfence.audit.secrets.scan import scan
from ringfence.confine.landlock import restrict
from ringfence.confine.memory import no_core, no_new_privileges
from ringfence.confine.seccomp import no_sockets

_SWEEP = 4 << 20  # bytes read between two looks for what nobody holds any more
_FILES = 64  # descriptors: the pipes, and one file with the directories on its way


def main() -> None:
    """Read jobs until there are no more."""
    words, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    begin = read(words, Begin)
    if begin is None:
        return
    root = Path(os.fsdecode(begin.root))
    confine(root)
    gc.disable()  # a tree of syntax is a million objects without a circle: looking for one takes a tenth of the time
    gc.freeze()
    unswept = 0
    while (job := read(words, Job)) is not None:
        seen = look(root, begin.look, job)
        answers.write(encode(seen))
        answers.flush()
        unswept += seen.size
        if unswept > _SWEEP:
            gc.collect()
            unswept = 0


def confine(root: Path) -> None:
    """Give up what reading does not need: sockets, programs, writing, and every file outside the tree."""
    no_new_privileges()
    no_core()
    no_sockets()
    restrict((root, *map(Path, filter(None, sys.path)), Path(sys.base_prefix)))
    for what, most in (
        (resource.RLIMIT_AS, limits.MEMORY),
        (resource.RLIMIT_FSIZE, 0),  # no file can grow by us
        (resource.RLIMIT_NPROC, 0),  # no process can be started, but by root
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(what, (most, most))


def look(root: Path, wanted: Look, job: Job) -> Seen:
    """Do one job; whatever goes wrong with it is unanswered."""
    name = tree.named(root, job.path)
    try:
        if wanted.parts:
            return Seen(composition=judged(root) if wanted.download else compose(root))
        if archive.packed(name):
            return _packed(root, wanted, job, name)
        data, missing = (job.data, "") if job.data is not None else tree.read(root, job.path)
        seen = _with_members(wanted, name, data, examine(wanted, name, data, whole=job.whole), limits.NESTED)
    except OSError as error:
        return Seen(unanswered=(Unanswered(Place(name), f"cannot be read: {error.strerror or error}"),))
    except MemoryError:
        return Seen(unanswered=(Unanswered(Place(name), "takes more memory to read than there is for it"),))
    except RecursionError:
        return Seen(unanswered=(Unanswered(Place(name), "is nested too deeply"),))
    return _and(seen, Unanswered(Place(name), missing)) if missing else seen


def examine(wanted: Look, name: str, data: bytes, *, whole: bool = True) -> Seen:
    """Look at the bytes of one file."""
    findings, unanswered = list[Finding](), list[Unanswered]()
    if wanted.secrets:
        for one in scan(name, data, wanted.known):
            (findings if isinstance(one, Finding) else unanswered).append(one)  # type: ignore[arg-type]
    code = wanted.code and not (wanted.exempt and hashlib.sha256(data).digest() in wanted.exempt)
    read_ = reading.read(name, data, whole=whole) if code else None
    modules = (read_,) if isinstance(read_, Module) else ()
    scripts = (read_,) if isinstance(read_, Reading) else ()
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() if findings else ""
    return Seen(tuple(findings), tuple(unanswered), modules, scripts, len(data), blob)


def _with_members(wanted: Look, name: str, data: bytes, seen: Seen, nested: int) -> Seen:
    """Add what is in an archive under another name: the code alone, as for what a text of it says there is no end."""
    names = reading.inside(name, data) if wanted.code else frozenset[str]()
    if not names:
        return seen
    if nested < 1:
        return _and(seen, Unanswered(Place(name), f"is an archive within {limits.NESTED} others"))
    found = archive.zipped(name, io.BytesIO(data), names.__contains__)
    return _joined(iter((seen, *_members(replace(wanted, secrets=False), name, found, nested))))


def _packed(root: Path, wanted: Look, job: Job, name: str) -> Seen:
    source = io.BytesIO(job.data) if job.data is not None else os.fdopen(tree.open_below(root, job.path), "rb")
    with source as file:
        return _joined(_members(wanted, name, archive.members(name, file), limits.NESTED))


def _members(wanted: Look, name: str, found: Iterator[archive.Member | Unanswered], nested: int) -> Iterator[Seen]:
    for one in found:
        if isinstance(one, Unanswered):
            yield Seen(unanswered=(one,))
            continue
        inner = f"{name}!/{one.name}"
        if not archive.packed(inner):
            yield _with_members(wanted, inner, one.data, examine(wanted, inner, one.data), nested - 1)
        elif nested > 1:
            yield from _members(wanted, inner, archive.members(inner, io.BytesIO(one.data)), nested - 1)
        else:
            why = f"is an archive within {limits.NESTED} others"
            yield Seen(unanswered=(Unanswered(Place(inner), why),))


def _joined(parts: Iterator[Seen]) -> Seen:
    all_ = list(parts)
    return Seen(
        tuple(one for part in all_ for one in part.findings),
        tuple(one for part in all_ for one in part.unanswered),
        tuple(one for part in all_ for one in part.modules),
        tuple(one for part in all_ for one in part.scripts),
        sum(part.size for part in all_),
    )


def _and(seen: Seen, more: Unanswered) -> Seen:
    return replace(seen, unanswered=(*seen.unanswered, more))


if __name__ == "__main__":
    main()
