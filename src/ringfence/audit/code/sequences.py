"""Calls that make a sequence, or give what is in one: `list(x)`, `map(f, x)`, `"".join(x)`, `next(x)`."""

from collections.abc import Callable
from typing import Final

from ringfence.audit.code import folding
from ringfence.audit.code.called import Call, later
from ringfence.audit.code.expressions import element_of, elements_of, is_hidden
from ringfence.audit.code.lookups import DECODED, PIECED
from ringfence.audit.code.statements import Statements
from ringfence.audit.code.values import CLEAN, NOTHING, ROUNDS, UNKNOWN, Taint, Value, merge, spelt, taints_of

Special = Callable[[Statements, Call], Value | None]
"""Gives what a call gives, or None where it is a call like any other."""


def _next(_self: Statements, call: Call) -> Value | None:
    """`next(x)` and `iter(x)` ask the object itself."""
    held = call.args[0] if call.args else NOTHING
    if not held.ref.endswith("()"):
        return None
    symbol = f"@{held.ref}.__{call.method}__()"
    return Value(ref=symbol[1:], taints=merge((*taints_of(held), Taint(symbol, f"{call.method}()"))))


def _map(self: Statements, call: Call) -> Value | None:
    if len(call.args) < 2:  # noqa: PLR2004
        return None
    elements = elements_of(call.args[1])
    several = elements if elements is not None and len(elements) <= 5000 else (element_of(call.args[1]),)  # noqa: PLR2004
    found = tuple(self.result(later(call, call.args[0], [item])) for item in several)
    return Value(
        elements=found if elements is not None else None,
        taints=merge((*taints_of(call.args[1]), *(t for item in found for t in item.taints))),
    )


def _joined(self: Statements, call: Call) -> Value | None:
    if not isinstance(call.receiver.const, (str, bytes)) or len(call.args) != 1:
        return None
    parts = call.args[0].elements
    taints = taints_of(call.args[0])
    if parts is None:
        return Value(taints=taints)
    if isinstance(call.receiver.const, bytes):
        pieces = [part.const for part in parts if isinstance(part.const, bytes)]
        return Value(
            folding.bounded(call.receiver.const.join(pieces)) if len(pieces) == len(parts) else UNKNOWN, taints=taints
        )
    spelled = [spelt(part) for part in parts]
    const = folding.bounded(call.receiver.const.join(spelled))
    hidden = is_hidden(const, spelled)
    if hidden:
        self.told_in_pieces(const)
    return Value(const, taints=merge((*taints, PIECED)) if hidden else taints)


def _bytes(_self: Statements, call: Call) -> Value | None:
    elements = call.args[0].elements if call.args else None
    if elements is None:
        if len(call.args) != 1 or call.args[0].const is not UNKNOWN:
            return None
        hidden = () if call.args[0].ref else (DECODED,)  # worked out from numbers one by one
        return Value(taints=merge((*hidden, *taints_of(call.args[0]))))
    numbers = [part.const for part in elements]
    if all(isinstance(number, int) and 0 <= number < 256 for number in numbers):  # noqa: PLR2004
        return Value(
            bytes(number for number in numbers if isinstance(number, int)),
            taints=merge((DECODED, PIECED, *taints_of(call.args[0]))),
        )
    return Value(taints=taints_of(call.args[0]))


def _sequence(_self: Statements, call: Call) -> Value | None:
    """`list(x)`, `reversed(x)`, `sorted(x)`, `tuple(x)`, `enumerate(x)`, `range(n)`, `zip(...)`."""
    if call.ref == "range":
        numbers = [arg.const for arg in call.args]
        if numbers and all(isinstance(number, int) for number in numbers):
            span = (
                range(*[number for number in numbers if isinstance(number, int)][:3])
                if 0 not in numbers[2:]
                else range(0)
            )
            return Value(elements=tuple(Value(number) for number in span)) if len(span) <= ROUNDS else CLEAN
        return CLEAN
    if not call.args:
        return Value(ref=f"{call.ref}()", items=dict(call.kwargs) if call.ref == "dict" else None)
    elements = elements_of(call.args[0])
    if call.ref == "enumerate" and elements is not None:
        return Value(elements=tuple(Value(elements=(Value(index), item)) for index, item in enumerate(elements)))
    if call.ref == "zip":
        return _zipped(call)
    if call.ref == "reversed" and elements is not None:
        spelt_out = bool(elements) and all(part.const is not UNKNOWN for part in elements)
        turned = (DECODED,) if spelt_out else ()  # a list of things, the last first, hides nothing
        return Value(elements=elements[::-1], taints=merge((*turned, *call.args[0].taints)))
    if call.ref == "dict" and call.args[0].items is not None:
        return Value(items={**call.args[0].items, **call.kwargs}, taints=call.args[0].taints)
    return Value(elements=elements if call.ref not in {"dict", "enumerate"} else None, taints=taints_of(call.args[0]))


def _zipped(call: Call) -> Value:
    several = [elements_of(arg) for arg in call.args]
    if all(part is not None for part in several):
        rows = zip(*[part for part in several if part is not None], strict=False)
        return Value(elements=tuple(Value(elements=tuple(row)) for row in rows))
    return Value(taints=merge(t for arg in call.args for t in taints_of(arg)))


def _letter(_self: Statements, call: Call) -> Value | None:
    """`chr(n)` of a number that is worked out: somebody spells something by numbers."""
    number = call.args[0] if call.args else NOTHING
    if number.const is not UNKNOWN or number.ref:
        return None
    return Value(taints=merge((DECODED, *taints_of(number))))


def _exchanged(self: Statements, call: Call) -> Value | None:
    """`text.translate(str.maketrans(a, b))`."""
    table = call.args[0].elements if call.args else None
    if not isinstance(call.receiver.const, str) or table is None:
        return None
    const = folding.translated(call.receiver.const, [part.const for part in table])
    return Value(const, taints=merge((*self.carried(call), PIECED)))


def _table(_self: Statements, call: Call) -> Value | None:
    return Value(ref="str.maketrans()", elements=tuple(call.args)) if call.args else None


def _as_bytes(_self: Statements, call: Call) -> Value | None:
    number = call.receiver.const
    if not isinstance(number, int):
        return None
    return Value(folding.to_bytes(number, [arg.const for arg in call.args]), taints=(DECODED, PIECED))


SPECIAL: Final[dict[str, Special]] = {
    "chr": _letter,
    "map": _map,
    "next": _next, "iter": _next, "anext": _next, "aiter": _next,
    "bytes": _bytes, "bytearray": _bytes,
    "list": _sequence, "tuple": _sequence, "set": _sequence, "reversed": _sequence,
    "sorted": _sequence, "dict": _sequence,
    "enumerate": _sequence, "range": _sequence, "zip": _sequence,
}  # fmt: skip
"""By the whole name of what is called."""

BY_METHOD: Final[dict[str, Special]] = {
    "join": _joined,
    "maketrans": _table, "translate": _exchanged, "to_bytes": _as_bytes,
}  # fmt: skip
"""By the name of a method, whatever it is called on."""
