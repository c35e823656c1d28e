"""Drawing a new virtual key: its secret half is made in secret memory and never leaves it here."""

from ringfence.dialects.virtual import Half, Shape, mark, shape_of
from ringfence.model.names import KeyId
from ringfence.vault.secret import Secret


def mint(dialect: str) -> tuple[KeyId, Secret]:
    """Make a new pair in the shape of a dialect's keys; raises `Misconfigured` for a dialect without one."""
    shape = shape_of(dialect)
    with _draw(shape, "key") as key:
        name = KeyId(str(key.view(), "ascii"))
    return name, _draw(shape, "secret")


def _draw(shape: Shape, half: Half) -> Secret:
    made = Secret(shape.length)
    view = made.view()
    filled = 0
    fair = 256 - 256 % len(shape.alphabet)  # above it some characters would come more often
    while filled < shape.body:
        with Secret.random(256) as pool:
            for byte in pool.view():
                if byte < fair and filled < shape.body:
                    view[filled] = shape.alphabet[byte % len(shape.alphabet)]
                    filled += 1
    view[shape.body :] = mark(shape, half, view[: shape.body])
    return made
