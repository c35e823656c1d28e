"""Command lines: what they fetch, run, install, send and write, whoever starts them."""

import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.checks import files, starting, tls
from ringfence.audit.code.hosts import is_documentation, is_local, urls
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, HOLE, Value

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
_PIP: Final = re.compile(
    r"\b(?:pip3?|uv|conda|poetry|easy_install|pipx)(?:\.exe)?\b['\", ]+(?:pip\s+)?(?:install|add)\b|\bensurepip\b",
    re.IGNORECASE,
)
ELSEWHERE: Final = re.compile(
    r"--(?:extra-)?index[-]url|(?:^|\s)-i\s+https?:|--find-links\s+https?:|git\+|\bhttps?://\S+\.(?:whl|tar\.gz|zip)|install\s+https?://|--trusted-host",
    re.IGNORECASE,
)
"""Where packages are asked for that no registry has."""
_DIRECT: Final = re.compile(r"(?:install\s+(?:-\S+\s+)*|git\+|@\s*)(https?://[^\s\"']{4,500})")
_INTO: Final = re.compile(r"(?:>>?|\btee(?:\s+-a)?)\s*([^\s;|&<>]{3,200})")
_PATHS: Final = 10  # files of one command line
_COMMANDS: Final = (
    ("downloaded-program", _FETCH_AND_RUN, "a command fetches and runs"),
    ("environment-sent", _SENT_OFF, "by a command"),
    ("decoded-code", _HIDDEN_TEXT, "in a command"),
    ("reverse-shell", _BACK, "in a command"),
)


def command_line(state: State, text: str, line: int) -> None:
    """Look at a command line."""
    plain = text.replace(f"{GAP}sys.executable{GAP}", "python")[:20_000]
    tls.shelled(state, plain, line)
    for rule, shape, words in _COMMANDS:
        if shape.search(plain):
            state.notes.add(rule, line, words, "command")
    if _STARTS.search(plain) and not re.search(r"crontab\s+-[lr]\s*$", plain):
        hijack = starting.HIDING.search(plain) or re.search(r"currentversion.run|@reboot", plain, re.IGNORECASE)
        state.notes.add("startup-hijack" if hijack else "persistence", line, "by a command", "command")
    if _PIP.search(plain):
        _installed(state, plain, line)
    _clipboard_commands(state, plain, line)
    for path in _INTO.findall(plain)[:_PATHS]:
        starting.file_written(state, Value(path.strip("\"'")), Value(), line)


def _installed(state: State, plain: str, line: int) -> None:
    state.notes.add("runtime-install-elsewhere" if ELSEWHERE.search(plain) else "runtime-install", line, "", "pip")
    hosts = [host for url in _DIRECT.findall(plain) for _, host in urls(url)]
    if any(not is_documentation(host) and not is_local(host) for host in hosts):
        state.notes.add("downloaded-program", line, "a package from a stranger's host", "pip")


def _clipboard_commands(state: State, plain: str, line: int) -> None:
    if re.search(r"\b(?:xclip|xsel|pbcopy|clip(?:\.exe)?$|set-clipboard|wl-copy)", plain, re.IGNORECASE):
        state.notes.saw("clipboard-write", line)
    if re.search(r"\bxclip\b.{0,60}-o\b|pbpaste|get-clipboard|wl-paste|xsel\s+-[ob]", plain, re.IGNORECASE):
        state.notes.saw("clipboard-read", line)


_UPLOADS: Final = re.compile(
    r"(?:(?:-T|--upload-file)[ =]?"
    r"|(?:-F|--form|-d|--data(?:-binary|-raw|-urlencode)?|--post-file)[ =]?[\"']?[\w.-]{0,40}=?@?)"
    r"(?P<path>[~$./\w-][^\s\"'`;|&]{2,200})"
)


def is_written(call: Call) -> bool:
    """Say whether a call is given a command line that fetches or sends, as a text."""
    texts = (value.text for value in call.args[:2] if isinstance(value.const, (str, bytes)))
    return any(text and ("curl " in text or "wget " in text) for text in texts)


def written_out(state: State, call: Call) -> None:
    """Look at command lines that are given to who knows what: only what sends a file or the environment counts."""
    for text in (text for value in call.args[:2] for text in value.texts if "curl " in text or "wget " in text):
        uploaded(state, text, call.line)
        if _SENT_OFF.search(text[:4000]):
            state.notes.add("environment-sent", call.line, "by a command", "command")


def uploaded(state: State, text: str, line: int) -> None:
    """Look at the files that a command sends."""
    if "://" not in text:
        return
    to = tuple(re.findall(r"https?://[^\s\"'\0;|&]+", text[:4000])[:4]) or (HOLE,)
    for found in _UPLOADS.finditer(text[:4000]):
        held = files.taints(state, Value(found["path"].lstrip("@")), line)
        state.notes.flow(Value(taints=held), "net", line, to, "body", "a command")
