"""Judge a run by what can be seen from outside. Pure, and knows nothing of how the programs work.

What it goes by: docs/format/journal.md, docs/reference/policy.md, docs/explanation/blast-radius.md, and the answers.
"""

from tests.matrix.checker import caps, lost, standing, told
from tests.matrix.evidence import Evidence


def problems(evidence: Evidence) -> tuple[str, ...]:
    """Say everything that is wrong; nothing where all is well."""
    return (*lost.problems(evidence), *caps.problems(evidence), *told.problems(evidence), *standing.problems(evidence))
