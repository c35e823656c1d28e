"""A file of settings, looked at setting by setting for all that settings can do."""

import re
from typing import Final

from ringfence.audit.code.data import factories, records, venues
from ringfence.audit.code.data.content import line_of, plain, text_of
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.settings import parsed
from ringfence.audit.code.data.tree import Unread, walk
from ringfence.audit.code.hosts import imitated, urls

_SMALL: Final = 1 << 18  # bytes: as quickly parsed as searched
_HINT: Final = re.compile(
    rb"handler|Handler|HANDLER|://|_target_|\bpy/[oftr]|\"\(\)\"|\b(?:host|\w{0,20}url|rest|endpoint|verify|proxy|proxies)|ext:|\\u00|\\x"
)
"""Without one of these a file is candles or numbers, however large."""


def look(path: str, data: bytes, found: Found) -> None:
    """Look at a file of settings."""
    if len(data) > _SMALL and not _HINT.search(plain(data)):
        return
    text = text_of(data)
    try:
        _settings(path, text, found)
    except Unread as beyond:
        found.skipped(str(beyond))
        for _, host in urls(text):
            if imitated(host):
                found.say("look-alike-host", line_of(text, host), host, f"{host}, for {imitated(host)}")


def _settings(path: str, text: str, found: Found) -> None:
    tree = parsed(path, text)
    owners = set[tuple[str, ...]]()
    for keys, node in walk(tree):
        if isinstance(node, dict):
            records.look(node, tree, text, found)
            if venues.is_owned(node):
                owners.add(keys)
        elif isinstance(node, str) and keys:
            factories.look(keys, node, text, found)
            owned = bool(owners) and any(keys[:end] in owners for end in range(len(keys)))
            venues.look(keys, node, text, found, owned=owned)
