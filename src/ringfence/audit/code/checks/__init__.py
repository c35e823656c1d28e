"""What is judged where it stands: calls, stores, classes and texts. Each looks, notes, and changes nothing."""

from collections.abc import Callable, Mapping
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.checks import (
    clipboard,
    commands,
    credentials,
    exchange,
    files,
    machine,
    money,
    running,
    sending,
    serving,
    starting,
    tls,
)
from ringfence.audit.code.state import State
from ringfence.audit.code.values import TOLD

Check = Callable[[State, Call], None]

_TABLES: Final = (
    clipboard.CHECKS,
    files.CHECKS,
    machine.CHECKS,
    running.CHECKS,
    starting.CHECKS,
    sending.CHECKS,
    serving.CHECKS,
    tls.CHECKS,
)


def _by_method() -> Mapping[str, tuple[Check, ...]]:
    found: dict[str, tuple[Check, ...]] = {}
    for table in _TABLES:
        for check, names in table:
            for name in names:
                found[name] = (*found.get(name, ()), check)
    return found


CHECKS: Final = _by_method()
"""What is looked at in a call, by the last part of its name."""


def checked(state: State, call: Call) -> None:
    """Look at what may stand in any call, whatever its name."""
    method = call.method
    if "ithdraw" in method or "ransfer" in method or method in money.SENDERS:
        money.moved(state, call)
    if call.args and any("ithdraw" in text for value in call.args[:2] for text in value.texts if len(text) < TOLD):
        money.asked(state, call)
    if call.kwargs or (call.args and call.args[-1].items is not None):
        tls.options(state, call)
        exchange.options(state, call)
    if commands.is_written(call) and not sending.is_logging(call):
        commands.written_out(state, call)
    _of_client(state, call)


def _of_client(state: State, call: Call) -> None:
    if call.method in {"update", "setdefault"} and call.receiver.ref.endswith((".urls", "[urls]", ".urls[api]")):
        for value in call.args[-1:]:
            exchange.hosts(state, value, call.line, "urls")
    if call.of_exchange:
        exchange.made(state, call)
    if call.of_exchange or call.method in credentials.TAKERS:
        credentials.used(state, call)
