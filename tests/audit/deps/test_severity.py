import pytest

from ringfence.audit.deps.severity import base_score, severity
from ringfence.audit.finding import Severity
from tests.audit.deps.snapshots import advisory

# Vectors with the scores that FIRST's and NVD's pages give them.
SCORES = {
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10.0,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
    "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N": 6.1,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H": 7.5,
    "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H": 7.8,
    "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N": 1.6,
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": 6.4,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0.0,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N/E:U/RL:O": 5.3,
}


def test_a_vector_has_the_score_that_the_standard_gives_it() -> None:
    assert {vector: base_score(vector) for vector in SCORES} == SCORES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HIGH",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "CVSS:3.1",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:X/C:H/I:H/A:H",
        "CVSS:3.1/AV:?/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "/" * 100_000,
    ],
)
def test_anything_else_has_none(text: str) -> None:
    assert base_score(text) is None


@pytest.mark.parametrize(
    ("said", "rated"),
    [
        ("", Severity.HIGH),
        ("who knows", Severity.HIGH),
        ("CRITICAL", Severity.HIGH),
        ("HIGH", Severity.HIGH),
        ("MODERATE", Severity.MEDIUM),
        ("Low", Severity.LOW),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity.HIGH),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Severity.MEDIUM),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", Severity.LOW),
        ("CVSS:4.0/AV:N", Severity.HIGH),
        # At the bounds: 7.0, 6.9, 4.0 and 3.9.
        ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H", Severity.HIGH),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:R/S:U/C:H/I:H/A:N", Severity.MEDIUM),
        ("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", Severity.MEDIUM),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:L/I:L/A:N", Severity.LOW),
    ],
)
def test_what_nobody_rated_is_high_and_nothing_is_critical(said: str, rated: Severity) -> None:
    assert severity(advisory(severity=said)) is rated
