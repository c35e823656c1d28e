"""Where one bot finds Ringfence, and what it holds: the values that every `$name` of the table stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.pointing.clients import Mode, Plain, Way, addresses, environment, secure_addresses
from ringfence.settings import Listener

LOOPBACK = "127.0.0.1"
# User info of a URL, `https://api.ringfence@127.0.0.1:PORT`: it is no secret and leads nowhere, and with it an address
# of ours begins as ccxt looks for it, `https://api.` and `hostname`. Names below localhost do not resolve everywhere.
_USER = "ringfence"
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
    plain: Listener | None = None
    secure: Listener | None = None
    proxy: int | None = None
    token: str = field(default="", repr=False)
    address: str | None = None

    @property
    def dialect(self) -> str:
        """What clients call the exchange; a rehearsal speaks the language of the real one."""
        return self.exchange.removeprefix("paper-")

    @property
    def proxy_url(self) -> str:
        """The proxy with the bot's pass."""
        return f"http://{self.bot}:{self.token}@{LOOPBACK}:{self.proxy}"

    def fitting(self, way: Way) -> Way:
        """Choose between a way and its form over TLS, which keeps more for a client that has one."""
        return way if way.secure is None or self.secure is None else way.secure

    def filled(self, value: Plain, way: Way) -> Plain:
        """Put our values in place of every `$name`; a text that is one name alone takes the value as it is."""
        return _filled(value, self._values(way))

    def variables(self, way: Way) -> dict[str, str]:
        """Say what a way's variables of the environment are set to."""
        values = self._values(way)
        return {name: Template(environment()[name]).substitute(values) for name in way.environment}

    def host_lines(self, way: Way) -> tuple[str, ...]:
        """Write the lines of /etc/hosts that the name mode needs."""
        if way.mode is not Mode.NAMES:
            return ()
        return tuple(f"{self.address or NAMES_ADDRESS} {host}" for host in sorted(hosts_of(ExchangeId(self.exchange))))

    def settings(self, way: Way) -> str:
        """Write what ringfence.toml has to say for a way that is there."""
        match way.mode:
            case Mode.PROXY:
                return f"[proxy]\nport = {self.proxy}"
            case Mode.BASE_URL:
                return _listed(self._listener(way))
            case Mode.NAMES:
                return f'[names]\naddress = "{self.address or NAMES_ADDRESS}"\nexchanges = ["{self.exchange}"]'

    def insist_on(self, way: Way) -> None:
        """Refuse a way whose door the deployment has not; raises `Misconfigured`. Names only need to be written."""
        if way.mode is Mode.BASE_URL and self._listener(way) is None:
            add = f'add [listeners.NAME] with exchange = "{self.exchange}"'
            if self.secure is None:
                raise Misconfigured(f"no listener speaks {self.exchange}", hint=f"{add} to ringfence.toml")
            raise Misconfigured(
                f"this client's base URLs are plain HTTP, and every listener of {self.exchange} has tls = true",
                hint=f"{add} and without tls to ringfence.toml",
            )
        if way.mode is Mode.PROXY and not (self.proxy and self.token):
            lacks = "[proxy] in ringfence.toml" if self.proxy is None else f"a pass for bot {self.bot}"
            raise Misconfigured(
                f"this deployment has not {lacks}", hint="`ringfence certificates` says what is missing"
            )

    def _listener(self, way: Way) -> Listener | None:
        return self.secure if way.over_tls else self.plain

    def _values(self, way: Way) -> dict[str, Plain]:
        trust = self.home / "trust"
        listener = self._listener(way)
        return {
            "bot": self.bot,
            "dialect": self.dialect,
            "key": self.key,
            "secret": self.secret,
            "proxy": self.proxy_url,
            "proxy_port": self.proxy or 0,
            "token": self.token,
            "ca": str(trust / "ca.pem"),
            "bundle": str(trust / "bundle.pem"),
            "shim": str(trust / "python"),
            **({} if listener is None else found_at(listener)),
        }


def found_at(listener: Listener) -> dict[str, Plain]:
    """Say where a listener is found: its base URLs, and the settings that ccxt has for an exchange's addresses."""
    dialect, ws = listener.exchange.removeprefix("paper-"), listener.url.replace("http", "ws", 1)
    at: dict[str, Plain] = {"url": listener.url, "ws": ws}
    if not listener.tls:
        return at | {"addresses": addresses(dialect, listener.url, ws)}
    hostname = f"{_USER}@{LOOPBACK}:{listener.port}"
    return at | {"hostname": hostname, "addresses": secure_addresses(dialect, hostname, ws)}


def _listed(listener: Listener | None) -> str:
    if listener is None:
        return ""
    tls = "\ntls = true" if listener.tls else ""
    return f'[listeners.{listener.name}]\nexchange = "{listener.exchange}"\nport = {listener.port}{tls}'


def _filled(value: Plain, values: Mapping[str, Plain]) -> Plain:
    if isinstance(value, str):
        alone = values.get(value[1:]) if value.startswith("$") else None
        return Template(value).substitute(values) if alone is None else alone
    if isinstance(value, Mapping):
        return {name: _filled(one, values) for name, one in value.items()}
    return value
