"""A file that is made to break readers ends in bounded time, and what was not read is said."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.audit.code import broken
from ringfence.audit.code.javascript import link, read

MEGABYTE = 1024 * 1024
# Seconds of processor time for one file: far above what these take, far below what anything quadratic would.
BOUND = 20.0

HOSTILE = {
    "one letter": b"a" * (4 * MEGABYTE - 1),
    "one quote": b"'" * 60_000,
    "calls in calls": b"f(" * 20_000 + b")" * 20_000,
    "functions in functions": b"function f(){" * 10_000 + b"}" * 10_000,
    "arrays in arrays": b"[" * 20_000 + b"]" * 20_000,
    "a long chain": b"a" + b".b()" * 7_000,
    "a long sum": b"x=" + b"'a'+" * 100_000 + b"'b'; fetch(x)",
    "values that hang on each other": b"a=a+b;b=b+a;fetch(a);" * 5_000,
    "a function that calls itself": b"function f(a){return f(a)}f(f(1));fetch(f(2));" * 1_000,
    "templates without an end": b"`${" * 30_000,
    "every byte": bytes(range(256)) * 2_000,
    "lines of blanks": (b" " * 150 + b"f(\n") * 10_000,
    "helpers in helpers": b"".join(b"const f%d=(a)=>f%d(a+'x')+f%d(a+'y');\n" % (n, n + 1, n + 1) for n in range(60))
    + b"const f60=(a)=>a;\n"
    + b"fetch(f0('a'));\n" * 200,
    "a text that is folded again and again": b"const a='"
    + b"x" * 250
    + b"'.split('');\n"
    + b"fetch(a.reduce((x,y)=>x+x+y,'abc'));fetch(a.map((c)=>a.map((d)=>d+c).join('')).join(''));\n" * 100,
    "a table of functions": b"const t={"
    + b"".join(b"k%d:(v)=>fetch(v)," % n for n in range(2_000))
    + b"};\n"
    + b"t[x](process.env.PRIVATE_KEY);\n" * 2_000,
    "classes that extend each other": b"".join(
        b"class A%d extends A%d{constructor(k){super(k);fetch(k)}}\n" % (n, n + 1) for n in range(2_000)
    ),
    "an object that is put into itself": b"Object.assign(a,a,b);Object.assign(b,a);fetch(a);\n" * 4_000,
    "a command without an end": b"exec('curl " + b"a " * 200_000 + b"| x')",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_break_readers_ends_in_bounded_time(name: str) -> None:
    started = time.process_time()
    read("bot.js", HOSTILE[name])
    assert time.process_time() - started < BOUND


def test_files_that_give_on_each_other_are_matched_in_bounded_time() -> None:
    ends = "module.exports={...m1,...m2,...m3};"
    ends += "".join(f"exports.g{n}=(a,b)=>{{m{n % 8 + 1}.g{n}(b,{{x:a}});return m2.g{n}(a)}};" for n in range(12))
    readings = {}
    for at in range(60):
        begins = "".join(f"const m{n}=require('./f{(at + n) % 60}');" for n in range(1, 9))
        readings[f"f{at}.js"] = read(f"f{at}.js", (begins + ends).encode())
    started = time.process_time()
    link(readings)
    assert time.process_time() - started < BOUND


def test_what_is_too_large_is_unanswered_and_not_passed() -> None:
    assert "larger than 4 MB" in read("bot.js", b"a;" * (2 * MEGABYTE) + b"a").unanswered[0].why
    assert "parts" in read("bot.js", b"(" * (2 * MEGABYTE)).unanswered[0].why


@pytest.mark.deep
def test_what_takes_the_parser_too_long_is_unanswered() -> None:
    assert "too long to parse" in read("bot.js", b"'" * 200_000).unanswered[0].why


def test_what_is_nested_too_deeply_to_be_followed_is_unanswered() -> None:
    lines = [f"var a{number} = a{number - 1}.trim();" for number in range(399, 0, -1)]
    text = "fetch('https://x.invalid', a399);" + "".join(lines)
    assert any("nested" in one.why for one in read("bot.js", text.encode()).unanswered)


def test_what_is_no_javascript_is_unanswered_and_still_read() -> None:
    reading = read("bot.js", b"const = ; eval(atob('YWxlcnQoMSk='));")
    assert [found.rule for found in reading.findings] == ["code/decoded-code"]
    assert len(reading.unanswered) == 1


@pytest.mark.parametrize(
    "head",
    ["#!/usr/bin/env node\n", "<!-- a page\n", "\ufeff", "'use strict';\n", "/* ''' */ `'`;\n", "@a class B {}\n"],
)
def test_nothing_before_it_hides_it(head: str) -> None:
    reading = read("bot.js", head.encode() + b"eval(atob('YWxlcnQoMSk='));")
    assert "code/decoded-code" in [found.rule for found in reading.findings]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                "(",
                ")",
                "{",
                "}",
                "[",
                "]",
                ";",
                ",",
                ".",
                "'",
                '"',
                "`",
                "${",
                "=>",
                "=",
                "+",
                "?",
                ":",
                "fetch",
                "eval",
                "process.env",
                "new",
                "class",
                "x.y",
                "\\x41",
                "\n",
            ]
        ),
        max_size=60,
    )
)
def test_no_text_raises(pieces: list[str]) -> None:
    text = " ".join(pieces).encode()
    assert read("bot.ts", text).path == "bot.ts"
    assert len(broken.read("bot.py", text).unanswered) == 1
