"""Which host a text of a script names; whose that is, is in the table of hosts.

It must never resolve or reach a host.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.values import HOLE

_HOST: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.]{1,11}:)?//(?:[^/\s@]{1,200}@)?(?P<host>[^/\s:?#]{1,253})")


def host_of(text: str) -> str:
    """Return the host that a URL names; empty where it cannot be told."""
    found = _HOST.match(text)
    return "" if found is None or HOLE in found["host"] else found["host"].lower().rstrip(".")
