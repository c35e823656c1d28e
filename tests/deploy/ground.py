"""A deployment to be put on a pretended server, and that server as it is before."""

from pathlib import Path

from ringfence.deploy.bots import Bot
from ringfence.deploy.layout import Deployment, wants
from ringfence.deploy.machine import Kind, Seen
from ringfence.deploy.units import Ground
from ringfence.deploy.wants import Want
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Paper, Proxy, Settings
from tests.deploy.pretend import Pretend

HOME = "/var/lib/ringfence"
TEXT = '[listeners.paper]\nexchange = "paper-binance"\nport = 8300\n\n[proxy]\nport = 8118\n'
GRID = Bot(("/opt/grid/.venv/bin/python", "bot.py"), "/opt/grid", ("data",), (8080,))


def deployment(
    bots: dict[str, Bot] | None = None, *, paper: bool = True, names: bool = False, code: str = "a1"
) -> Deployment:
    exchange = ExchangeId("paper-binance")
    settings = Settings(
        Path(HOME),
        (Listener("paper", exchange, 8300),),
        Paper(8410, 8411, 8412, 8413) if paper else None,
        proxy=Proxy(8118),
        names=Names("127.0.0.91", (exchange,)) if names else None,
    )
    ground = Ground("/usr/bin/python3.11", f"/opt/ringfence/{code}", HOME, paper=paper)
    return Deployment(settings, TEXT, {"grid": GRID} if bots is None else bots, ground, {})


def wanted(bots: dict[str, Bot] | None = None, *, code: str = "a1") -> tuple[Want, ...]:
    return wants(deployment(bots, code=code))


def before() -> Pretend:
    """A server on which `init` has run, and a bot's folder that is its owner's."""
    folder, file = Seen(Kind.FOLDER, 0o700, 0, 0), Seen(Kind.FILE, 0o600, 0, 0, b"x")
    own, ours = Seen(Kind.FOLDER, 0o755, 1000, 1000), Seen(Kind.FILE, 0o644, 1000, 1000, b"print()")
    return Pretend(
        {
            HOME: folder,
            f"{HOME}/vault": file,
            f"{HOME}/journal": folder,
            f"{HOME}/gateway": folder,
            f"{HOME}/gateway/passes.toml": file,
            f"{HOME}/paper": folder,
            f"{HOME}/paper/accounts.json": file,
            f"{HOME}/trust": folder,
            f"{HOME}/run": folder,
            f"{HOME}/ringfence.toml": file._replace(content=TEXT.encode()),
            "/opt/grid": own,
            "/opt/grid/bot.py": ours,
            "/opt/grid/config.json": ours._replace(mode=0o600),
            "/opt/grid/data": own,
            "/opt/grid/data/trades.sqlite": ours,
        }
    )
