"""A stock Debian as the questions of hardening see it: who is there, how sshd is set, and what commands print."""

from collections.abc import Mapping
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status
from tests.audit.host.fake import file, folder, host
from tests.audit.host.ssh_lines import line_of

KEY: Final = line_of("ssh-ed25519")
KEYS: Final = "/home/alice/.ssh/authorized_keys"
ROOT_KEYS: Final = "/superuser/.ssh/authorized_keys"
CONFIG: Final = "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nX11Forwarding yes\n"
UNIT: Final = "/usr/lib/systemd/system/ssh.service"
SSHD: Final[Mapping[str, str]] = {
    "listenaddress": "0.0.0.0:22",
    "logingracetime": "120",
    "maxauthtries": "6",
    "maxstartups": "10:30:100",
    "permitrootlogin": "without-password",
    "pubkeyauthentication": "yes",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "no",
    "x11forwarding": "yes",
    "allowtcpforwarding": "yes",
    "allowagentforwarding": "yes",
    "forcecommand": "none",
    "trustedusercakeys": "none",
    "authorizedkeyscommand": "none",
    "authenticationmethods": "any",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
    "pubkeyacceptedalgorithms": "ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
}
TEXTS: Final[Mapping[str, str]] = {
    "/etc/passwd": "root:x:0:0::/superuser:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n",
    "/etc/group": "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\n",
    "/etc/shadow": "root:*:1::::::\nalice:$y$j9T$made$up:1::::::\n",
    "/etc/sudoers": "Defaults use_pty\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n",
    "/etc/ssh/sshd_config": CONFIG,
    "/usr/bin/sudo": "",
    "/usr/sbin/sshd": "",
    UNIT: "",
    KEYS: KEY,
}
STATS: Final[Mapping[str, Status]] = {
    "/superuser": folder(0o700),
    "/home/alice": folder(0o755, 1000, 1000),
    "/home/alice/.ssh": folder(0o700, 1000, 1000),
    KEYS: file(0o600, 1000, 1000),
}
NO_KEYS: Final = {KEYS: ""}
ROOT_HAS_KEY: Final = {**NO_KEYS, ROOT_KEYS: KEY}


def told(**other: str) -> str:
    """Write what `sshd -T` prints."""
    return "".join(f"{key} {value}\n" for key, value in (dict(SSHD) | other).items())


def stock(
    texts: Mapping[str, str] | None = None,
    *,
    stats: Mapping[str, Status] | None = None,
    commands: Mapping[str, str | tuple[int, str]] | None = None,
    hidden: tuple[str, ...] = (),
    **sshd: str,
) -> Host:
    """Make up a server: stock, but for what is said."""
    names = ("root", "alice", "bob", "back+up")
    asked = {f"sshd -T -C user={name},host=localhost,addr=127.0.0.1": told(**sshd) for name in names}
    every = {"sshd -T": told(**sshd), **asked, **(commands or {})}
    return host({**TEXTS, **(texts or {})}, stats={**STATS, **(stats or {})}, commands=every, hidden=frozenset(hidden))
