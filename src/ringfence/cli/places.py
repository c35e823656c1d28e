"""Where a bot of this deployment finds Ringfence, put together from the settings and from its record in the vault."""

from ringfence import passes
from ringfence.cli.names import listeners_of
from ringfence.cli.unlock import bot_of, bots_of, open_vault
from ringfence.errors import Misconfigured
from ringfence.pointing.place import Place
from ringfence.settings import Settings


def place_of(settings: Settings, bot: str, fd: int | None, *, show_secret: bool) -> Place:
    """Say where a bot comes in, the only one where none is named; its key and secret as placeholders unless shown."""
    with open_vault(settings, fd) as vault:
        record = bot_of(vault, bot or _only(tuple(one.bot for one in bots_of(vault))))
        if not show_secret:
            return place(settings, record.bot, record.exchange, *_hidden(record.bot))
        if record.algorithm:
            shown_once = f"<the private key that was shown when bot {record.bot} was made>"
            return place(settings, record.bot, record.exchange, record.key, shown_once)
        with vault.reveal(record.id) as secret:
            return place(settings, record.bot, record.exchange, record.key, str(secret.view(), "ascii"))


def place(settings: Settings, bot: str, exchange: str, key: str, secret: str) -> Place:
    """Say where one bot of one exchange comes in, with what it holds."""
    listeners = listeners_of(settings, exchange)
    return Place(
        home=settings.home,
        bot=bot,
        exchange=exchange,
        key=key,
        secret=secret,
        plain=next((one for one in listeners if not one.tls), None),
        secure=next((one for one in listeners if one.tls), None),
        proxy=settings.proxy.port if settings.proxy else None,
        token=next((one.token for one in passes.read(settings.passes) if one.bot == bot), ""),
        address=settings.names.address if settings.names and exchange in settings.names.exchanges else None,
    )


def _hidden(bot: str) -> tuple[str, str]:
    return f"<virtual key of {bot}>", f"<virtual secret of {bot}>"


def _only(bots: tuple[str, ...]) -> str:
    if len(bots) != 1:
        raise Misconfigured("which bot is meant?", hint=f"give --bot; there is {', '.join(bots) or 'none'}")
    return bots[0]
