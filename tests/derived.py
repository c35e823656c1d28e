"""Vaults whose keys are derived once: a quarter of a second each time is not what most tests are about.

What comes out is the real key, byte for byte, and other processes derive it as they always do. A conftest imports the
fixture by name; tests/vault, which is about the derivation, does not.
"""

from collections.abc import Iterator

import pytest

from ringfence.vault import sealed
from ringfence.vault.sealed import Header
from ringfence.vault.secret import Secret

_known: dict[tuple[int, int, int, bytes, bytes], bytes] = {}


@pytest.fixture(scope="module", autouse=True)
def derived_once() -> Iterator[None]:
    """Remember what each passphrase and salt came to."""
    derive = sealed._argon2id

    def remembered(header: Header, passphrase: bytearray) -> Secret:
        asked = (header.memory_kib, header.iterations, header.lanes, header.salt, bytes(passphrase))
        if asked not in _known:
            with derive(header, passphrase) as secret:
                _known[asked] = bytes(secret.view())
        return Secret.take(bytearray(_known[asked]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "_argon2id", remembered)
        yield
