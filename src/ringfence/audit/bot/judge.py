"""Asks every check of everything that was found. What a check cannot judge is unanswered, and the others go on."""

from collections.abc import Callable, Iterator
from typing import Final

from ringfence.audit.bot.answered import Said, answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.checks import (
    api,
    containers,
    exchange,
    git,
    hummingbot,
    jupyter,
    modes,
    octobot,
    remote,
    sites,
    twice,
    units,
    variables,
)
from ringfence.audit.bot.freqtrade import Config
from ringfence.audit.bot.service import Service
from ringfence.audit.finding import Finding, Place, Unanswered

OF_CONFIG: Final[tuple[Callable[[Bot, Config], Said], ...]] = (*api.CHECKS, *exchange.CHECKS, *remote.CHECKS)
"""What is asked of each configuration of freqtrade."""
OF_SERVICE: Final[tuple[Callable[[Bot, Service], Said], ...]] = (*containers.CHECKS, *jupyter.OF_SERVICE)
"""What is asked of each service of a compose file."""
OF_ALL: Final[tuple[Callable[[Bot], Said], ...]] = (
    exchange.passivbot,
    remote.databases,
    *variables.CHECKS,
    *hummingbot.CHECKS,
    *octobot.CHECKS,
    *jupyter.CHECKS,
    *sites.CHECKS,
    *units.CHECKS,
    *modes.CHECKS,
    *git.CHECKS,
    *twice.CHECKS,
)
"""What is asked of the directory as a whole."""


def judge(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Say everything that is wrong with a bot's settings, and everything that could not be judged."""
    yield from bot.gaps
    if not (bot.gaps or bot.has or bot.services or bot.dotenvs or bot.jupyters or bot.sites or bot.scripts):
        yield Unanswered(Place("."), "no settings of a bot that is known here were found")
    for config in bot.configs:
        for of_config in OF_CONFIG:
            yield from answered(of_config(bot, config))
    for service in bot.services:
        for of_service in OF_SERVICE:
            yield from answered(of_service(bot, service))
    for of_all in OF_ALL:
        yield from answered(of_all(bot))
