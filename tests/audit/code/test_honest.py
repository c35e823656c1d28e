"""What honest libraries do that looks like what thieves do, and beside each what a thief does that is still found."""

import struct

import pytest

from ringfence.audit.code.project import join
from ringfence.audit.code.python import read
from ringfence.audit.finding import Finding, Place, Severity
from ringfence.audit.messages import Seen, decode, encode

CASES = [
    (
        "code built from classes, the last first",
        (
            "def rules(classes):\n    found = []\n    for one in reversed(classes):\n        found.append(one.name)\n"
            "    lines = []\n    for one in reversed(found):\n        lines.append(one)\n    exec('\\n'.join(lines))\n"
        ),
        "code/decoded-code",
        "exec(''.join(reversed(['n', 'i', 'p', 'x', 'e'])))\nexec(__import__('base64').b64decode(open('x').read()))\n",
    ),
    (
        "another word that begins like an exchange's",
        "HOME = 'https://www.cryptol.net/'\n",
        "code/look-alike-host",
        "HOME = 'https://api.binancee.net/'\n",
    ),
    (
        "a letter before a short name",
        "HOME = 'https://www.kucoind.org/'\n",
        "code/look-alike-host",
        "HOME = 'https://api.kucoinn.org/'\n",
    ),
    (
        "a Python of one's own in a directory that is thrown away",
        (
            "import os, tempfile\nbase = tempfile.mkdtemp()\n"
            "open(os.path.join(base, 'site', 'sitecustomize.py'), 'w').write('import site')\n"
        ),
        "code/startup-hijack",
        (
            "import os, site\nbase = site.getsitepackages()[0]\n"
            "open(os.path.join(base, 'sitecustomize.py'), 'w').write('import site')\n"
        ),
    ),
    (
        "a library that copies, pastes and waits",
        (
            "import time, subprocess\ndef copy(text):\n    subprocess.Popen(['pbcopy', 'w']).communicate(text)\n"
            "def paste():\n    return subprocess.Popen(['pbpaste', 'r']).stdout\n"
            "def opened(window):\n    while time.time() < 9:\n        if window.OpenClipboard():\n            return\n"
            "def waitForNewPaste():\n    return 1\n"
        ),
        "code/clipboard-swap",
        (
            "import pyperclip, time\ndef turn():\n    if known(pyperclip.paste()):\n        pyperclip.copy(mine())\n"
            "while True:\n    turn()\n    time.sleep(1)\n"
        ),
    ),
]


def rules(text: str) -> set[str]:
    return {found.rule for found in read("a.py", text.encode()).findings}


@pytest.mark.parametrize(("honest", "rule", "thief"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_library_is_no_thief_and_a_thief_is_no_library(honest: str, rule: str, thief: str) -> None:
    assert rule not in rules(honest)
    assert rule in rules(thief)


def compiled(*texts: bytes, size: int = 0) -> bytes:
    """Write what a compiled file has of texts: a mark, a length, the text."""
    head = b"\xa7\x0d\x0d\x0a" + struct.pack("<III", 0, 0, size)
    return head + b"\xe3" + b"".join(b"\xda" + bytes([len(text)]) + text for text in texts)


def judged(data: bytes, source: bytes) -> list[Finding]:
    return list(join([read("b/__pycache__/api.cpython-311.pyc", data), read("b/api.py", source)]))


SOURCE = b"import json\n"


@pytest.mark.parametrize(
    "rest",
    [
        compiled(b"/srv/lib/requests/api.py"),
        compiled(b"request") + b"s\x01\0\0\0 ",
        compiled(b"doctype") + b"s\x04\0\0\0    ",
    ],
    ids=["the path of the source", "a name and the mark of the next", "the same within a word"],
)
def test_a_word_of_a_compiled_file_is_one_that_code_can_use(rest: bytes) -> None:
    assert judged(rest, SOURCE) == []


@pytest.mark.parametrize("text", [b"requests", b"https://c.example/requests/api.py", b"x requests"])
def test_a_word_that_only_the_compiled_file_has_is_somebody_elses(text: bytes) -> None:
    (found,) = judged(compiled(text, size=len(SOURCE)), SOURCE)
    assert (found.rule, found.severity) == ("code/bytecode-differs", Severity.CRITICAL)


def test_a_compiled_file_of_an_older_source_is_not_said_to_be_a_thiefs() -> None:
    (found,) = judged(compiled(b"requests", size=len(SOURCE) + 1), SOURCE)
    assert (found.rule, found.severity) == ("code/bytecode-differs", Severity.HIGH)


def test_half_a_character_in_a_text_costs_nothing() -> None:
    module = read("a.py", b"HALF = '\\ud800'\nTABLE = {'\\udfff': 'a'}\n")
    finding = Finding("code/x", Severity.LOW, Place("\udc80"), "half")
    told, sound = decode(bytearray(encode(Seen((finding,), modules=(module,)))), Seen)
    assert sound
    assert [seen.modules[0].path for seen in told] == ["a.py"]
    assert told[0].findings[0].place == Place("?")
