"""OctoBot's web page, from which everything can be done: without a word it asks for no password."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.answered import answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Table, flag, place_of, scalar, table
from ringfence.audit.bot.rules import say
from ringfence.audit.finding import Finding, Unanswered


def page(bot: Bot) -> Iterator[Finding | Unanswered]:
    """It asks for no password."""
    for found in bot.octobots:
        yield from answered(_page(found))


def _page(found: Table) -> Iterator[Finding]:
    web = table(found, "services", "web")
    if web is None:
        text = "OctoBot's page asks for no password, since services.web says nothing of one"
        yield say("octobot-open", found.place, text, "services.web")
        return
    if not flag(web, "require-password"):
        text = "OctoBot's page asks for no password"
        yield say("octobot-open", place_of(web, "require-password"), text, "services.web.require-password")
        return
    password = scalar(web, "password")
    if password is None or not password.text.strip():
        text = "OctoBot's page has an empty password"
        yield say("octobot-open", place_of(web, "password"), text, "services.web.password")


CHECKS: Final = (page,)
"""What is asked of OctoBot."""
