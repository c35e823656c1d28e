"""The bot's own interface: where it listens, and with which secret it signs."""

import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.names import words
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, Value

_SESSION: Final = re.compile(
    r"^(?:jwt_?secret(?:_?key)?|session_?secret|flask_?secret(?:_?key)?|secret_?key|jwt_?key|app_?secret(?:_?key)?|token_?secret|cookie_?secret|auth_?secret)$"
)
_OPEN: Final = re.compile(
    r"^(?:admin_?mode|no_?auth|disable_?auth|auth_?disabled|skip_?auth|allow_?anonymous|open_?access|is_?admin_?mode)$"
)
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # what is looked for
_CLOSED: Final = re.compile(
    r"^(?:require_?auth|auth_?enabled|enable_?auth|login_?required|auth_?required|require_?login)$"
)


def default_secret(state: State, name: str, value: Value, line: int) -> None:
    """Look at a secret with which sessions are signed: a constant, or a default that everybody can read."""
    spelled = words(name)
    if not _SESSION.match(spelled) or (spelled == "secret_key" and not _is_web(state)):
        return
    texts = [text for text in value.texts if GAP not in text]
    if any(len(text) >= 3 for text in texts) and not (value.ref.startswith(":") and "#" in value.ref):  # noqa: PLR2004
        state.notes.add("default-secret", line, name, name)


def _is_web(state: State) -> bool:
    roots = {bound.ref.split(".")[0] for bound in state.module.names.values()}
    return bool(
        roots
        & {"flask", "fastapi", "jwt", "jose", "django", "starlette", "aiohttp", "sanic", "tornado", "quart", "bottle"}
    )


def open_login(state: State, name: str, value: Value, line: int) -> None:
    """Look at a switch that lets everybody in."""
    spelled = words(name)
    consts = [value.const, *value.others]
    on = any(
        const is True or (isinstance(const, str) and const.lower() in {"true", "1", "yes", "on"}) for const in consts
    )
    off = any(
        const is False or (isinstance(const, str) and const.lower() in {"false", "0", "no", "off"}) for const in consts
    )
    if (_OPEN.match(spelled) and on and not off) or (_CLOSED.match(spelled) and off and not on):
        state.notes.add("open-login", line, name, name)


def served(state: State, call: Call) -> None:
    """Look at a server that is started."""
    host = call.arg(0 if call.method not in {"run", "run_app", "serve"} else 99, "host", "address", "bind")
    elements = host.elements or (host,)
    everywhere = any(part.text in _EVERYWHERE for part in elements if part.text is not None)
    if call.method in {"run", "run_simple", "socketio"} and _true(call.kwargs.get("debug")) and everywhere:
        state.notes.add("debugger-served", call.line, "", "debug")
    elif (
        everywhere
        and (
            call.root in {"uvicorn", "flask", "aiohttp", "hypercorn", "waitress", "socketserver", "http", "quart"}
            or call.method in {"run", "HTTPServer", "run_app", "create_server"}
        )
        and "host" in call.kwargs | ({"host": host} if call.method == "HTTPServer" else {})
    ):
        state.notes.add("open-bind", call.line, "", "bind")


def _true(value: Value | None) -> bool:
    return value is not None and value.const is True


def signed(state: State, call: Call) -> None:
    """`jwt.encode(payload, "secret")`."""
    if call.root in {"jwt", "jose"} and call.method in {"encode", "decode"}:
        key = call.arg(1, "key")
        if key.text is not None and GAP not in key.text and len(key.text) >= 3:  # noqa: PLR2004
            state.notes.add("default-secret", call.line, "the key of a token", "jwt")


def answered(state: State, call: Call) -> None:
    """`self.wfile.write(body)` answers a request."""
    if call.method == "write" and call.receiver.ref.endswith(".wfile") and call.args:
        state.notes.flow(call.args[0], "served", call.line)
    if call.method == "json_response" and call.args:
        state.notes.flow(call.args[0], "served", call.line)


CHECKS: Final = (
    (served, ("run", "run_simple", "run_app", "HTTPServer", "ThreadingHTTPServer", "serve", "create_server")),
    (signed, ("encode", "decode")),
    (answered, ("write", "json_response")),
)
