"""What the result of a call is called, and what it carries of what the call was given.

It must never keep a text: what a call makes of it is not known here.
"""

from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.values import Taint, Value


def after(called: Called) -> tuple[str, ...]:
    """Return what the result of a call is called."""
    return tuple(name + "()" for name in called.value.names[:2] if len(name) < 120)  # noqa: PLR2004 - long enough a chain


def carrying(reader: Reads, called: Called, *more: Taint) -> Value:
    """Return what carries all that a call is given."""
    taints = set(called.owner.taints) | set(more)
    is_decoded = called.owner.decoded
    for one in called.arguments:
        if one.type not in FUNCTIONS:
            value = reader.value(one)
            taints |= value.taints
            is_decoded = is_decoded or value.decoded
    return Value(taints=frozenset(taints), decoded=is_decoded)
