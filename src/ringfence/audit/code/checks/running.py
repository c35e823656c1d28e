"""Programs that are started, text that is run, and what makes something start by itself."""

import itertools
import re
from typing import Final

from ringfence.audit.code.called import Call, key_of, shell_text
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import tls
from ringfence.audit.code.hosts import is_documentation, is_local, urls
from ringfence.audit.code.known import BY_SHELL, PROGRAMS
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, Value, spelt

_FETCH_AND_RUN: Final = re.compile(
    r"\b(?:curl|wget|iwr|invoke-webrequest|fetch)\b[^\n]{0,400}?(?:\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\|\s*python|\|\s*iex|&&\s*(?:chmod|sh|bash|python|\./)|;\s*(?:chmod|sh|bash|python\d?|\./))"
    r"|downloadstring\(|invoke-expression|\biex\b|\b(?:bash|sh)\s+-c\s+[\"']?\$\(\s*(?:curl|wget)|<\(\s*curl|\bmshta\s+https?:|certutil[^\n]{0,100}urlcache|bitsadmin[^\n]{0,100}/transfer|regsvr32[^\n]{0,60}https?:",
    re.IGNORECASE,
)
_HIDDEN_TEXT: Final = re.compile(
    r"base64\s+(?:-d|-D|--decode)|-e(?:nc|ncodedcommand|c)\s+[A-Za-z0-9+/=]{20,}|xxd\s+-r|frombase64string",
    re.IGNORECASE,
)
_SENT_OFF: Final = re.compile(
    r"\b(?:curl|wget|nc|ncat)\b[^\n]{0,300}(?:\$\(\s*(?:env|printenv|set|export)\b|`\s*(?:env|printenv)|@-)|\b(?:env|printenv)\s*\|[^\n]{0,100}\b(?:curl|nc|wget)\b",
    re.IGNORECASE,
)
_BACK: Final = re.compile(
    r"/dev/tcp/|\bnc(?:at)?\b[^\n]{0,80}\s-(?:e|c)\b|\bmkfifo\b[^\n]{0,100}\bnc\b|socat\b[^\n]{0,100}exec:",
    re.IGNORECASE,
)
_STARTS: Final = re.compile(
    r"systemctl\b[^\n]{0,60}\b(?:enable|daemon-reload)|\bcrontab\b|schtasks\b[^\n]{0,100}/create|\breg(?:\.exe)?\s+add\b|launchctl\s+(?:load|bootstrap)|update-rc\.d|\bat\s+now\b|sc(?:\.exe)?\s+create\b|new-scheduledtask|rc-update\s+add|chkconfig\b",
    re.IGNORECASE,
)
_HIDING: Final = re.compile(
    r"/(?:var/)?t[m]p/|/dev/s[h]m/|%temp%|%appdata%|curl|wget|base64|python\d?\s+-c|[/\\]\.[a-z]", re.IGNORECASE
)
_PIP: Final = re.compile(
    r"\b(?:pip3?|uv|conda|poetry|easy_install|pipx)(?:\.exe)?\b['\", ]+(?:pip\s+)?(?:install|add)\b|\bensurepip\b",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"--(?:extra-)?index[-]url|(?:^|\s)-i\s+https?:|--find-links\s+https?:|git\+|\bhttps?://\S+\.(?:whl|tar\.gz|zip)|install\s+https?://|--trusted-host",
    re.IGNORECASE,
)
_DIRECT: Final = re.compile(r"(?:install\s+(?:-\S+\s+)*|git\+|@\s*)(https?://[^\s\"']{4,500})")
_SHELLS: Final = re.compile(
    r"^(?:\S*/)?(?:ba|z|da|k)?sh\s+-\w*c\b|^cmd(?:\.exe)?\s+/c|^powershell|^pwsh|^(?:\S*/)?python[\d.]*\s+-c",
    re.IGNORECASE,
)
_QUIETER: Final = re.compile(
    r"python|\.py\b|powershell|\.exe\b|\.vbs|\.bat|\.sh\b|node\b|sys\.executable|bash", re.IGNORECASE
)


_INTO: Final = re.compile(r"(?:>>?|\btee(?:\s+-a)?)\s*([^\s;|&<>]{3,200})")
_PATHS: Final = 10  # files of one command line
_COMMANDS: Final = (
    ("downloaded-program", _FETCH_AND_RUN, "a command fetches and runs"),
    ("environment-sent", _SENT_OFF, "by a command"),
    ("decoded-code", _HIDDEN_TEXT, "in a command"),
    ("reverse-shell", _BACK, "in a command"),
)


def started(state: State, call: Call) -> None:
    """Look at a program that is started."""
    if call.ref not in PROGRAMS and call.root not in {"sh", "plumbum", "pexpect"}:
        return
    state.notes.able(Power.PROGRAM, call.ref, call.line)
    state.notes.saw("program-ran", call.line)
    command = call.arg(0, "args", "cmd", "command")
    if call.method.startswith(("execl", "spawnl")):
        command = Value(elements=tuple(call.args))
    if call.ref == "pty.spawn" or _is_bare_shell(command):
        state.notes.saw("shell", call.line)
    text = shell_text(command)
    shell = call.ref in BY_SHELL or _true(call.kwargs.get("shell"))
    command_line(state, text, call.line)
    _inner_code(state, command, call.line)
    _tainted(state, command, text, call, shell=shell)
    _unseen(state, text, call)
    _downloaded(state, command, text, call.line)


def _inner_code(state: State, command: Value, line: int) -> None:
    """`python -c code` is code."""
    parts = list(command.elements or ())
    for flag, code in itertools.pairwise(parts):
        if flag.text == "-c" and code.text is not None and re.search(r"python|executable", spelt(parts[0])):
            state.nested_text(code.text, line, "exec")
    found = re.match(r"(?:\S*/)?python[\d.]*\s+-c\s+([\"'])(.+)\1\s*&?$", command.text or "", re.DOTALL)
    if found:
        state.nested_text(found[2], line, "exec")


def command_line(state: State, text: str, line: int) -> None:
    """Look at a command line."""
    plain = text.replace(f"{GAP}sys.executable{GAP}", "python")[:20_000]
    tls.shelled(state, plain, line)
    for rule, shape, words in _COMMANDS:
        if shape.search(plain):
            state.notes.add(rule, line, words, "command")
    if _STARTS.search(plain) and not re.search(r"crontab\s+-[lr]\s*$", plain):
        hijack = _HIDING.search(plain) or re.search(r"currentversion.run|@reboot", plain, re.IGNORECASE)
        state.notes.add("startup-hijack" if hijack else "persistence", line, "by a command", "command")
    if _PIP.search(plain):
        _installed(state, plain, line)
    _clipboard_commands(state, plain, line)
    for path in _INTO.findall(plain)[:_PATHS]:
        file_written(state, Value(path.strip("\"'")), Value(), line)


def _installed(state: State, plain: str, line: int) -> None:
    state.notes.add("runtime-install-elsewhere" if _ELSEWHERE.search(plain) else "runtime-install", line, "", "pip")
    hosts = [host for url in _DIRECT.findall(plain) for _, host in urls(url)]
    if any(not is_documentation(host) and not is_local(host) for host in hosts):
        state.notes.add("downloaded-program", line, "a package from a stranger's host", "pip")


def _clipboard_commands(state: State, plain: str, line: int) -> None:
    if re.search(r"\b(?:xclip|xsel|pbcopy|clip(?:\.exe)?$|set-clipboard|wl-copy)", plain, re.IGNORECASE):
        state.notes.saw("clipboard-write", line)
    if re.search(r"\bxclip\b.{0,60}-o\b|pbpaste|get-clipboard|wl-paste|xsel\s+-[ob]", plain, re.IGNORECASE):
        state.notes.saw("clipboard-read", line)


def _is_bare_shell(command: Value) -> bool:
    first = command.elements[0].text if command.elements else command.text
    return (
        first is not None
        and re.fullmatch(r"(?:/\w+)*/?(?:ba|z|da)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?", first) is not None
        and (command.elements is None or len(command.elements) == 1 or command.elements[1].text in {"-i", "-l"})
    )


def _true(value: Value | None) -> bool:
    return value is not None and value.const is True


def _tainted(state: State, command: Value, text: str, call: Call, *, shell: bool) -> None:
    ran = command
    if command.elements is not None and not shell:
        ran = command if _SHELLS.search(text) else command.elements[0] if command.elements else command
    # a known program with a stranger's argument is not a stranger's command
    bounded = text.split(GAP, 1)[0].strip() != "" and not _SHELLS.search(text) and command.text is not None
    state.notes.flow(ran, "argument" if bounded else "shell", call.line, words=f"given to {call.method}()")
    if re.match(r"(?:\S*/)?(?:curl|wget|nc|ncat|scp|rsync|invoke-webrequest)\b", text, re.IGNORECASE):
        urls = tuple(re.findall(r"https?://[^\s\"'\0]+(?:\0[^\0]*\0[^\s\"']*)*", text[:4000])[:4]) or ("\0?\0",)
        state.notes.flow(command, "net", call.line, urls, "body", "a command")
    if shell and command.text is not None and GAP in text:
        state.notes.add("shell-text", call.line, "", call.method)


def _unseen(state: State, text: str, call: Call) -> None:
    flags = call.kwargs.get("creationflags")
    hidden = flags is not None and (
        flags.const in {0x08000000, 0x08000008, 8} or "NO_WINDOW" in flags.ref or "DETACHED" in flags.ref
    )
    hidden = hidden or "startupinfo" in call.kwargs or _true(call.kwargs.get("start_new_session"))
    silent = any(value.ref.endswith("DEVNULL") for name, value in call.kwargs.items() if name in {"stdout", "stderr"})
    if hidden and (silent or "creationflags" in call.kwargs) and _QUIETER.search(text):
        state.notes.add("hidden-program", call.line, call.method, call.method)


def _downloaded(state: State, command: Value, text: str, line: int) -> None:
    parts = list(command.elements or (command,))
    for part in parts[:8]:
        key = key_of(part)
        if key in state.downloads and key != "?":
            state.notes.add("downloaded-program", line, "", "file")
            return
    state.spend(len(state.downloads))
    if any(key in text for key in state.downloads if len(key) > 3):  # noqa: PLR2004
        state.notes.add("downloaded-program", line, "", "file")


def loaded(state: State, call: Call) -> None:
    """Look at a file that is run or loaded as code."""
    path = call.arg(
        0 if call.method != "spec_from_file_location" else 1, "path", "path_name", "location", "name", "file"
    )
    if call.method in {"CDLL", "WinDLL", "LoadLibrary", "PyDLL", "cdll", "dlopen"}:
        state.notes.able(Power.NATIVE, call.ref, call.line)
    if key_of(path) in state.downloads and key_of(path) != "?":
        state.notes.add("downloaded-program", call.line, "", "file")


def made_runnable(state: State, call: Call) -> None:
    """`os.chmod(path, 0o755)` of what was downloaded."""
    if call.ref == "os.chmod" and key_of(call.arg(0, "path")) in state.downloads and key_of(call.arg(0, "path")) != "?":
        state.notes.saw("runnable-download", call.line)


def unpickled(state: State, call: Call) -> None:
    """Look at what is unpickled."""
    if call.root in {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "_pickle", "shelve"} and call.args:
        state.notes.flow(call.args[0], "objects", call.line, words="unpickled")
    if call.root == "marshal" and call.args:
        state.notes.flow(call.args[0], "marshalled", call.line, words="read by marshal")


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
        elif _STARTED_FILES_TOO.search(text):
            hiding = _HIDING.search(content.text or "") or re.search(r"/dev/tcp", content.text or "")
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


def tied(state: State, call: Call) -> None:
    """`os.dup2(socket.fileno(), 0)`."""
    if call.ref == "os.dup2" and call.args and "fileno" in call.args[0].ref:
        state.notes.saw("dup2", call.line)


def scheduled(state: State, call: Call) -> None:
    """`CronTab(user=True).new(command=...)`."""
    if call.root == "crontab" and call.method in {"new", "write"}:
        state.notes.add("persistence", call.line, "crontab", "cron")


def pip_called(state: State, call: Call) -> None:
    """`pip.main(["install", ...])`."""
    if call.root in {"pip", "pip._internal"} and call.method in {"main", "_main", "pip_main"}:
        text = shell_text(call.arg(0))
        state.notes.add(
            "runtime-install-elsewhere" if _ELSEWHERE.search(text) else "runtime-install", call.line, "", "pip"
        )


def judge(notes: Notes) -> None:
    """Judge a whole file: a shell whose input and output are a connection."""
    seen = notes.seen
    if "dup2" in seen and ("shell" in seen or "program-ran" in seen):
        notes.add("reverse-shell", seen.get("shell", seen["dup2"]), "", "shell")


CHECKS: Final = (
    (started, tuple({name.rsplit(".", 1)[-1] for name in PROGRAMS})),
    (loaded, ("run_path", "spec_from_file_location", "CDLL", "WinDLL", "LoadLibrary", "PyDLL", "startfile", "dlopen")),
    (made_runnable, ("chmod",)),
    (unpickled, ("loads", "load", "Unpickler")),
    (copied, ("copy", "copy2", "copyfile", "move", "symlink", "link", "rename", "replace")),
    (registered, ("SetValueEx", "SetValue", "RegSetValueEx")),
    (key_opened, ("OpenKey", "CreateKey", "OpenKeyEx", "CreateKeyEx", "RegOpenKeyEx")),
    (tied, ("dup2",)),
    (scheduled, ("new", "write")),
    (pip_called, ("main", "_main")),
)
