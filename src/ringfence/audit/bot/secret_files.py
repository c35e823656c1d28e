"""Which files of a bot have a secret in them, by what was read of them; virtual keys are secrets too."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.files import Entry
from ringfence.audit.bot.node import FILLED, Odd, Table, walk
from ringfence.audit.bot.strength import is_pem, is_stand_in

_NAME: Final = re.compile(
    r"(?:.*[-_])?(?:key|secret|password|passphrase|token|private_?key|api_?key|api_?secret|mnemonic|webhook_url|uid)(?:_?key)?",
    re.IGNORECASE,
)
_NO_NAME: Final = re.compile(r"sort_key|.*_(?:index|id|name|file)", re.IGNORECASE)
_ALWAYS: Final = (
    r"(?:.*/)?conf/connectors/[^/]+\.ya?ml",
    r"(?:.*/)?\.password_verification",
    r"(?:.*/)?api-keys[^/]*\.json",
    r"(?:.*/)?(?:gateway[^/]*/)?conf/wallets/.+\.json",
    r"(?:.*/)?user/config\.json",
)
_KEYS: Final = (r"(?:.*/)?[^/]+\.(?:pem|key)",)
_SAMPLE: Final = re.compile(r".*(?:example|sample|template|dist)(?:\..*)?", re.IGNORECASE)


def secret_files(bot: Bot) -> tuple[Entry, ...]:
    """List them, in order."""
    paths = {one.path for one in bot.files.find(*_ALWAYS) if not _SAMPLE.fullmatch(one.name)}
    paths |= {path for found in bot.documents for path in _paths(found)}
    paths |= {one.path for one in bot.files.find(*_KEYS) if _has_key(bot, one)}
    return tuple(bot.files.entries[path] for path in sorted(paths) if path in bot.files.entries)


def _paths(found: Table) -> Iterator[str]:
    try:
        for names, one in walk(found):
            name = names[-1] if names else ""
            text = one.text
            if "=" in text and not _NAME.fullmatch(name):
                name, _, text = text.partition("=")  # a variable in a list
            secret = _NAME.fullmatch(name) and not _NO_NAME.fullmatch(name)
            if secret and one.tag != FILLED and text.strip() and not is_stand_in(text):
                yield one.place.path
    except Odd:
        yield found.place.path


def _has_key(bot: Bot, entry: Entry) -> bool:
    try:
        text = bot.files.text(entry.path)
    except Odd:
        return True
    return is_pem(text) and "PRIVATE KEY" in text
