"""What a server must have before anything of it is changed, and how to get it."""

import re

from ringfence.deploy.machine import Machine
from ringfence.errors import Misconfigured, RingfenceError

OLDEST = 250
"""systemd: LoadCredentialEncrypted= and systemd-creds came with it (its NEWS); Debian 12 has 252, Ubuntu 22.04 249."""

_VERSION = re.compile(r"systemd (\d{1,4})\b")


def check(machine: Machine) -> None:
    """Raise `Misconfigured` with what is lacking."""
    try:
        said = machine.run("systemctl", "--version")
    except RingfenceError:
        raise Misconfigured(
            "there is no systemd here", hint="`ringfence confine` does without it, and proves less"
        ) from None
    found = _VERSION.match(said)
    if found is None or int(found[1]) < OLDEST:
        hint = "Debian 12, Ubuntu 24.04 and later have it"
        raise Misconfigured(f"systemd {found[1] if found else '?'} is too old: {OLDEST} or later is needed", hint=hint)
    if machine.look("/run/systemd/system") is None:
        raise Misconfigured("this system was not started by systemd", hint="in a container, deploy on its host")
    for program, package in (("nft", "nftables"), ("systemd-creds", "systemd"), ("useradd", "passwd")):
        try:
            machine.run(program, "--help" if program == "useradd" else "--version")
        except RingfenceError:
            raise Misconfigured(f"there is no {program} here", hint=f"apt-get install {package}") from None
