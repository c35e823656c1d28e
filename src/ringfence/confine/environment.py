"""Which environment variables a confined bot is given: all but secrets and ways to other processes. Pure.

A virtual key opens nothing at any exchange, and is what the bot is to have: it stays, whatever it is called.
"""

import re
from collections.abc import Collection, Mapping

from ringfence.dialects.virtual import recognise

_SECRET = re.compile(
    r"KEY|SECRET|TOKEN|PASS(WORD|WD|PHRASE)|CREDENTIAL|PRIVATE|MNEMONIC|SEED|COOKIE|AUTH", re.IGNORECASE
)
_WAYS = re.compile(  # to an agent, a session or a machine that does more than the bot may
    r"RINGFENCE_.*|SSH_.*|GPG_.*|DBUS_.*|XDG_RUNTIME_DIR|DOCKER_.*|KUBE.*|AWS_.*|AZURE_.*|GOOGLE_.*|TMUX.*|STY|SUDO_.*",
    re.IGNORECASE,
)


def cleaned(environment: Mapping[str, str], keep: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what is handed on, and the names of what is not, in order; `keep` are names that the owner insists on."""
    removed = sorted(name for name, value in environment.items() if name not in keep and _is_withheld(name, value))
    return {name: value for name, value in environment.items() if name not in removed}, tuple(removed)


def _is_withheld(name: str, value: str) -> bool:
    if _WAYS.fullmatch(name):
        return True
    return _SECRET.search(name) is not None and recognise(value) is None
