"""One call as it stands in a file: what is called, on what, and with what."""

import ast
from dataclasses import dataclass

from ringfence.audit.code.hosts import host_of
from ringfence.audit.code.known import EXCHANGES, NETWORKS, canonical, root_of
from ringfence.audit.code.values import NOTHING, Value, spelt


@dataclass(slots=True, eq=False)
class Call:
    """A call. `ref` is the dotted name of what is called, `method` its last part, `receiver` what stands before it."""

    ref: str
    method: str
    receiver: Value
    args: list[Value]
    kwargs: dict[str, Value]
    node: ast.Call
    line: int

    def arg(self, index: int, *names: str) -> Value:
        """The argument at a position or under one of the names."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[index] if 0 <= index < len(self.args) else NOTHING

    def every(self) -> list[Value]:
        """All arguments."""
        return [*self.args, *self.kwargs.values()]

    def placed(self) -> list[tuple[str, Value]]:
        """All arguments, each with its position or `=name`, as symbols say it."""
        return [
            *((str(at), arg) for at, arg in enumerate(self.args)),
            *((f"={name}", arg) for name, arg in self.kwargs.items()),
        ]

    @property
    def root(self) -> str:
        """The library that it belongs to, as far as its name says."""
        return root_of(self.ref)

    @property
    def of_exchange(self) -> bool:
        """Say whether it belongs to a client of an exchange."""
        return self.root in EXCHANGES

    @property
    def of_network(self) -> bool:
        """Say whether it belongs to a library that talks to the network."""
        return self.root in NETWORKS

    def urls(self) -> tuple[str, ...]:
        """The texts that may say where it goes: the first that looks like a host or URL, or the first argument."""
        named = next(
            (self.kwargs[name] for name in ("url", "uri", "endpoint", "host", "webhook_url") if name in self.kwargs),
            None,
        )
        if named is not None:
            return named.texts
        found = [arg for arg in self.args[:3] if any("://" in text or host_of(text) for text in arg.texts)]
        return (found[0] if found else self.args[0]).texts if self.args else ()


def shell_text(value: Value) -> str:
    """Write a command line as one text, with holes."""
    if value.elements is not None:
        return " ".join(spelt(part) for part in value.elements[:200])
    return spelt(value)


def key_of(value: Value) -> str:
    """Name a file by its path, as far as it is known."""
    return value.text.strip() if value.text is not None else f"?{value.ref}" if value.ref else "?"


def later(call: Call, target: Value, args: list[Value], kwargs: dict[str, Value] | None = None) -> Call:
    """Give the call that a call leads to, of a function that it is given: at once, in a thread, at the end."""
    ref = canonical(target.ref)
    return Call(ref, ref.rsplit(".", 1)[-1], NOTHING, args, kwargs or {}, call.node, call.line)


def completed(call: Call, target: Value) -> Call:
    """Give a call of a `functools.partial` everything that it is given in the end."""
    held = (target.items or {})["partial"]
    return Call(
        canonical(held.ref),
        held.ref.rsplit(".", 1)[-1],
        call.receiver,
        [*(target.elements or ()), *call.args],
        {**{k: v for k, v in (target.items or {}).items() if k != "partial"}, **call.kwargs},
        call.node,
        call.line,
    )
