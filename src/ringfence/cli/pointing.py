"""How a client is pointed at Ringfence: the virtual key, and our port in place of the exchange's hosts."""

import shlex
from dataclasses import dataclass, field

from ringfence.pointing.clients import addresses
from ringfence.settings import Listener


@dataclass(frozen=True, slots=True)
class Pointing:
    """What one bot's client needs. The secret is a virtual key's: it opens nothing but Ringfence."""

    bot: str
    key: str
    secret: str = field(repr=False)
    listener: Listener

    @property
    def url(self) -> str:
        """Where the client finds Ringfence."""
        return f"http://127.0.0.1:{self.listener.port}"

    def document(self) -> dict[str, object]:
        """Say it as plain values."""
        return {"bot": self.bot, "key": self.key, "secret": self.secret, "url": self.url}

    def ccxt(self) -> dict[str, object]:
        """Say it as the settings of `ccxt.binance`, and of freqtrade's `ccxt_config`."""
        dialect = self.listener.exchange.removeprefix("paper-")
        api = addresses(dialect, self.url, self.url.replace("http:", "ws:"))
        return {"apiKey": self.key, "secret": self.secret, "urls": {"api": api}}

    def env(self) -> str:
        """Say it as lines that a shell reads."""
        values = {"BINANCE_API_KEY": self.key, "BINANCE_API_SECRET": self.secret, "BINANCE_BASE_URL": self.url}
        return "\n".join(f"{name}={shlex.quote(value)}" for name, value in values.items())

    def text(self) -> str:
        """Say it to a person."""
        return f"bot {self.bot}\n  key     {self.key}\n  secret  {self.secret}\n  url     {self.url}"
