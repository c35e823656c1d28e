"""G14: what the process that holds the key is made of, and what it has given up."""

import contextlib
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from ringfence.cli.running import running
from ringfence.confine import landlock, launch
from ringfence.settings import PROCESSES
from tests.deployment import Deployment

# docs/explanation/dependencies.md: cffi and its parser come with cryptography; msgspec looks for typing_extensions.
ALLOWED = {"cryptography", "cffi", "pycparser", "msgspec", "typing_extensions", "uvloop"}


def test_no_distribution_is_loaded_beside_the_key_but_those_of_the_table() -> None:
    command = launch.command("tests.signer.loaded")
    flags, *tops = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert flags == "no_site=1,isolated=1"
    assert "site" not in tops, "site would run the code of every .pth file before ours"
    owners = packages_distributions()
    loaded = {owner.lower() for top in tops if top not in sys.stdlib_module_names for owner in owners.get(top, ())}
    assert loaded - {"ringfence"} <= ALLOWED
    assert {"cryptography", "msgspec", "uvloop"} <= loaded


def test_the_running_signer_has_given_up_what_it_never_needs(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home") as deployment:
        protections = {each["name"]: each["live"] for each in deployment.status()["protections"]}
        assert protections == {
            "no-new-privileges": True,
            "no-core": True,
            "not-dumpable": True,
            "files": landlock.version() > 0,
            "no-internet": True,
        }
        seen = {one.name: (one.no_new_privileges, one.filtered) for one in running(Path("/"), deployment.home)}
        assert seen == dict.fromkeys(PROCESSES, (True, True))
        for name in ("signer", "courier"):
            pid = deployment.running[name].pid
            lines = dict(
                line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
            )
            assert (lines["NoNewPrivs"], lines["Seccomp"]) == ("1", "2")
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            assert children == ""
        descriptors = Path(f"/proc/{deployment.running['signer'].pid}/fd")
        if os.geteuid() != 0:  # the kernel hides it from its own user, which is what not-dumpable is for
            with pytest.raises(PermissionError):
                list(descriptors.iterdir())
            return
        inodes = set()
        for link in descriptors.iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed while we looked
                inodes.add(link.readlink().name)
        sockets = {name[8:-1] for name in inodes if name.startswith("socket:[")}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            assert not sockets & {row.split()[9] for row in rows}
