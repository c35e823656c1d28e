from pathlib import Path

import pytest

from tools.house import dangling, disagreements, lock_faults, named, pins, unhashed, unknown_pages, unknown_tests

_HASH = f"    --hash=sha256:{'a' * 64}\n"

# Cut in two, so that the rule which looks at every file does not find its own examples here.
_INDEX = ["https://py" + "pi.org/p/x", "--inde" + "x-url=http://a", "--extra-inde" + "x-url http://a"]
_INDEX += ["PIP_INDE" + "X_URL=a", "UV_DEFAULT_INDE" + "X=a", "https://mirror.example/api/simpl" + "e/x"]
_ELSEWHERE = [
    "# see fact" + "s/attacks.md, S27",
    "(../share" + "d/x.md)",
    "`desig" + "n.md`",
    "house-styl" + "e.md says",
]
_MACHINE = ["/wor" + "k/main/x.py", "cd /roo" + "t/x", "path='/wor" + "k'"]


@pytest.mark.parametrize("line", _INDEX)
def test_an_index_address_is_found(line: str) -> None:
    assert named(f"first\n{line}\n") == [(2, "names a package index")]


@pytest.mark.parametrize("line", _MACHINE)
def test_a_path_of_one_machine_is_found(line: str) -> None:
    assert named(line) == [(1, "names a path of one machine")]


@pytest.mark.parametrize("line", _ELSEWHERE)
def test_a_citation_of_what_a_clone_has_not_is_found(line: str) -> None:
    assert named(line) == [(1, "cites what a clone has not")]


@pytest.mark.parametrize(
    "line",
    [
        "a simple index",
        "from ringfence.model.fact" + "s import Fact" + "s",
        "src/ringfence/model/fact" + "s/x.py, model/fact" + "s.py",
        "artefact" + "s/x, the fact" + "s of its moment",
        "docs/explanation/re-desig" + "n.md",
        "pip install .",
        "src/wor" + "k/x",
        "https://example.org/wor" + "k",
        "/roo" + "ts",
        "~/wor" + "k",
    ],
)
def test_ordinary_words_and_relative_paths_are_not(line: str) -> None:
    assert named(line) == []


def test_a_pin_with_a_hash_is_in_order() -> None:
    assert unhashed(f"a-b.c==1.0 \\\n{_HASH}    # via x\nd==2 ; python_version < '3.12' \\\n{_HASH}") == []


@pytest.mark.parametrize(
    ("lock", "entry"),
    [
        ("a==1.0\n", "a==1.0"),
        (f"a==1.0 \\\n{_HASH}b==2\n", "b==2"),
        (f"a>=1.0 \\\n{_HASH}", "a>=1.0"),
        ("-r other.txt\n", "-r"),
        ("git+ssh://example.org/a\n", "git+ssh://example.org/a"),
        ("a==1.0 \\\n    --hash=sha256:abc\n", "a==1.0"),
        ("a==1.0 \\\n    --hash=md5:0123456789abcdef0123456789abcdef\n", "a==1.0"),
    ],
)
def test_anything_else_in_a_lock_is_named(lock: str, entry: str) -> None:
    assert unhashed(lock) == [entry]


def test_locks_that_claim_to_contain_another_must_pin_the_same() -> None:
    inner = pins(f"a==1 \\\n{_HASH}b==2 ; sys_platform == 'linux' \\\n{_HASH}c==3 \\\n{_HASH}")
    assert disagreements(inner, {"a": "1", "b": "2.1", "d": "4"}) == ["b", "c"]


@pytest.mark.parametrize("lock", [f"a==1 \\\n{_HASH}", f"a==1 \\\n{_HASH}b==2 \\\n{_HASH}"])
def test_locks_that_agree_have_no_faults(lock: str) -> None:
    assert lock_faults({"run": f"a==1 \\\n{_HASH}", "demo": lock, "dev": lock}) == []


def test_a_page_may_link_to_what_is_there_and_to_the_web(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    page = tmp_path / "page.md"
    text = "[a](there.md) [b](there.md#part) [c](https://example.org/x) [d](#here) [e](gone.md#x) [f](../no/such.md)"
    assert dangling(page, text) == ["gone.md", "../no/such.md"]


def test_a_comment_cites_only_pages_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").touch()
    there, gone = "docs/" + "a.md", "docs/" + "part/b.md"
    assert unknown_pages(f"# {there}, S27; {gone}. other/{gone}", tmp_path) == [gone]


def test_a_page_names_only_tests_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "tests" / "part").mkdir(parents=True)
    (tmp_path / "tests" / "part" / "test_a.py").write_text("async def test_it_holds() -> None: ...\n")
    there, gone, longer, nowhere = (
        "tests/part/test_a.py::test_it_holds",
        "tests/part/test_a.py::test_it",
        "tests/part/test_a.py::test_it_holds_x",
        "tests/part/test_b.py::test_x",
    )
    assert unknown_tests(f"`{there}`, `{gone}`, {longer}. {nowhere}", tmp_path) == [gone, longer, nowhere]
