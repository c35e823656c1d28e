"""What everything that hardening makes is called, and where it stands."""

FOLDER = "/var/lib/ringfence-harden"
TRIAL = f"{FOLDER}/trial.json"
CODE = f"{FOLDER}/code"

ROLLBACK = "ringfence-harden-rollback.service"
"""What takes a trial back when its time is up."""

BOOT = "ringfence-harden-boot.service"
"""What takes it back at the next start of the system."""

TIMER = "ringfence-harden-rollback.timer"
"""What starts it in time; it lives in memory alone."""

SSH = "/etc/ssh/sshd_config.d/00-ringfence.conf"
RULES = "/etc/ringfence-inbound.nft"
INBOUND = "ringfence-inbound.service"
TABLE = "ringfence_in"
SYSCTL = "/etc/sysctl.d/90-ringfence.conf"
SECURITY = "/etc/apt/sources.list.d/ringfence-security.sources"
PERIODIC = "/etc/apt/apt.conf.d/20auto-upgrades"


def trial_of(area: str) -> str:
    """Say where it is written what a trial has changed of an area."""
    return f"{FOLDER}/trial-{area}.json"


def kept_of(area: str) -> str:
    """Say where it is written what was kept of an area."""
    return f"{FOLDER}/kept-{area}.json"
