"""Which file an imported name leads to, and how a summary's texts are held."""

import pytest

from ringfence.audit.code.resolving import Names, is_installed
from ringfence.audit.code.summary import Called, Flow, Module, Summary, shared

HOME = "lib/site-packages/"


def leads(name: str, importer: str, *others: str) -> str:
    """Say which of some files a name leads to."""
    names = Names([Module(importer), *map(Module, others)])
    found = names.module(name, 0)
    return "" if found is None else names.modules[found].path


@pytest.mark.parametrize(
    ("name", "importer", "others", "found"),
    [
        # Python's own modules are not what some package calls the same
        ("os", HOME + "bot/main.py", (HOME + "aiofiles/os.py",), ""),
        ("os.path", "main.py", (HOME + "aiofiles/os/path.py",), ""),
        # but a file of the same package may stand before them, and so may any of a bot's own
        ("signal", HOME + "bot/main.py", (HOME + "bot/signal.py",), HOME + "bot/signal.py"),
        ("queue", "main.py", ("vendored/queue.py",), "vendored/queue.py"),
        # every other name is found by its end, wherever packages lie
        ("pack.net", "main.py", (HOME + "pack/net.py",), HOME + "pack/net.py"),
        ("/lib.site-packages.pack.os", "x.py", (HOME + "pack/os.py",), HOME + "pack/os.py"),
        # of two with the same end, none
        ("pack.net", "main.py", (HOME + "pack/net.py", "other/pack/net.py"), ""),
    ],
)
def test_a_name_leads_where_an_import_would(name: str, importer: str, others: tuple[str, ...], found: str) -> None:
    assert leads(name, importer, *others) == found


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (HOME + "a.py", True),
        ("usr/lib/dist-packages/a/b.py", True),
        ("site-packages.py", False),
        ("my-site-packages/a.py", False),
        ("a.whl!/site-packages/a.py", False),
    ],
)
def test_what_lies_among_packages_is_installed(path: str, answer: bool) -> None:
    assert is_installed(path) is answer


def test_texts_that_files_share_are_held_once() -> None:
    def told(path: str) -> Module:
        text = "".join(["@", "send#what"])  # made anew each time, as a decoder does
        flow = Flow(text, "a key", text, 3, (text,), "body", "given", ((3, "given to " + path[:1]),))
        call = Called(text[1:5], 3, ((text, text),))
        return Module(path, (), (), (), Summary((flow,), (call,), {text: (text,)}, {}, {}, {text: text}, ("x",)))

    first, second = shared(told("a.py")), shared(told("a.py"))
    assert first == told("a.py")
    one, other = first.summary.flows[0], second.summary.flows[0]
    assert one.source is other.source is one.sink
    assert first.summary.functions.keys() == second.summary.functions.keys()
    assert first.summary.functions["@send#what"][0] is one.source
