"""What everything that a deployment makes is called, and where it stands. One table: undo and audits go by it."""

SUPERUSER = "root"
SUPERUSER_HOME = f"/{SUPERUSER}"

HOME = "/var/lib/ringfence"
RUN = "/run/ringfence"
PAGES = "/run/ringfence-pages"  # apart from RUN, which is closed to who leads the owner to a page
CODE = "/opt/ringfence"
UNITS = "/etc/systemd/system"
ETC = "/etc/ringfence"
TMPFILES = "/etc/tmpfiles.d/ringfence.conf"  # what makes RUN anew at each start (tmpfiles.d(5))
STATE = "/var/lib/ringfence-bots"
UNREAD = "python-unread"  # beside our code: the Python that may be run and not read
PROGRAM = "/usr/local/bin/ringfence"
SEALED = "/etc/credstore.encrypted/ringfence-passphrase"
RECORD = "/var/lib/ringfence-deploy"
RELAY = f"{ETC}/relay.py"

GROUP = "ringfence"
TABLE = "ringfence"

Process = str
PROCESSES: tuple[Process, ...] = ("signer", "courier", "prices", "gateway")
PAPER: Process = "paper"


def user(process: Process) -> str:
    """Name the user that a process of ours runs as."""
    return f"ringfence-{process}"


def unit(process: Process) -> str:
    """Name the unit of a process of ours."""
    return f"ringfence-{process}.service"


def bot_user(bot: str) -> str:
    """Name the user that a bot runs as."""
    return f"bot-{bot}"


def bot_unit(bot: str, kind: str = "service") -> str:
    """Name a bot's own unit, or the socket of its network."""
    return f"ringfence-bot-{bot}.{kind}"


def probe_unit(bot: str) -> str:
    """Name the unit that tries what a bot could reach, from where the bot is."""
    return f"ringfence-probe-{bot}.service"


def canary_unit(bot: str, kind: str = "service") -> str:
    """Name the unit that has the probe run and tells the signer what came of it, or its timer."""
    return f"ringfence-canary-{bot}.{kind}"


def ui_unit(bot: str, port: int, kind: str = "service") -> str:
    """Name the unit that leads the owner to a bot's own page."""
    return f"ringfence-ui-{bot}-{port}.{kind}"


def doors(bot: str) -> str:
    """Name the folder of the unix sockets by which a bot in a container comes in."""
    return f"{RUN}/doors/{bot}"


def pages(bot: str) -> str:
    """Name the folder of the unix sockets by which the owner sees the pages of a bot in a container."""
    return f"{PAGES}/{bot}"


WALL = "ringfence-wall.service"
NFTABLES = f"{UNITS}/nftables.service.d"
"""What is added to the unit of the system's own rules: loading those empties everything else."""

TARGET = "ringfence.target"
