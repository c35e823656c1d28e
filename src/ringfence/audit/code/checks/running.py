"""Programs that are started, and text and files that are run."""

import itertools
import re
from pathlib import PurePosixPath
from typing import Final

from ringfence.audit.code.called import Call, key_of, shell_text
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import commands
from ringfence.audit.code.known import BY_SHELL, PROGRAMS
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, Taint, Value, spelt

_SHELLS: Final = re.compile(
    r"^(?:\S*/)?(?:ba|z|da|k)?sh\s+-\w*c\b|^cmd(?:\.exe)?\s+/c|^powershell|^pwsh|^(?:\S*/)?python[\d.]*\s+-c",
    re.IGNORECASE,
)
_QUIETER: Final = re.compile(
    r"python|\.py\b|powershell|\.exe\b|\.vbs|\.bat|\.sh\b|node\b|sys\.executable|bash", re.IGNORECASE
)


def started(state: State, call: Call) -> None:
    """Look at a program that is started."""
    if call.ref not in PROGRAMS and call.root not in {"sh", "plumbum", "pexpect"}:
        return
    state.notes.able(Power.PROGRAM, call.ref, call.line)
    state.notes.saw("program-ran", call.line)
    command = call.arg(0, "args", "cmd", "command")
    if call.method.startswith(("execl", "spawnl", "create_subprocess_exec")):
        command = Value(elements=tuple(call.args))
    if call.ref == "pty.spawn" or _is_bare_shell(command):
        state.notes.saw("shell", call.line)
    text = shell_text(command)
    shell = call.ref in BY_SHELL or _true(call.kwargs.get("shell"))
    commands.command_line(state, text, call.line)
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
    commands.uploaded(state, text, call.line)
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
    state.notes.flow(path, "loaded", call.line, words=f"given to {call.method}()")
    known = key_of(path) in state.downloads and key_of(path) != "?"
    suffix = PurePosixPath(path.text or "").suffix.lower()
    if call.method in {"run_path", "spec_from_file_location"} and suffix not in _OF_CODE:
        state.notes.add("code-in-data", call.line, PurePosixPath(path.text or "").name, "file")
    if known or (call.method in {"run_path", "spec_from_file_location"} and path.has("remote")):
        state.notes.add("downloaded-program", call.line, "", "file")


_OF_CODE: Final = frozenset({"", ".py", ".pyw", ".pyc", ".so", ".pyd", ".zip", ".pyz", ".ipynb"})
_ARCHIVES: Final = (".zip", ".egg", ".whl", ".pyz", ".jar")
_FILE: Final = re.compile(r"[^/\\\0]\.(?!d$|git$)([a-z][a-z0-9]{1,5})$", re.IGNORECASE)


def path_added(state: State, call: Call) -> None:
    """`sys.path.append("data/prices.bin")`: an archive of code under another name."""
    if call.receiver.ref != "sys.path" and call.ref != "site.addsitedir":
        return
    for text in call.args[-1].texts if call.args else ():
        if _FILE.search(text) and not text.lower().endswith(_ARCHIVES):
            name = text.rpartition("/")[2]
            state.notes.add("code-in-data", call.line, name, name)


def fetched(state: State, path: Value, line: int) -> None:
    """Note that what came over the network lies in a file: whoever is handed its path may load it."""
    for taint in path.taints:
        if taint.kind.startswith("@") and "!" not in taint.kind:
            state.notes.passed(Taint("downloaded", "a downloaded file"), taint.kind, line, words="written to a file")


def function_made(state: State, call: Call) -> None:
    """`types.FunctionType(code, {})`, `InteractiveInterpreter().runsource(text)`: what came from elsewhere is run."""
    for value in call.args[:1]:
        state.notes.flow(value, "code", call.line, words=f"given to {call.method}()")


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


def tied(state: State, call: Call) -> None:
    """`os.dup2(socket.fileno(), 0)`."""
    if call.ref == "os.dup2" and call.args and "fileno" in call.args[0].ref:
        state.notes.saw("dup2", call.line)


def pip_called(state: State, call: Call) -> None:
    """`pip.main(["install", ...])`."""
    if call.root in {"pip", "pip._internal"} and call.method in {"main", "_main", "pip_main"}:
        text = shell_text(call.arg(0))
        state.notes.add(
            "runtime-install-elsewhere" if commands.ELSEWHERE.search(text) else "runtime-install", call.line, "", "pip"
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
    (function_made, ("FunctionType", "LambdaType", "runsource", "runcode")),
    (path_added, ("append", "insert", "addsitedir")),
    (unpickled, ("loads", "load", "Unpickler")),
    (tied, ("dup2",)),
    (pip_called, ("main", "_main")),
)
