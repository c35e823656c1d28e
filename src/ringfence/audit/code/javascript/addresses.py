"""What an address of a wallet looks like, and which ones belong to nobody who could be meant.

It must never be asked of what is not written as a whole text: pieces are no address.
"""

import re
from typing import Final

_EVM: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_OTHERS: Final = re.compile(
    r"(?:bc1[a-z0-9]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|T[1-9A-HJ-NP-Za-km-z]{33}|r[1-9A-HJ-NP-Za-km-z]{24,34}|"
    r"(?:cosmos|dydx|osmo|addr|ltc)1[a-z0-9]{38,98}|[1-9A-HJ-NP-Za-km-z]{43,44})"
)
_LETTERS: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,48}")
# Where nobody can spend from, and the tip accounts of Jito, which its documentation lists (read 2026).
_NOBODYS: Final = frozenset(
    {
        "11111111111111111111111111111111",
        "So11111111111111111111111111111111111111112",
        "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
        "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
        "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
        "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49",
        "DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh",
        "ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt",
        "DttWaMuVvTiduZRnguLF7jNxTGiMBZ1hyAumKUiL2KRL",
        "3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT",
    }
)


def is_address(text: str) -> bool:
    """Say whether a text is the address of somebody's wallet."""
    if text in _NOBODYS or len(text) > 110:  # noqa: PLR2004 - the longest are Cardano's
        return False
    if _EVM.fullmatch(text):
        return not text.lower().startswith("0x0000000000000000000000000000000000") and "dead" not in text.lower()[-8:]
    return bool(_OTHERS.fullmatch(text)) and any(letter.isdigit() for letter in text)


def may_be_address(text: str) -> bool:
    """Say whether a text has the letters of an address, where it is already known that somebody is paid."""
    return _LETTERS.fullmatch(text) is not None and text not in _NOBODYS


def shortened(address: str) -> str:
    """Return an address as it is shown to people: its two ends."""
    return address[:6] + "..." + address[-4:]
