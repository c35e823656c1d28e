"""Files of Python that are made to keep a reader busy: each ends soon."""

import time

import pytest

from ringfence.audit.code.project import joined
from ringfence.audit.code.python import read

_MANY = 1500


def doubled(name: str, depth: int) -> str:
    """Write tables that hold the one before twice: as a tree, two to that power of them."""
    tables = (f"{name}{at + 1} = {{'a': {name}{at}, 'b': {name}{at}}}\n" for at in range(depth))
    return f"{name}0 = {{'a': 1}}\n" + "".join(tables)


def each(text: str, before: str = "", after: str = "") -> str:
    """Write the same again and again, with a number in it and the next one."""
    return before + "".join(text.format(at, (at + 7) % _MANY) for at in range(_MANY)) + after


HOSTILE = {
    "tables within tables": doubled("x", 60) + "print(x60)\n",
    "one of two tables within tables": doubled("x", 60) + doubled("y", 60) + "z = x60 if q else y60\n",
    "tables within tables in a loop": doubled("x", 60) + "for i in q:\n    x60['c'] = x60\n    send(x60)\n",
    "a table of functions": each("def f{0}(x):\n    T['a'](x)\n    return x\nT['k{0}'] = f{0}\n", "T = {}\n"),
    "functions that are given functions": each("def f{0}(g):\n    return g(f{1})\n") + each("f{0}(f{1})\n"),
    "decorators": each(
        "@d\n@d\ndef f{0}(x): return x\n", "def d(f):\n    def g(*a, **k): return f(*a, **k)\n    return g\n"
    ),
    "classes that stand in": each(
        "class C{0}(B):\n    def m(self, a): return a\n", "class B:\n    def m(self, a): ...\n"
    ),
    "fields": each("    f{0}: str\n", "import dataclasses\n@dataclasses.dataclass\nclass A:\n", "vars(A())\n" * 300),
    "listeners": each("S.append(lambda x: x)\n", "S = []\n", "for f in S: f(S)\n" * 200),
    "names of an object": each("for n in dir(x): getattr(x, n)(n)\n", "x = []\n"),
    "keys": each("ccxt.binance({{'apiKey': os.environ['K{0}'], 'secret': K{1}}})\n", "import os, ccxt\n"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_asks_for_much_ends_soon(kind: str) -> None:
    start = time.process_time()
    several = [read(f"bot/m{number}.py", HOSTILE[kind].encode()) for number in range(2)]
    joined(several)
    assert time.process_time() - start < 8
