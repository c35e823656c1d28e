"""Run a few lines in a process of its own, and hear what they found: nothing here can be undone in ours."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_BEFORE = """
import ctypes, errno, json, os, resource, socket, subprocess, sys, threading
from pathlib import Path
from ringfence.confine import calls, harden as hardening, landlock, memory, seccomp
from ringfence.settings import Listener, Paper, Settings
home = Settings(Path(sys.argv[1]), paper=Paper(8410, 8411, 8412, 8413))
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def attempt(do, *args):
    try:
        do(*args)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "worked"
def raw(number, *args):
    answer = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(arg) for arg in args))
    return "worked" if answer >= 0 else errno.errorcode[ctypes.get_errno()]
def nobody():
    if os.getuid() == 0:
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = {}
"""


def run(script: str, *, status: int = 0) -> dict[str, object]:
    """Run a script that fills `found`, in a new interpreter; fail where it ends otherwise than expected.

    `home` is a deployment's, empty, and in nobody else's hands.
    """
    code = f"{_BEFORE}\n{script}\nprint(json.dumps(found), flush=True)"
    with tempfile.TemporaryDirectory(prefix="ringfence-") as top:
        home = Path(top, "home")
        home.mkdir(mode=0o700)
        Path(top).chmod(0o1777)  # some become another user, and make directories of their own here
        command, environment = [sys.executable, "-c", code, str(home)], os.environ | {"TMPDIR": top}
        child = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert child.returncode == status, child.stderr
        return dict(json.loads(child.stdout)) if status == 0 else {}
