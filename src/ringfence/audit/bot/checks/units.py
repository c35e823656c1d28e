"""How a bot is started: by systemd as a user of its own, or as root, as whoever logs in, or by hand."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.rules import say
from ringfence.audit.finding import Finding, Place

_BOT: Final = re.compile(r"\b(?:freqtrade|hummingbot|octobot|jesse|passivbot|bin/start|jupyter)", re.IGNORECASE)
_BY_HAND: Final = re.compile(r"(?:^|[;&|]\s*|\s)(?:nohup|screen|tmux)\s")
_SETTING: Final = re.compile(r"\s*([A-Za-z]+)\s*=\s*(.*?)\s*")


def units(bot: Bot) -> Iterator[Finding]:
    """A unit runs the bot as root, or as the user that its owner logs in as."""
    for script in bot.scripts:
        found = _settings(script.text) if script.path.endswith(".service") else {}
        starts = found.get(("Service", "ExecStart"))
        if starts is None or not _BOT.search(starts[0]):
            continue
        user, line = found.get(("Service", "User"), ("", starts[1]))
        dynamic = found.get(("Service", "DynamicUser"), ("", 0))[0].lower() in {"yes", "true", "1", "on"}
        if user in {"", "root", "0"} and not dynamic:
            of_user = "default.target" in found.get(("Install", "WantedBy"), ("", 0))[0].split()
            whom = "the user that you log in as" if of_user and not user else "root"
            yield say("runs-as-root", Place(script.path, line), f"the bot runs as {whom}: write User=bot", "User")


def by_hand(bot: Bot) -> Iterator[Finding]:
    """A script starts it in a terminal that nobody watches."""
    for script in bot.scripts:
        for number, line in enumerate(script.text.splitlines(), 1):
            if not line.lstrip().startswith("#") and _BY_HAND.search(line) and _BOT.search(line):
                yield say("runs-by-hand", Place(script.path, number), "the bot is started by hand", "start")


def _settings(text: str) -> dict[tuple[str, str], tuple[str, int]]:
    """Read a unit: of a setting that is there twice the last counts, and a line can go on in the next."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    section, whole, first = "", "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not whole and line.lstrip().startswith(("#", ";")):
            continue
        first = first or number
        whole += line
        if whole.endswith("\\"):
            whole = whole[:-1] + " "
            continue
        if whole.strip().startswith("["):
            section = whole.strip().strip("[]")
        elif (pair := _SETTING.fullmatch(whole)) is not None:
            found[section, pair[1]] = pair[2], first
        whole, first = "", 0
    return found


CHECKS: Final = (units, by_hand)
"""What is asked of what starts the bot."""
