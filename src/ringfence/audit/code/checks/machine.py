"""What watches the user: keys that are typed, the screen, the camera."""

from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.state import State
from ringfence.audit.code.values import NOTHING, Taint, Value


def listened(state: State, call: Call) -> None:
    """`pynput.keyboard.Listener(on_press=f)`: f is given every key."""
    if call.root not in {"pynput", "keyboard", "pyHook", "mouse"}:
        return
    for target in (call.arg(0, "on_press", "callback"), call.kwargs.get("on_release", NOTHING)):
        name = target.ref[1:] if target.ref.startswith(":") else ""
        function = state.functions.get(name)
        if function is None:
            continue
        for param in function.params:
            state.notes.passed(
                Taint("keys-input", "every key that is typed", ((call.line, "listens to the keyboard"),)),
                f"@:{name}#{param}",
                call.line,
            )
        state.notes.saw("keys-watched", call.line)


def heard(state: State, call: Call) -> None:
    """`WebSocketApp(url, on_message=f)`: f is given what strangers send."""
    for name in ("on_message", "on_data", "on_event"):
        if name in call.kwargs:
            hears(state, call.kwargs[name], call.line)


def hears(state: State, target: Value, line: int) -> None:
    """Note that a function of the file is given messages."""
    function = state.functions.get(target.ref[1:]) if target.ref.startswith(":") else None
    for param in function.params if function is not None else ():
        way = ((line, "listens for messages"),)
        state.notes.passed(Taint("remote", "a message", way), f"@{target.ref}#{param}", line)


CHECKS: Final = (
    (heard, ("WebSocketApp", "connect", "subscribe", "AsyncClient", "run_forever", "start_websocket")),
    (listened, ("Listener", "on_press", "hook", "on_release")),
)
