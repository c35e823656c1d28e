"""The units, written out: what each process may do is here in full, and `systemd-analyze security` reads it.

Nothing here is a proof: the canary tries what the units promise (docs/explanation/confinement.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringfence.confine import launch
from ringfence.deploy import names
from ringfence.deploy.bots import Bot

# systemd.exec(5). What takes the network from a unit only through BPF is left out: systemd 252 of Debian 12 ignores
# IPAddressDeny= without BPF and SocketBindDeny= always, and says so at most once a boot. A network of its own holds.
_ALL = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
KeyringMode=private
NotifyAccess=none
LimitCORE=0
UMask=0077
"""
_MEMORY = "process_vm_readv process_vm_writev"  # of others of the same user, as the probe is one
_CALLS = (
    "@system-service seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret",
    f"~@privileged @resources @mount @debug @cpu-emulation @obsolete @reboot @swap @module @raw-io @keyring {_MEMORY}",
)
_OURS = f"""\
{_ALL}ProtectHome=yes
MemoryDenyWriteExecute=yes
LimitMEMLOCK=64M
NoExecPaths=/
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What all units need to know: which Python runs which copy of our code, for which deployment."""

    python: str
    code: str
    home: str
    paper: bool

    def command(self, module: str, *arguments: str) -> list[str]:
        """Say how a module of ours is started, word by word."""
        return launch.installed(self.python, self.code, module, *arguments)

    def probe(self) -> list[str]:
        """Say how the probe is started: by a Python that may be run and not read.

        The kernel lets nobody of the same user look into such a process, from its first instruction on (ptrace(2),
        prctl(2), PR_SET_DUMPABLE): a captured bot, which is that user, cannot tell the probe what to say.
        """
        return launch.installed(f"{self.code}/{names.UNREAD}", self.code, "ringfence.canary.probe")

    def start(self, module: str, *arguments: str) -> str:
        """Say how a module of ours is started, for a unit."""
        return line(self.command(module, *arguments))


def line(words: Iterable[str]) -> str:
    """Write a command for ExecStart=: every word quoted, and nothing in it expanded (systemd.service(5))."""
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def process(ground: Ground, name: names.Process, bots: Mapping[str, Bot]) -> str:
    """Write the unit of one of our processes."""
    proves = f"Wants={' '.join(map(names.canary_unit, bots))}\n" if bots and name in {"signer", "gateway"} else ""
    parts = [_head(f"Ringfence {name}", proves + _after(name)), "[Service]", "Type=exec"]
    parts += [f"User={names.user(name)}", f"Group={names.GROUP}"]
    parts += [f"ExecStart={ground.start(f'ringfence.{name}', '--home', ground.home)}"]
    parts += ["Restart=always", "RestartSec=1", f"RuntimeDirectory=ringfence/{name}", "RuntimeDirectoryMode=0750"]
    parts += [_OURS.rstrip(), f"ExecPaths=/usr /lib /lib64 {ground.code}", *_calls()]
    parts += [*_own(ground, name, bots), "MemoryMax=1G", "TasksMax=64"]
    return "\n".join((*parts, "", "[Install]", f"WantedBy={names.TARGET}", ""))


def _after(name: names.Process) -> str:
    network = (
        "\nWants=network-online.target\nAfter=network-online.target nss-lookup.target" if name == "courier" else ""
    )
    return f"StartLimitIntervalSec=0\nPartOf={names.TARGET}\nAfter={names.WALL}{network}"


def _own(ground: Ground, name: names.Process, bots: Mapping[str, Bot]) -> list[str]:
    """Say what one process needs beyond the others, and what it alone can do without."""
    if name == "signer":
        return [
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX",
            f"LoadCredentialEncrypted=ringfence-passphrase:{names.SEALED}",
            f"ReadWritePaths={ground.home}/vault {ground.home}/journal",
        ]
    hidden = f"InaccessiblePaths={ground.home}/vault {ground.home}/journal"
    if name == "gateway":
        sockets = " ".join(names.bot_unit(bot, "socket") for bot in bots)
        return [
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET",
            f"Sockets={sockets}".rstrip("="),
            hidden,
        ]
    if name == "prices":
        return ["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", hidden]
    return ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", hidden, *_writes(ground, name)]


def _writes(ground: Ground, name: names.Process) -> list[str]:
    return [f"ReadWritePaths={ground.home}/paper"] if name == names.PAPER else []


def _calls() -> list[str]:
    return [f"SystemCallFilter={each}" for each in _CALLS]


def _head(description: str, more: str) -> str:
    written = "# Written by `ringfence deploy`; `ringfence deploy --undo` takes it out."
    return f"{written}\n[Unit]\nDescription={description}\n{more}\n"


def socket(bot: str, places: Iterable[tuple[str, int]]) -> str:
    """Write the sockets of a bot's own network, which the gateway answers; systemd holds them, so nobody else can."""
    rows = "\n".join(f"ListenStream={address}:{port}" for address, port in places)
    head = _head(
        f"Ringfence's ports in the network of bot {bot}", f"PartOf={names.TARGET}\nBefore={names.unit('gateway')}"
    )
    return (
        f"{head}\n[Socket]\n{rows}\nPrivateNetwork=yes\nBacklog=256\nService={names.unit('gateway')}\n\n"
        f"[Install]\nWantedBy={names.TARGET}\n"
    )


def doors(bot: str, places: Iterable[tuple[str, int]]) -> str:
    """Write the doors of a bot in a container, which the gateway answers; only the relay's user comes in by them."""
    group, own, pages = names.bot_user(bot), names.doors(bot), names.pages(bot)
    rows = "\n".join(f"ListenStream={own}/{address}:{port}.sock" for address, port in places)
    before = f"Before={names.unit('gateway')} docker.service podman.service"  # who would mount an empty folder
    head = _head(f"Ringfence's doors for bot {bot}, which is in a container", f"PartOf={names.TARGET}\n{before}")
    made = "ExecStartPre=/usr/bin/install -d -o root"
    return (
        f"{head}\n[Socket]\n{made} -g {group} -m 0750 {own}\n{made} -g {group} -m 0770 {pages}\n{rows}\n"
        f"SocketUser=root\nSocketGroup={group}\nSocketMode=0660\nRemoveOnStop=yes\nBacklog=256\n"
        f"Service={names.unit('gateway')}\n\n[Install]\nWantedBy={names.TARGET}\n"
    )


def confined(ground: Ground, name: str, bot: Bot, reads: Iterable[str]) -> list[str]:
    """Say where a bot lives: its own network, its own user, nothing of the system's but what it is made of."""
    state = f"ringfence-bots/{name}"
    families = "RestrictAddressFamilies=AF_INET AF_UNIX"
    rows = ["PrivateNetwork=yes", f"User={names.bot_user(name)}", f"Group={names.bot_user(name)}"]
    rows += [_ALL.rstrip(), "PrivateUsers=yes", "ProtectHome=tmpfs", families, *_calls()]
    rows += [] if bot.jit else ["MemoryDenyWriteExecute=yes"]
    # The resolver's, the message bus's and the containers' sockets are in /run: each would speak for the bot outside.
    rows += ["TemporaryFileSystem=/run:ro", f"InaccessiblePaths=-{ground.home}/vault -{ground.home}/journal"]
    rows += [f"InaccessiblePaths=-{ground.home}/gateway -{ground.home}/paper -{names.ETC} -/var/log -/var/spool"]
    rows += ["InaccessiblePaths=-/etc/ssh -/etc/credstore -/etc/credstore.encrypted -/var/lib/systemd -/boot"]
    rows += [f"BindReadOnlyPaths=-{path}" for path in reads]
    rows += [f"BindPaths={path}" for path in bot.writable]
    rows += [f"StateDirectory={state}", "StateDirectoryMode=0700", f"Environment=HOME=/var/lib/{state}"]
    execs = " ".join(("/usr", "/lib", "/lib64", ground.code, *(path for path in reads if path != ground.home)))
    # What can be written to cannot be run: each place by name, since a place of its own does not inherit it from /.
    written = " ".join((f"/var/lib/{state}", "/tmp", "/var/tmp", "/dev/shm", *bot.writable))  # noqa: S108
    return [*rows, f"NoExecPaths=/ {written}", f"ExecPaths={execs}"]


def bot_service(ground: Ground, name: str, bot: Bot, reads: tuple[str, ...]) -> str:
    """Write the unit of a bot."""
    joins = names.bot_unit(name, "socket")
    more = f"JoinsNamespaceOf={joins}\nRequires={joins}\nWants={names.unit('gateway')} {names.canary_unit(name)}\n"
    parts = [_head(f"bot {name}, behind Ringfence", f"{more}After={joins} {names.unit('gateway')} {names.WALL}")]
    parts += ["[Service]", "Type=exec", f"ExecStart={line(bot.started)}", f"WorkingDirectory={bot.directory}"]
    parts += [f"EnvironmentFile={bot.environment}"] if bot.environment else []
    parts += ["Restart=on-failure", "RestartSec=5", *confined(ground, name, bot, reads)]
    parts += [f"MemoryMax={bot.memory}", "TasksMax=512"]
    return "\n".join((*parts, "", "[Install]", "WantedBy=multi-user.target", ""))


def probe_service(ground: Ground, name: str, bot: Bot, reads: tuple[str, ...]) -> str:
    """Write the unit that tries what a bot could reach: where the bot is, as the bot, with a command of ours."""
    joins = names.bot_unit(name, "socket")
    parts = [_head(f"what bot {name} could reach", f"JoinsNamespaceOf={joins}\nRequires={joins}\nAfter={joins}")]
    parts += ["[Service]", "Type=oneshot", f"ExecStart={line(ground.probe())}"]
    parts += [
        f"StandardInput=file:{names.RUN}/canary/{name}.ask",
        f"StandardOutput=truncate:{names.RUN}/canary/{name}.told",
    ]
    parts += ["StandardError=journal", "TimeoutStartSec=60", *confined(ground, name, bot, reads)]
    text = "\n".join((*parts, "MemoryMax=256M", "TasksMax=64", ""))
    if not bot.container:
        return text
    there = f"NetworkNamespacePath={names.RUN}/canary/{name}.net"  # the canary says which that is
    return text.replace("PrivateNetwork=yes", there).replace(f"JoinsNamespaceOf={joins}\n", "")


def canary_service(ground: Ground, name: str) -> str:
    """Write the unit that has the probe run and tells the signer; as root, since it looks at everybody's processes.

    The signer, the gateway and the bot want it, so that it runs at every start of each.
    """
    after = f"After={names.unit('signer')} {names.unit('gateway')} {names.bot_unit(name)}"
    parts = [_head(f"canary of bot {name}", after), "[Service]", "Type=oneshot"]
    parts += [
        f"ExecStart={ground.start('ringfence.cli', '--home', ground.home, 'canary', name)}",
        "TimeoutStartSec=120",
    ]
    kept = "CapabilityBoundingSet=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"
    parts += [_ALL.replace("CapabilityBoundingSet=", kept).replace("ProtectProc=invisible\n", "").rstrip()]
    parts += [f"SupplementaryGroups={names.GROUP}"]  # who may speak to the signer's sockets
    parts += ["RuntimeDirectory=ringfence/canary", "RuntimeDirectoryMode=0700", "RuntimeDirectoryPreserve=yes"]
    parts += ["ProtectHome=read-only", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK", *_calls()]
    return "\n".join((*parts, ""))


def canary_timer(name: str) -> str:
    """Write the timer of a canary: hourly, and soon after a start."""
    head = _head(f"canary of bot {name}, hourly", f"PartOf={names.TARGET}")
    return (
        f"{head}\n[Timer]\nOnBootSec=1min\nOnUnitActiveSec=1h\nAccuracySec=1min\n\n[Install]\nWantedBy=timers.target\n"
    )


def ui_socket(name: str, port: int) -> str:
    """Write the socket through which the owner finds a bot's page, on loopback alone."""
    head = _head(f"port {port} of bot {name}, for its owner", f"PartOf={names.bot_unit(name)}")
    return f"{head}\n[Socket]\nListenStream=127.0.0.1:{port}\n\n[Install]\nWantedBy=sockets.target\n"


def ui_service(name: str, port: int, *, container: bool = False) -> str:
    """Write what leads from there into the bot's network; connections go that way alone (systemd-socket-proxyd(8))."""
    joins = names.bot_unit(name, "socket")
    parts = [_head(f"port {port} of bot {name}, for its owner", f"JoinsNamespaceOf={joins}\nAfter={joins}")]
    where = f"{names.pages(name)}/{port}.sock" if container else f"127.0.0.1:{port}"
    parts += ["[Service]", f"ExecStart=/lib/systemd/systemd-socket-proxyd --exit-idle-time=10min {where}"]
    parts += [f"SupplementaryGroups={names.bot_user(name)}"] if container else []
    parts += ["PrivateNetwork=yes", "DynamicUser=yes", _ALL.rstrip(), "ProtectHome=yes", "MemoryDenyWriteExecute=yes"]
    parts += ["PrivateUsers=yes", "RestrictAddressFamilies=AF_INET AF_UNIX", *_calls(), "MemoryMax=64M"]
    return "\n".join((*parts, ""))


def wall_service() -> str:
    """Write the unit that puts the wall up, before anything of ours runs, and again where nftables was reloaded."""
    head = _head(
        "Ringfence's wall",
        "DefaultDependencies=no\nBefore=network-pre.target\nAfter=nftables.service\nPartOf=nftables.service",
    )
    rules = f"{names.ETC}/wall.nft"
    return (
        f"{head}Wants=network-pre.target\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
        f"ExecStart=/usr/sbin/nft -f {rules}\nExecReload=/usr/sbin/nft -f {rules}\n"
        f"ExecStop=/usr/sbin/nft delete table inet {names.TABLE}\n\n[Install]\nWantedBy=sysinit.target\n"
    )


def with_nftables(rules: str) -> str:
    """Write what has a file of rules loaded again whenever the system's own are, which begin by flushing all."""
    load = f"/usr/sbin/nft -f {rules}"
    return f"# Written by Ringfence.\n[Service]\nExecStartPost=-{load}\nExecReload=-{load}\n"


def target() -> str:
    """Write the target that all our units belong to."""
    return f"{_head('Ringfence', f'Wants={names.WALL}')}\n[Install]\nWantedBy=multi-user.target\n"
