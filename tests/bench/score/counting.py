"""Count what a scanner found against what is true. Pure: it reads and runs nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import msgspec

from tests.bench.score.families import Families, of
from tests.bench.score.hits import ALARM, TOLD, WORST, Hit
from tests.bench.score.truth import Case, Lookalike, Package, Secret


class Count(msgspec.Struct, frozen=True):
    """So many of so many, and which were wrong; `of` 0 where there is no whole."""

    number: int
    of: int = 0
    wrong: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Return the part of the whole."""
        return self.number / self.of if self.of else 0.0


def by_path(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    """Sort hits by the file that they point at."""
    found: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        found[hit.path].append(hit)
    return found


def recall(secrets: tuple[Secret, ...], hits: Iterable[Hit]) -> Count:
    """Count the files in which a hit stands on a line where the secret's value stands."""
    found = by_path(hit for hit in hits if hit.level in TOLD)
    missed = [each for each in secrets if not any(hit.line in each.lines for hit in found[each.path])]
    return Count(len(secrets) - len(missed), len(secrets), tuple(_named(each) for each in missed))


def _named(secret: Secret) -> str:
    return f"{secret.kind}, {secret.exchange}" if secret.exchange else secret.kind


def flagged(files: tuple[Lookalike, ...], hits: Iterable[Hit]) -> Count:
    """Count the files without a secret in which one was seen."""
    found = {hit.path for hit in hits if hit.level in TOLD}
    wrong = tuple(each.kind for each in files if each.path in found)
    return Count(len(wrong), len(files), wrong)


def values(hits: Iterable[Hit]) -> Count:
    """Count the distinct values that were taken for secrets, wherever they stand."""
    found = {hit.subject or f"{hit.path}:{hit.line}": hit for hit in hits if hit.level in TOLD}
    packages = Counter(f"{hit.path.split('/')[0]} ({hit.rule})" for hit in found.values())
    return Count(len(found), 0, tuple(f"{number} in {name}" for name, number in packages.most_common()))


def right(
    cases: tuple[Case, ...], label: str, hits: Iterable[Hit], levels: frozenset[str], families: Families
) -> Count:
    """Count the cases of a label with a hit of one of these levels, for a reason that is right."""

    def told(case: Case, its: list[Hit]) -> bool:
        return any(hit.level in levels and of(hit, families) & set(case.reasons) for hit in its)

    return _cases(cases, label, hits, told)


def alarmed(cases: tuple[Case, ...], label: str, hits: Iterable[Hit], levels: frozenset[str] = ALARM) -> Count:
    """Count the cases of a label with a hit of one of these levels, for whatever reason; name those that have one."""
    count = _cases(cases, label, hits, lambda case, its: any(hit.level in levels for hit in its))
    names = {case.name for case in cases if case.label == label}
    return Count(count.number, count.of, tuple(sorted(names - set(count.wrong))))


def _cases(cases: tuple[Case, ...], label: str, hits: Iterable[Hit], told: Callable[[Case, list[Hit]], bool]) -> Count:
    found: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        found[hit.path.split("/")[0].split("!")[0]].append(hit)
    asked = [case for case in cases if case.label == label]
    missed = tuple(case.name for case in asked if not told(case, found[case.path]))
    return Count(len(asked) - len(missed), len(asked), missed)


def accused(hits: Iterable[Hit]) -> Count:
    """Count the packages that were called malicious."""
    rules: dict[str, set[str]] = defaultdict(set)
    for hit in hits:
        if hit.level == "critical":
            rules[hit.path.split("/")[0]].add(hit.rule)
    return Count(len(rules), 0, tuple(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(rules.items())))


def caught(packages: tuple[Package, ...], hits: Iterable[Hit], families: Families) -> Count:
    """Count the squats whose name was pointed at."""
    found = {hit.path for hit in hits if hit.level in TOLD and "name" in of(hit, families)}
    return _packages(packages, "squat", lambda each: each.path in found)


def blocked(packages: tuple[Package, ...], hits: Iterable[Hit], families: Families) -> Count:
    """Count the legitimate packages whose name was called bad, high or worse; name them."""
    found = {hit.path for hit in hits if hit.level in WORST and "name" in of(hit, families)}
    wrong = tuple(each.name for each in packages if each.label == "legitimate" and each.path in found)
    return Count(len(wrong), sum(each.label == "legitimate" for each in packages), wrong)


def vulnerable(packages: tuple[Package, ...], hits: Iterable[Hit], families: Families) -> Count:
    """Count the old pins for which every advisory was named."""
    told: dict[str, str] = defaultdict(str)
    for hit in hits:
        if "advisory" in of(hit, families):
            told[hit.path] += f" {hit.subject} {hit.text}"
    return _packages(packages, "pin", lambda each: all(each_id in told[each.path] for each_id in each.advisories))


def wrongly_clean(
    packages: tuple[Package, ...], hits: Iterable[Hit], unanswered: tuple[str, ...], families: Families
) -> Count:
    """Count the old pins of which nothing was said, neither that they are vulnerable nor that it is not known."""
    found = {hit.path for hit in hits if of(hit, families) & {"advisory", "unknown"}}
    said = found | set(unanswered)
    pins = [each for each in packages if each.label == "pin"]
    wrong = tuple(each.name for each in pins if each.path not in said and each.path.split("/")[0] not in said)
    return Count(len(wrong), len(pins), wrong)


def _packages(packages: tuple[Package, ...], label: str, good: Callable[[Package], bool]) -> Count:
    asked = [each for each in packages if each.label == label]
    missed = tuple(each.name for each in asked if not good(each))
    return Count(len(asked) - len(missed), len(asked), missed)
