"""Which hosts beside its exchange a bot may reach: exact names on one port, and none of an exchange's.

A tunnel carries what the bot sends and nobody reads: each one is a way by which a captured bot can tell what it knows.
"""

import re

from ringfence.policy.domains import exchange_of

PORT = 443
MOST = 16  # for one bot; a chat, a dashboard and a monitor are three
_LONGEST = 253  # RFC 1035, 2.3.4, less the root
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
PATTERN = rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?"  # no address ends with a letter
_NAME = re.compile(PATTERN, re.ASCII)


def against(host: str) -> str | None:
    """Say what speaks against a tunnel to a host, None where nothing does."""
    if len(host) > _LONGEST or not _NAME.fullmatch(host):
        return "is not a host's full name in lower case, such as api.telegram.org"
    exchange = exchange_of(host)
    return None if exchange is None else f"is {exchange}'s, and a tunnel to an exchange would go round every limit"
