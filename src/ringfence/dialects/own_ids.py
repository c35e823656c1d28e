"""The order ids that only we make: a prefix no bot may use, and a token that carries a MAC (attacks.md, S29)."""

import re

from ringfence.errors import Misread
from ringfence.model.names import ClientId

_OURS = "rf-"
_TOKEN = re.compile(r"[a-z2-7]{24}", re.ASCII)


def client_id(token: str) -> ClientId:
    """Make our own client order id from a token."""
    if not _TOKEN.fullmatch(token):
        raise Misread("token", "not 24 characters of a-z and 2-7")
    return ClientId(_OURS + token)


def is_own_client_id(client_id: ClientId) -> bool:
    """Say whether an id begins as only ours may."""
    return client_id.startswith(_OURS)
