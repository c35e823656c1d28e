"""How a client is pointed at Ringfence: the virtual key, and our port in place of the exchange's hosts."""

import shlex
from dataclasses import dataclass, field

from ringfence.settings import Listener

# Every REST address that ccxt has for Binance, by the path it keeps (ccxt 4.5, binance.py, urls.api): one that is
# left out would go past us, with a virtual key that the exchange does not know.
CCXT = {
    "public": "api/v3",
    "private": "api/v3",
    "v1": "api/v1",
    "sapi": "sapi/v1",
    "sapiV2": "sapi/v2",
    "sapiV3": "sapi/v3",
    "sapiV4": "sapi/v4",
    "fapiPublic": "fapi/v1",
    "fapiPublicV2": "fapi/v2",
    "fapiPublicV3": "fapi/v3",
    "fapiPrivate": "fapi/v1",
    "fapiPrivateV2": "fapi/v2",
    "fapiPrivateV3": "fapi/v3",
    "fapiData": "futures/data",
    "dapiPublic": "dapi/v1",
    "dapiPrivate": "dapi/v1",
    "dapiPrivateV2": "dapi/v2",
    "dapiData": "futures/data",
    "eapiPublic": "eapi/v1",
    "eapiPrivate": "eapi/v1",
    "papi": "papi/v1",
    "papiV2": "papi/v2",
}


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
        api = {name: f"{self.url}/{path}" for name, path in CCXT.items()}
        return {"apiKey": self.key, "secret": self.secret, "urls": {"api": api}}

    def env(self) -> str:
        """Say it as lines that a shell reads."""
        values = {"BINANCE_API_KEY": self.key, "BINANCE_API_SECRET": self.secret, "BINANCE_BASE_URL": self.url}
        return "\n".join(f"{name}={shlex.quote(value)}" for name, value in values.items())

    def text(self) -> str:
        """Say it to a person."""
        return f"bot {self.bot}\n  key     {self.key}\n  secret  {self.secret}\n  url     {self.url}"
