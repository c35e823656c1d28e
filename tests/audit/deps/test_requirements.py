"""Requirement files as pip reads them: what is pinned, hashed, from elsewhere; and what nobody can read."""
# ruff: noqa: E501 - what a tool writes in one line stands in one line

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.checks import confusions, judge
from ringfence.audit.deps.listing import Kind, Listing, Sheet
from ringfence.audit.deps.requirements import dockerfile, requirement_file
from tests.audit.deps.trees import DIGEST, EXTRA_INDEX, FILES, INDEX

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def read(text: str) -> Listing:
    return requirement_file(Sheet("requirements.txt", text))


def ids(listing: Listing) -> set[str]:
    return {finding.rule for finding in judge(listing)}


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("ccxt==4.5.90", "ccxt", "4.5.90"),
        ("TA_Lib === 0.4.17", "ta-lib", "0.4.17"),
        ('ccxt==4.5.90 ; python_version > "3.8"', "ccxt", "4.5.90"),
        ("ccxt[qr]==4.5.90  # the exchange", "ccxt", "4.5.90"),
        ("ccxt==4.*", "ccxt", ""),
        ("ccxt>=4,<5", "ccxt", ""),
        ("ccxt", "ccxt", ""),
        ("ccxt==4.5.90,!=4.5.91", "ccxt", "4.5.90"),
        ("ccxt==1,==2", "ccxt", ""),
    ],
)
def test_a_line_names_a_package_and_perhaps_one_version(line: str, name: str, version: str) -> None:
    (entry,) = read(line).entries
    assert (entry.part.name, entry.part.version) == (name, version)


def test_a_pin_with_its_hash_is_found_fault_with_by_nobody() -> None:
    assert ids(read(f"ccxt==4.5.90 \\\n    --hash=sha256:{DIGEST} \\\n    --hash=sha256:{DIGEST}\n")) == set()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("ccxt", "deps/unpinned"),
        ("ccxt==4.5.90", "deps/unhashed"),
        ("ccxt @ https://files.example/ccxt.whl", "deps/direct-url"),
        ("https://files.example/ccxt-4.5.90-py3-none-any.whl", "deps/direct-url"),
        ("git+https://git.example/a/b@main#egg=b", "deps/git-without-commit"),
        ("git+ssh://git@git.example/a/b", "deps/git-without-commit"),
        (f"git+https://git.example/a/b@{COMMIT[:7]}", "deps/git-without-commit"),
        (f"git+https://git.example/a/b@{COMMIT}", "deps/direct-url"),
        ("-e ./signals", "deps/local-path"),
        ("../signals", "deps/local-path"),
        (f"{EXTRA_INDEX} https://packages.example/py", "deps/extra-index"),
        (f"{EXTRA_INDEX}=https://packages.example/py", "deps/extra-index"),
        ("--find-links https://packages.example/py", "deps/extra-index"),
        ("-i https://packages.example/py", "deps/other-index"),
        ("-i http://packages.example/py", "deps/insecure-index"),
        ("--trusted-host packages.example", "deps/insecure-index"),
        ("-i https://files.pypi" + "hosted.org/py", "deps/look-alike-host"),
        ("-i https://p" + "ypl.org/py", "deps/other-index"),
    ],
)
def test_what_a_line_does_wrong_is_said(line: str, rule: str) -> None:
    assert rule in ids(read(line))


@pytest.mark.parametrize("line", [f"-i https://{INDEX}/all", ".", "-e .[dev]", "# ccxt", "", "--pre"])
def test_what_is_no_fault_is_not_one(line: str) -> None:
    assert ids(read(line)) == set()


def test_the_registrys_own_file_is_no_direct_address_to_be_warned_of() -> None:
    assert ids(read(f"ccxt @ https://{FILES}/packages/ccxt-4.5.90-py3-none-any.whl")) == set()


def test_a_password_in_an_address_is_never_shown() -> None:
    secret = "hunter2" * 3
    listing = read(
        f"{EXTRA_INDEX} https://me:{secret}@packages.example/py?token={secret}\ngit+https://{secret}@git.example/a/b\n"
    )
    said = [finding.text + finding.subject for finding in judge(listing)]
    assert said
    assert secret not in "".join(said) + repr(listing.entries)


def test_forty_names_without_a_pin_are_one_finding_which_changes_with_the_forty_first() -> None:
    few, more = ("\n".join(f"name{number}" for number in range(count)) for count in (40, 41))
    (one,), (other,) = (list(judge(read(text))) for text in (few, more))
    assert one.fingerprint != other.fingerprint


def test_a_line_that_is_not_understood_is_unanswered() -> None:
    assert [each.place.line for each in read("ccxt==1\n%%%\n").unanswered] == [2]


def test_a_thousand_lines_that_are_not_understood_are_told_in_a_few() -> None:
    unanswered = read("%%%\n" * 1_000).unanswered
    assert len(unanswered) < 30
    assert "980 more lines" in unanswered[-1].why


def test_one_name_pinned_twice_is_told_and_pinned_for_two_machines_is_not() -> None:
    assert "deps/duplicate-version" in ids(read("ccxt==1\nccxt==2\n"))
    assert "deps/duplicate-version" not in ids(read("ccxt==1; python_version<'3'\nccxt==2; python_version>='3'\n"))


def test_with_an_extra_index_a_name_without_a_hash_can_be_answered_for_by_both() -> None:
    text = f"{EXTRA_INDEX} https://packages.example/py\nours==1\nlocked==1 --hash=sha256:{DIGEST}\n"
    (finding,) = confusions([read(text)])
    assert finding.text.endswith("answer for: ours")


def test_an_extra_index_rules_over_what_is_below_it_and_not_over_what_is_beside_it() -> None:
    index = requirement_file(Sheet("a/requirements.txt", f"{EXTRA_INDEX} https://packages.example/py\n"))
    below = requirement_file(Sheet("a/b/requirements.txt", "ours==1\n"))
    beside = requirement_file(Sheet("ab/requirements.txt", "ours==1\n"))
    assert [finding.place.path for finding in confusions([index, below, beside])] == ["a/b/requirements.txt"]


def test_a_dockerfile_is_read_for_what_pip_installs_in_it() -> None:
    text = 'FROM python\nRUN apt-get update && \\\n  pip install --no-cache-dir "numpy<3" ccxt==4.5.90 -r more.txt\nRUN uv pip install x; ls y\n'
    listing = dockerfile(Sheet("bot/Dockerfile", text))
    assert {entry.part.name for entry in listing.entries} == {"numpy", "ccxt", "x"}
    assert listing.refers == ("bot/more.txt",)
    assert listing.kind is Kind.REQUIRED


def test_an_index_in_a_dockerfiles_environment_is_told() -> None:
    name = "PIP_EXTRA_" + "INDEX_URL"
    assert "deps/extra-index" in ids(dockerfile(Sheet("Dockerfile", f"ENV {name}=https://packages.example/py\n")))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    listing = read(text)
    assert all(entry.part.name for entry in listing.entries)
    assert list(judge(listing)) is not None
    dockerfile(Sheet("Dockerfile", f"RUN pip install {text}"))


@pytest.mark.parametrize(
    "text", ["a" * 4_000_000, "\\\n" * 500_000, "[" * 1_000_000, "ccxt;" + "(" * 100_000, "--hash=" * 300_000]
)
def test_a_text_made_to_cost_time_does_not(text: str) -> None:
    assert read(text).kind is Kind.REQUIRED
    assert dockerfile(Sheet("Dockerfile", "RUN pip install " + text)).kind is Kind.REQUIRED
