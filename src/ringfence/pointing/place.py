"""Where one bot finds Ringfence, and what it holds: the values that every `$name` of the table stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.pointing.clients import Mode, Plain, Way, addresses, environment

LOOPBACK = "127.0.0.1"
NAMES_ADDRESS = "127.0.0.91"
"""The loopback address that is proposed for the name mode: any of 127/8 but the first, where others listen on 443."""


@dataclass(frozen=True, slots=True)
class Place:
    """One bot's ways in. A door that the deployment has not is None; key and secret are a virtual key's."""

    home: Path
    bot: str
    exchange: str
    key: str
    secret: str = field(repr=False)
    listener: str = ""
    port: int | None = None
    proxy: int | None = None
    token: str = field(default="", repr=False)
    address: str | None = None

    @property
    def dialect(self) -> str:
        """What clients call the exchange; a rehearsal speaks the language of the real one."""
        return self.exchange.removeprefix("paper-")

    @property
    def url(self) -> str:
        """Where clients that take a base URL find the exchange."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def proxy_url(self) -> str:
        """The proxy with the bot's pass."""
        return f"http://{self.bot}:{self.token}@{LOOPBACK}:{self.proxy}"

    def filled(self, value: Plain) -> Plain:
        """Put our values in place of every `$name`; a text that is one name alone takes the value as it is."""
        return _filled(value, self._values())

    def variables(self, way: Way) -> dict[str, str]:
        """Say what a way's variables of the environment are set to."""
        values = self._values()
        return {name: Template(environment()[name]).substitute(values) for name in way.environment}

    def host_lines(self, way: Way) -> tuple[str, ...]:
        """Write the lines of /etc/hosts that the name mode needs."""
        if way.mode is not Mode.NAMES:
            return ()
        return tuple(f"{self.address or NAMES_ADDRESS} {host}" for host in sorted(hosts_of(ExchangeId(self.exchange))))

    def settings(self, mode: Mode) -> str:
        """Write what ringfence.toml has to say for a mode."""
        match mode:
            case Mode.PROXY:
                return f"[proxy]\nport = {self.proxy}"
            case Mode.BASE_URL:
                return f'[listeners.{self.listener}]\nexchange = "{self.exchange}"\nport = {self.port}'
            case Mode.NAMES:
                return f'[names]\naddress = "{self.address or NAMES_ADDRESS}"\nexchanges = ["{self.exchange}"]'

    def insist_on(self, mode: Mode) -> None:
        """Refuse a mode whose door the deployment has not; raises `Misconfigured`. Names only need to be written."""
        if mode is Mode.BASE_URL and self.port is None:
            raise Misconfigured(
                f"no listener speaks {self.exchange}",
                hint=f'add [listeners.NAME] with exchange = "{self.exchange}" to ringfence.toml',
            )
        if mode is Mode.PROXY and not (self.proxy and self.token):
            lacks = "[proxy] in ringfence.toml" if self.proxy is None else f"a pass for bot {self.bot}"
            raise Misconfigured(
                f"this deployment has not {lacks}", hint="`ringfence certificates` says what is missing"
            )

    def _values(self) -> dict[str, Plain]:
        trust = self.home / "trust"
        ws = f"ws://{LOOPBACK}:{self.port}"
        return {
            "bot": self.bot,
            "dialect": self.dialect,
            "key": self.key,
            "secret": self.secret,
            "url": self.url,
            "ws": ws,
            "proxy": self.proxy_url,
            "proxy_port": self.proxy or 0,
            "token": self.token,
            "ca": str(trust / "ca.pem"),
            "bundle": str(trust / "bundle.pem"),
            "shim": str(trust / "python"),
            "addresses": addresses(self.dialect, self.url, ws),
        }


def _filled(value: Plain, values: Mapping[str, Plain]) -> Plain:
    if isinstance(value, str):
        alone = values.get(value[1:]) if value.startswith("$") else None
        return Template(value).substitute(values) if alone is None else alone
    if isinstance(value, Mapping):
        return {name: _filled(one, values) for name, one in value.items()}
    return value
