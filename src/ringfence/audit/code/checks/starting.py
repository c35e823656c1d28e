"""What makes something start by itself: files that the machine or Python runs, the registry, tables of times."""

import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, Value

HIDING: Final = re.compile(
    r"/(?:var/)?t[m]p/|/dev/s[h]m/|%temp%|%appdata%|curl|wget|base64|python\d?\s+-c|[/\\]\.[a-z]", re.IGNORECASE
)
"""What a command does that is meant not to be seen."""

_STARTED_FILES: Final = re.compile(
    r"(?:^|[/\\\0])(?:sitecustomize|usercustomize)\.py$|[/\\][\w.-]+\.pth$|launchagents|launchdaemons"
    r"|start menu.{0,40}startup|[/\\]startup[/\\]|autostart[/\\]|authorized_keys$|/etc/ld\.so\.preload",
    re.IGNORECASE,
)
_STARTED_FILES_TOO: Final = re.compile(
    r"/etc/(?:cron|systemd|init\.d|rc\.local|profile)|\.config/systemd/user|/var/spool/cron", re.IGNORECASE
)
_SHELL_STARTS: Final = re.compile(
    r"(?:^|[/\\\0])\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv|bash_login)$|powershell_profile\.ps1$",
    re.IGNORECASE,
)


_HOSTS_FILE: Final = re.compile(r"(?:^|[/\\])etc[/\\]hosts$", re.IGNORECASE)
_IN_SCRATCH: Final = re.compile(
    rf"{GAP}[^{GAP}]*(?:tempfile\.|temp_?dir)[^{GAP}]*{GAP}[^{GAP}]{{0,80}}(?:site|user)customize\.py$", re.IGNORECASE
)  # a directory that is thrown away, for a Python of its own: installers build so


def file_written(state: State, path: Value, content: Value, line: int) -> None:
    """Look at where a file is written: some are run by themselves."""
    for text in path.texts:
        state.notes.able(Power.WRITE, text.replace(GAP, ""), line) if text.startswith(("/", "~", "C:")) else None
        if _STARTED_FILES.search(text) and not re.search(r"\.(?:pt|ckpt)$", text):
            body = (content.text or "").lower()
            is_model = text.endswith(".pth") and not re.search(r"site|import|purelib|python", text.lower() + body)
            if not is_model:
                rule = "persistence" if _IN_SCRATCH.search(text) else "startup-hijack"
                state.notes.add(rule, line, text.replace(GAP, "").replace("?", ""), "file")
        elif _SHELL_STARTS.search(text):
            harmless = re.fullmatch(r"\s*(?:export\s+PATH=[^\n;|&]*|#[^\n]*|\s)*", content.text or "x") is not None
            state.notes.add("persistence" if harmless else "startup-hijack", line, text.replace(GAP, ""), "file")
        elif _HOSTS_FILE.search(text):
            state.notes.add("exchange-host", line, "by the file of hosts", "hosts")
        elif _STARTED_FILES_TOO.search(text):
            hiding = HIDING.search(content.text or "") or re.search(r"/dev/tcp", content.text or "")
            state.notes.add("startup-hijack" if hiding else "persistence", line, text.replace(GAP, ""), "file")


def copied(state: State, call: Call) -> None:
    """Look at a file that is copied to where it is started."""
    if call.root not in {"shutil", "os", "pathlib"} or len(call.args) < 2:  # noqa: PLR2004
        return
    if any(_STARTED_FILES.search(text) or _STARTED_FILES_TOO.search(text) for text in call.args[1].texts):
        file_written(state, call.args[1], Value(), call.line)


def registered(state: State, call: Call) -> None:
    """`winreg.SetValueEx` under a key whose programs are started at every login."""
    if call.root in {"winreg", "_winreg", "win32api"}:
        state.notes.saw("registry-write", call.line)
        if "run-key" in state.notes.seen:
            state.notes.add("startup-hijack", call.line, "a Run key of the registry", "registry")


def key_opened(state: State, call: Call) -> None:
    """Remember that a Run key was opened."""
    if any("currentversion\\run" in text.lower().replace("/", "\\") for value in call.args for text in value.texts):
        state.notes.saw("run-key", call.line)


def scheduled(state: State, call: Call) -> None:
    """`CronTab(user=True).new(command=...)`."""
    if call.root == "crontab" and call.method in {"new", "write"}:
        state.notes.add("persistence", call.line, "crontab", "cron")


CHECKS: Final = (
    (copied, ("copy", "copy2", "copyfile", "move", "symlink", "link", "rename", "replace")),
    (registered, ("SetValueEx", "SetValue", "RegSetValueEx")),
    (key_opened, ("OpenKey", "CreateKey", "OpenKeyEx", "CreateKeyEx", "RegOpenKeyEx")),
    (scheduled, ("new", "write")),
)
