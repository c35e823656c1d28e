"""How a client is pointed at Ringfence: the virtual key, and our port in place of the exchange's hosts."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.pointing.place import found_at
from ringfence.settings import Listener

_TRUSTING = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True, slots=True)
class Pointing:
    """What one bot's client needs. The secret is a virtual key's: it opens nothing but Ringfence."""

    bot: str
    key: str
    secret: str = field(repr=False)
    listener: Listener
    trust: Path

    @property
    def url(self) -> str:
        """Where the client finds Ringfence."""
        return self.listener.url

    def document(self) -> dict[str, object]:
        """Say it as plain values."""
        return {"bot": self.bot, "key": self.key, "secret": self.secret, "url": self.url}

    def ccxt(self) -> dict[str, object]:
        """Say it as the settings of `ccxt.binance`, and of freqtrade's `ccxt_config`."""
        at = found_at(self.listener)
        settings: dict[str, object] = {"apiKey": self.key, "secret": self.secret, "urls": {"api": at["addresses"]}}
        if self.listener.tls:  # ccxt looks at one of the two where it waits for answers, and at the other where not
            ca = str(self.trust / "ca.pem")
            settings |= {"hostname": at["hostname"], "validateServerSsl": ca, "cafile": ca}
        return settings

    def env(self) -> str:
        """Say it as lines that a shell reads."""
        values = {"BINANCE_API_KEY": self.key, "BINANCE_API_SECRET": self.secret, "BINANCE_BASE_URL": self.url}
        if self.listener.tls:
            values |= dict.fromkeys(_TRUSTING, str(self.trust / "bundle.pem"))
        return "\n".join(f"{name}={shlex.quote(value)}" for name, value in values.items())

    def text(self) -> str:
        """Say it to a person."""
        return f"bot {self.bot}\n  key     {self.key}\n  secret  {self.secret}\n  url     {self.url}"
