import shlex
import subprocess

import pytest

from ringfence.adopt import dotenv
from ringfence.adopt.edits import apply
from ringfence.errors import Misconfigured

FILE = "# keys\nexport A=1\nB='two words' # c\nC=\"three\"\n  D = bare # note\nE=\nnot a variable\nF=a#b\n"


def test_variables_are_read_as_a_shell_reads_them() -> None:
    found = {one.name: one.value for one in dotenv.parse(FILE)}
    assert found == {"A": "1", "B": "two words", "C": "three", "D": "bare", "E": "", "F": "a#b"}
    assert all(FILE[one.start : one.end] == one.value for one in dotenv.parse(FILE))


ENDS = ["A=1", "A=1\n", "A=1\r\nB=2\r\n", "\ufeffA=1\n", ""]


@pytest.mark.parametrize("text", ENDS)
def test_what_is_new_comes_at_the_end_and_ends_its_lines_as_the_file_does(text: str) -> None:
    after = apply(text, dotenv.merged(text, {"A": "9", "Z": "x y"}))
    assert {one.name: one.value for one in dotenv.parse(after)}["Z"] == "x y"
    assert {one.name: one.value for one in dotenv.parse(after)}["A"] == "9"
    assert ("\r\n" in after) is ("\r\n" in text)
    assert after.count("\n") == after.count("\r\n") or "\r" not in after
    assert after.startswith("\ufeff") is text.startswith("\ufeff")


CHANGED = [("A=1", "x y", "A='x y'"), ("A='1'", "x y", "A='x y'"), ('A="1" # c', "x y", 'A="x y" # c')]


@pytest.mark.parametrize(("text", "value", "after"), CHANGED)
def test_a_value_that_is_there_is_changed_inside_of_its_quotes(text: str, value: str, after: str) -> None:
    assert apply(text, dotenv.merged(text, {"A": value})) == after
    name, _, told = shlex.split(after, comments=True)[0].partition("=")
    assert (name, told) == ("A", value)


@pytest.mark.parametrize(("text", "value"), [("A='1'", "it's"), ('A="1"', "$HOME"), ('A="1"', 'a"b')])
def test_a_value_that_its_quotes_do_not_hold_is_refused(text: str, value: str) -> None:
    with pytest.raises(Misconfigured):
        list(dotenv.merged(text, {"A": value}))


def test_a_real_shell_reads_what_was_written() -> None:
    text = "A='1'\n"
    after = apply(text, dotenv.merged(text, {"A": "p q", "HTTPS_PROXY": "http://grid:t@127.0.0.1:1", "P": "/a b$/c"}))
    script = f'set -a\n{after}\nprintf \'%s|%s|%s\' "$A" "$HTTPS_PROXY" "$P"'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "p q|http://grid:t@127.0.0.1:1|/a b$/c"
