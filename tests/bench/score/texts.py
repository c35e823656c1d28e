"""Cases of code, from templates: the same story for every seed, told with other names, values and surroundings.

A file of cases holds many. `#### name label family family` begins one; `## file PATH` begins a file of it. In a file,
`%% either`, `%% or`, `%% end` choose one of several ways to write the same; `%% shuffle`, `%% and`, `%% end` put parts
into any order, with harmless functions between them; what stands between << and >> is filled in by `fillings`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score.fillings import Fillings

CASES = Path(__file__).parent / "cases"
_BLANK = re.compile(r"<<(?P<kind>[a-z0-9]+)(?::(?P<what>(?:(?!<<|>>).)*))?>>")  # the innermost


@dataclass(frozen=True, slots=True)
class Template:
    """One case as it is written down: what it is, and its files."""

    name: str
    label: str
    reasons: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


def templates(path: Path) -> list[Template]:
    """Read a file of cases."""
    return [_template(part) for part in re.split(r"^#### ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]]


def _template(part: str) -> Template:
    head, *files = re.split(r"^## file ", part, flags=re.MULTILINE)
    name, label, *reasons = head.split()
    return Template(
        name, label, tuple(reasons), tuple((each.split("\n", 1)[0].strip(), each.split("\n", 1)[1]) for each in files)
    )


def tell(template: Template, draw: Random) -> dict[str, str]:
    """Write the files of a case, by name, for one drawing."""
    fillings = Fillings(draw)
    told = {}
    for name, text in template.files:
        arranged = _arranged(text.splitlines(), draw, name)
        told[fill(name, fillings)] = fill(arranged, fillings)
    return told


def fill(text: str, fillings: Fillings) -> str:
    """Fill in every blank, those inside what was filled in too."""
    while _BLANK.search(text):
        text = _BLANK.sub(lambda found: fillings.give(found["kind"], found["what"] or ""), text)
    return text


def _arranged(lines: list[str], draw: Random, name: str) -> str:
    """Choose among alternatives and shuffle what may be shuffled; neither stands inside the other."""
    done: list[str] = []
    parts: list[list[str]] = []
    for line in lines:
        if line in ("%% either", "%% shuffle"):
            parts = [[line], []]
        elif line in ("%% or", "%% and"):
            parts.append([])
        elif line == "%% end":
            done += _chosen(parts, draw, name)
            parts = []
        else:
            (parts[-1] if parts else done).append(line)
    return "\n".join(done).strip("\n") + "\n"


def _chosen(parts: list[list[str]], draw: Random, name: str) -> list[str]:
    [how], *told = parts
    if how == "%% either":
        return draw.choice(told)
    told += [[f"<<filler:{Path(name).suffix}>>"] for _ in range(draw.randint(1, 3))]
    draw.shuffle(told)
    return [line for part in told for line in ("", "", *part)]
