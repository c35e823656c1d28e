"""What a tree can do that it could not do before: for upgrades, without a judgement."""

from collections.abc import Iterable

from ringfence.audit.code.capability import Capability


def compare(before: Iterable[Capability], after: Iterable[Capability]) -> tuple[Capability, ...]:
    """The powers gained, each at its first place; where a power stands is no difference."""
    had = {(item.power, item.what) for item in before}
    gained: dict[tuple[str, str], Capability] = {}
    for item in sorted(after):
        if (item.power, item.what) not in had:
            gained.setdefault((item.power, item.what), item)
    return tuple(gained.values())
