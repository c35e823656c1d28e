"""What is in an object as a whole: the fields of one that is dumped, the parameters of a class that makes its own."""

import re
from typing import Final

from ringfence.audit.code.known import EXCHANGES, root_of
from ringfence.audit.code.names import SECRET
from ringfence.audit.code.scopes import Class
from ringfence.audit.code.state import State
from ringfence.audit.code.values import ITEMS, Taint, Value, merge, taints_of

_HOLDERS: Final = re.compile(
    r"(?:^|[.:#_])(?:auth|authenticator|authentication|creds?|credentials?|signer|keypair|wallet|keyring|ccxt|exchange|ex)"
    r"(?:\(\))?$"
)
_DATACLASSES: Final = ("dataclass", "define", "frozen", "attrs", "attr.s")
_MODELS: Final = ("NamedTuple", "BaseModel", "BaseSettings", "Struct", "TypedDict")


def dumped(state: State, value: Value, line: int) -> tuple[Taint, ...]:
    """Say what `vars(x)`, `x.__dict__` or `asdict(x)` gives away."""
    cls = state.class_of(value.ref)
    if cls is not None:
        names = list({**cls.declared, **cls.fields})[:ITEMS]
        return merge([*value.taints, *(t for name in names for t in taints_of(state.attribute(value, name, line)))])
    if root_of(value.ref) in EXCHANGES or _HOLDERS.search(value.ref):
        label = value.ref.rsplit(".", 1)[-1].strip(":()") or "the client"
        return merge((Taint(SECRET, f"every field of {label}", ((line, "takes every field"),)), *value.taints))
    return value.taints


def makes_itself(cls: Class, decorators: list[Value]) -> bool:
    """Say whether a class takes its declared fields as parameters, in their order."""
    if not cls.declared:
        return False
    named = any(each.ref.removesuffix("()").endswith(_DATACLASSES) for each in decorators)
    return named or any(base.endswith(_MODELS) for base in cls.bases)
