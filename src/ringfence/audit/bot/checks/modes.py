"""Who may read the files with secrets in them, who may change the code that trades, and who may read the logs."""

import re
import stat
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.files import ROOT, Entry
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.secret_files import secret_files
from ringfence.audit.finding import Finding, Place

_CODE: Final = {
    "freqtrade": ("strategies", "freqaimodels", "hyperopts"),
    "hummingbot": ("scripts", "controllers"),
    "hummingbot-api": ("scripts", "controllers"),
    "octobot": ("tentacles",),
    "jesse": ("strategies",),
}
_OTHERS_READ, _OTHERS_WRITE = stat.S_IROTH, stat.S_IWOTH
_GROUP_READ, _GROUP_WRITE = stat.S_IRGRP, stat.S_IWGRP


def secrets(bot: Bot) -> Iterator[Finding]:
    """Others may read a file that has a secret in it, or change what the bot is told."""
    for entry in secret_files(bot):
        whom = _who(entry, _OTHERS_READ | _OTHERS_WRITE, _GROUP_READ | _GROUP_WRITE)
        if whom and not _is_for_its_bot(bot, entry):
            does = "change" if entry.bits & (_OTHERS_WRITE | _GROUP_WRITE) else "read"
            text = f"{whom} may {does} this file, which has a secret in it: `chmod 600 {entry.path}`"
            yield say("secret-file-open", Place(entry.path), text, "mode")


def settings(bot: Bot) -> Iterator[Finding]:
    """Others may change what the bot goes by: where it listens, what it runs, to whom it talks."""
    for path in sorted(bot.files.texts):
        entry = bot.files.entries.get(path)
        whom = "" if entry is None else _who(entry, _OTHERS_WRITE, _GROUP_WRITE)
        if whom:
            text = f"{whom} may change this file, which the bot goes by: `chmod go-w {path}`"
            yield say("settings-writable", Place(path), text, "mode")


def _who(entry: Entry, others: int, group: int) -> str:
    if entry.bits & others and not entry.shut:
        return "every user of this machine"
    own = entry.gid == entry.uid  # a group of one, as useradd makes it (login.defs(5), USERGROUPS_ENAB)
    return "" if not entry.bits & group or own else "a whole group"


def _is_for_its_bot(bot: Bot, entry: Entry) -> bool:
    """Say whether only the bot's own group may read it, and nobody but its owner write: better than its own file."""
    if bot.owner is None or entry.uid == bot.owner.uid or entry.gid not in bot.owner.groups:
        return False
    return not entry.bits & (stat.S_IRWXO | _GROUP_WRITE)


def code(bot: Bot) -> Iterator[Finding]:
    """Others, or the bot itself, may change the code that trades: what takes it over once stays."""
    names = {name for one in bot.has for name in _CODE.get(one, ())}
    entries = sorted(bot.files.entries.values(), key=lambda one: one.path)
    folders = [one for one in entries if one.is_dir and one.name in names]
    for folder in folders:
        inside = [one for one in entries if one.path == folder.path or _is_code_in(one, folder)]
        for one in inside:
            whom = _writer(bot, one)
            if whom:
                text = f"{whom} may change the code that trades: `chmod -R go-w {folder.path}`"
                if bot.owner is not None and whom.startswith("the bot"):
                    text = f"{whom} may change the code that trades: `chown -R root:{bot.owner.name} {folder.path}`"
                yield say("strategies-writable", Place(one.path), text, folder.path)
                break


def _is_code_in(entry: Entry, folder: Entry) -> bool:
    return entry.path.startswith(folder.path + "/") and (entry.is_dir or entry.name.endswith((".py", ".so", ".json")))


def _writer(bot: Bot, entry: Entry) -> str:
    whom = _who(entry, _OTHERS_WRITE, _GROUP_WRITE)
    if whom or bot.owner is None:
        return whom
    if entry.uid == bot.owner.uid or (entry.bits & _GROUP_WRITE and entry.gid in bot.owner.groups):
        return "the bot itself"
    return ""


def above(bot: Bot) -> Iterator[Finding]:
    """Others may put another file in the place of what the bot goes by, since a directory above it is open."""
    read = [*bot.files.texts, *(one.path for one in secret_files(bot))]
    folders = {"/".join(path.split("/")[:depth]) for path in read for depth in range(1, path.count("/") + 1)}
    for path in sorted(folders | {ROOT}):
        entry = bot.files.entries.get(path)
        if entry is None or not entry.is_dir or entry.bits & stat.S_ISVTX:
            continue
        whom = _who(entry, _OTHERS_WRITE, _GROUP_WRITE)
        if whom:
            text = f"{whom} may put another file in the place of those in here: `chmod go-w {path}`"
            yield say("settings-writable", Place(path), text, "directory")


def logs(bot: Bot) -> Iterator[Finding]:
    """Everybody on the machine may read what the bot does."""
    told = set[str]()
    for path, entry in sorted(bot.files.entries.items()):
        folder = entry.folder if entry.folder.rpartition("/")[2] == "logs" else path
        is_log = not entry.is_dir and (folder != path or re.fullmatch(r".*\.log(?:\.\d+)?", entry.name))
        if is_log and entry.bits & (_OTHERS_READ | _OTHERS_WRITE) and not entry.shut and folder not in told:
            told.add(folder)
            text = f"every user of this machine may read the log: `chmod -R o= {folder}`"
            yield say("log-open", Place(folder), text, "mode")


CHECKS: Final = (secrets, settings, above, code, logs)
"""What is asked of the files' modes."""
