"""Classes that stand in for an exchange's client, and methods of libraries that are replaced."""

import ast
from typing import Final

from ringfence.audit.code.checks import exchange
from ringfence.audit.code.known import root_of
from ringfence.audit.code.scopes import Class, Function
from ringfence.audit.code.state import State
from ringfence.audit.code.values import Taint, Value, merge

INNER: Final = frozenset(
    {
        "sign",
        "prepare_request_headers",
        "fetch",
        "fetch2",
        "request",
        "_request",
        "_send_request",
        "authenticate",
        "_sign_request",
        "_get_request_kwargs",
        "_submit_request",
        "_auth",
        "handle_errors",
        "describe",
    }
)
"""Methods by which a client signs and sends."""
_WATCHED: Final = (
    "ccxt",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "urllib",
    "binance",
    "pybit",
    "socket",
    "ssl",
    "web3",
    "eth_account",
    "krakenex",
    "http",
    "websockets",
    "websocket",
    "solders",
    "hmac",
)


def is_client(state: State, cls: Class) -> bool:
    """Say whether a class of the file extends one exchange's client."""
    seen: set[str] = set()
    todo = [cls]
    while todo:
        current = todo.pop()
        if current.qual in seen:
            continue
        seen.add(current.qual)
        for base in current.bases:
            if exchange.is_one(base):
                return True
            if base.startswith(":") and base[1:] in state.classes:
                todo.append(state.classes[base[1:]])
    return False


def class_seen(state: State, cls: Class, node: ast.ClassDef) -> None:
    """Look at a class: which of a client's inner methods does it replace."""
    if not is_client(state, cls):
        return
    if is_implementation(cls):
        return
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name in INNER:
            if item.name == "describe" or _only_calls_super(item):
                continue
            state.notes.add("client-override", item.lineno, f"{cls.bases[0]}.{item.name}", item.name)


def is_implementation(cls: Class) -> bool:
    """Say whether a class is one of the client library's own."""
    # ccxt's own classes: `class binance(Exchange, ImplicitAPI)`, and streaming ones that extend those of the same name
    return any(base.endswith(("ImplicitAPI",)) for base in cls.bases) or any(
        base.startswith(("ccxt.async_support.", "ccxt.pro.", "ccxt.abstract.")) and base.rsplit(".", 1)[-1] == cls.qual
        for base in cls.bases
    )


def _only_calls_super(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [item for item in node.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    called = any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "super"
        for item in body
        for part in ast.walk(item)
    )
    return called and len(body) <= 6  # noqa: PLR2004


def patched_params(state: State, function: Function) -> None:
    """What passes through a client's replaced method is its owner's: keys, orders, signatures."""
    cls = function.cls
    name = function.qual.rsplit(".", 1)[-1]
    replaced = function.qual in state.notes.replaced
    if not replaced and not (
        cls is not None and name in INNER | {"__init__"} and is_client(state, cls) and not is_implementation(cls)
    ):
        return
    for param in function.params[(0 if replaced else 1) :]:
        held = state.scope.names.get(param)
        if held is not None and param != "self":
            extra = Taint(
                "traffic",
                f"what {name}() is given ({param})",
                ((function.node.lineno, f"{name}() sees every call of the client"),),
            )
            state.scope.names[param] = Value(
                held.const, held.ref, merge((extra, *held.taints)), held.items, held.elements, held.others
            )


def method_replaced(state: State, ref: str, value: Value, line: int) -> None:
    """Look at a store into a library: `ccxt.Exchange.fetch = ...`."""
    if not ref or ref.startswith((":", "?", "/", "@")) or root_of(ref) not in _WATCHED or "()" in ref or "[" in ref:
        return
    name = ref.rsplit(".", 1)[-1]
    is_function = value.ref.startswith(":") and value.ref.removesuffix("()")[1:] in state.functions
    if not (is_function or value.ref.startswith("functools.") or (value.ref.startswith(":") and "()" in value.ref)):
        return
    if name.startswith("_create_default"):
        return
    state.spend(len(state.functions))
    function = value.ref.removesuffix("()")[1:]
    state.notes.replaced.add(function)
    state.notes.replaced.update(other for other in state.functions if other.startswith(f"{function}."))
    for done in (function, *(other for other in state.functions if other.startswith(f"{function}."))):
        if done in state.functions:
            state.functions[done].done = False
    state.notes.add("client-patched", line, ref, ref)
