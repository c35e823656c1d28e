"""Write the corpora of one seed into a folder, and say what is true of them."""

from pathlib import Path
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

import msgspec

from tests.bench.score import packages, poisoned, texts, values
from tests.bench.score.contexts import CONTEXTS, UNSEEN, Context
from tests.bench.score.kinds import KINDS
from tests.bench.score.lookalikes import LOOKALIKES
from tests.bench.score.truth import Case, Lookalike, Package, Secret, Truth

FROZEN = 20261128  # the seed whose corpora rule authors may look at
PAIRS = 10  # for each exchange in each context
POSITIVES = 5  # of each kind
NEGATIVES = 10


def write(folder: Path, seed: int) -> Truth:
    """Write all of them; the contexts that rule authors never see only where the seed is a fresh one."""
    truth = Truth(
        seed,
        secrets_a(folder / "secrets-a", Random(f"{seed} a"), CONTEXTS),
        secrets_a(folder / "secrets-unseen", Random(f"{seed} unseen"), unseen(seed)),
        secrets_b(folder / "secrets-b", Random(f"{seed} b")),
        secrets_c(folder / "secrets-c", Random(f"{seed} c")),
        code(folder / "code", f"{seed} code", ("malicious", "risky", "benign")),
        (*code(folder / "evasions", f"{seed} evasions", ("evasions",)), _poisoned(folder / "evasions", seed)),
        deps(folder / "deps"),
    )
    (folder / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1))
    return truth


def unseen(seed: int) -> dict[str, Context]:
    """Return the contexts that rule authors never see: none where the seed is the one that they may look at."""
    return {} if seed == FROZEN else UNSEEN


def secrets_a(folder: Path, draw: Random, contexts: dict[str, Context]) -> tuple[Secret, ...]:
    """Write corpus A, in an order that says nothing."""
    wanted = [(exchange, name) for exchange in values.EXCHANGES for name in contexts for _ in range(PAIRS)]
    draw.shuffle(wanted)
    found = []
    for number, (exchange, context) in enumerate(wanted):
        pair = values.pair(draw, exchange)
        name, text = contexts[context](draw, pair)
        path = _put(folder, f"{number:04}/{name}", text)
        pieces = (pair.secret, *pair.secret.splitlines(), pair.secret.replace("\n", "\\n"))
        found.append(Secret(path, standing(text, pieces), context, exchange))
    return tuple(found)


def standing(text: str, pieces: tuple[str, ...]) -> tuple[int, ...]:
    """Find the lines on which a secret stands, whole or in pieces."""
    forms = {form for piece in pieces for form in (piece, piece.replace("\\n", "\\\\n"))}
    return tuple(number for number, line in enumerate(text.split("\n"), 1) if any(form in line for form in forms))


def secrets_b(folder: Path, draw: Random) -> tuple[Secret, ...]:
    """Write corpus B."""
    found, wanted = [], [kind for kind in KINDS for _ in range(POSITIVES)]
    draw.shuffle(wanted)
    for number, kind in enumerate(wanted):
        name, text, pieces = KINDS[kind](draw)
        found.append(Secret(_put(folder, f"{number:03}/{name}", text), standing(text, pieces), kind))
    return tuple(found)


def secrets_c(folder: Path, draw: Random) -> tuple[Lookalike, ...]:
    """Write corpus C."""
    found, wanted = [], [kind for kind in LOOKALIKES for _ in range(NEGATIVES)]
    draw.shuffle(wanted)
    for number, kind in enumerate(wanted):
        name, text = LOOKALIKES[kind](draw)
        found.append(Lookalike(_put(folder, f"{number:03}/{name}", text), kind))
    return tuple(found)


def code(folder: Path, seed: str, files: tuple[str, ...]) -> tuple[Case, ...]:
    """Write the cases of some files of cases, each in a folder whose name says nothing.

    Each is drawn by itself, so that a case that is changed leaves the others as they are.
    """
    templates = [each for name in files for each in texts.templates(texts.CASES / f"{name}.case")]
    Random(seed).shuffle(templates)
    found = []
    for number, template in enumerate(templates):
        path = f"{number:02}"
        for name, text in texts.tell(template, Random(f"{seed} {template.name}")).items():
            _put(folder, f"{path}/{name}", text)
        found.append(Case(path, template.name, template.label, template.reasons))
    return tuple(found)


def _poisoned(folder: Path, seed: int) -> Case:
    """Write the evasion that no text can tell: bytecode that is not its source's."""
    path = poisoned.write(folder / "99", Random(f"{seed} poisoned"))
    return Case(path, poisoned.NAME, "malicious", ("dynamic-code", "remote-shell", "persistence"))


def deps(folder: Path) -> tuple[Package, ...]:
    """Write a list of requirements for each package; names are what they are, whatever the seed."""
    for package, text in packages.LISTS:
        _put(folder, package.path, text)
    return tuple(package for package, _ in packages.LISTS)


def _put(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return name
