"""What a decoy looks like where it is planted: the lines or the file in which a thief looks for keys.

It never overwrites a file, and never sets a name that a program of the owner's may read.
"""

import json
import os
import re
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ringfence.cli.pointing import Pointing
from ringfence.errors import Misconfigured

_DOTENV = re.compile(r"\.env(\..+)?|.+\.env", re.DOTALL)
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe in the file's place must not hold us up
_BY_HAND = "without --into the pair is printed, to be put there by hand"


class Form(Enum):
    """How a file says a key."""

    LINES = "lines of a dotenv file"
    JSON = "a bot's configuration in JSON"


@dataclass(frozen=True, slots=True)
class Spot:
    """A file in which a decoy is planted."""

    file: Path
    form: Form

    @classmethod
    def of(cls, file: Path) -> "Spot":
        """Say in which form a file takes a decoy; raises `Misconfigured` where in none."""
        if not file.parent.is_dir():
            raise Misconfigured(f"there is no directory {file.parent}")
        if os.path.lexists(file) and not stat.S_ISREG(file.lstat().st_mode):
            raise Misconfigured(f"{file} is not a plain file", hint="no link is followed; name the file itself")
        if _DOTENV.fullmatch(file.name):
            return cls(file, Form.LINES)
        if file.suffix == ".json":
            return cls(file, Form.JSON)
        raise Misconfigured(f"{file} is neither a .env file nor .json", hint=_BY_HAND)

    def holds(self, key: str) -> bool:
        """Say whether a key stands in the file."""
        return key.encode() in (self._read() or b"")

    def check(self, decoy: str) -> None:
        """Refuse what would overwrite something; raises `Misconfigured`."""
        before = self._read()
        if before is None:
            return
        if self.form is Form.JSON:
            raise Misconfigured(f"{self.file} is there already, and is not overwritten", hint=_BY_HAND)
        prefix = _prefix(decoy)
        if re.search(rb"^[ \t]*(?:export[ \t]+)?" + prefix.encode(), before, re.MULTILINE):
            raise Misconfigured(f"{self.file} sets names that begin with {prefix}", hint="choose another name")

    def plant(self, pair: Pointing, dialect: str) -> None:
        """Write a pair into a new file, or behind the lines of a dotenv file, whose mode stays as it is.

        There each name begins with the decoy's: the last line of a name is the one that counts, and no bot of the
        owner's may be given a decoy for its key.
        """
        text = document(pair, dialect) if self.form is Form.JSON else lines(pair)
        new = os.O_CREAT | os.O_EXCL
        before = self._read()
        if before is not None and self.form is Form.LINES:
            new = 0
            text = ("" if before.endswith(b"\n") or not before else "\n") + lines(pair, _prefix(pair.bot))
        with os.fdopen(
            os.open(self.file, os.O_WRONLY | os.O_APPEND | new | _FLAGS, 0o600), "w", encoding="utf-8"
        ) as to:
            to.write(text)

    def _read(self) -> bytes | None:
        try:
            with os.fdopen(os.open(self.file, os.O_RDONLY | _FLAGS), "rb") as found:
                return found.read()
        except FileNotFoundError:
            return None


def lines(pair: Pointing, prefix: str = "") -> str:
    """Write a pair as a bot's own is written, each name after a prefix."""
    return "".join(f"{prefix}{line}\n" for line in pair.env().splitlines())


def document(pair: Pointing, dialect: str) -> str:
    """Write a pair as freqtrade's configuration has one."""
    ccxt = pair.ccxt()
    rest = {name: ccxt[name] for name in ccxt if name not in {"apiKey", "secret"}}
    exchange = {"name": dialect, "key": pair.key, "secret": pair.secret, "ccxt_config": rest}
    return json.dumps({"dry_run": False, "stake_currency": "USDT", "exchange": exchange}, indent=4) + "\n"


def _prefix(decoy: str) -> str:
    return f"{decoy.upper().replace('-', '_')}_"
