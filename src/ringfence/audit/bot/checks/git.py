"""Whether git keeps a file with a secret in it, or would at the next `git add`."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot import ignored
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Odd
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.secret_files import secret_files
from ringfence.audit.finding import Finding, Place


def kept(bot: Bot) -> Iterator[Finding]:
    """A file with a secret in it is in the repository, or is not ignored by it."""
    paths = [one.path for one in secret_files(bot)]
    if not paths:
        return
    try:
        found = ignored.ask(bot.files.root, paths)
    except ignored.Unasked as why:
        raise Odd(Place(".git"), f"git cannot be asked: {why}") from None
    if found is None:
        return
    for path in paths:
        if path in found.tracked:
            text = f"git keeps this file, and with it its secret: `git rm --cached {path}`, and change the secret"
            yield say("secret-in-git", Place(path), text, "tracked")
        elif path not in found.ignored:
            text = f"the next `git add .` puts this file into git: `echo /{path} >> .gitignore`"
            yield say("secret-in-git", Place(path), text, "not ignored")


CHECKS: Final = (kept,)
"""What is asked of git."""
