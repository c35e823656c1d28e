"""Locks of Python and npm: each form gives the same parts, and the same faults are seen in each."""
# ruff: noqa: E501 - what a tool writes in one line stands in one line

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.checks import judge
from ringfence.audit.deps.listing import Listing, Sheet
from ringfence.audit.deps.npm import npmrc, package_json, package_lock
from ringfence.audit.deps.npmlocks import pnpm_lock, yarn_lock
from ringfence.audit.deps.parsed import Unreadable
from ringfence.audit.deps.pylocks import pipfile, pipfile_lock, poetry_lock, pylock, uv_lock
from ringfence.audit.finding import Place, Unanswered
from tests.audit.deps.trees import DIGEST, FILES, INDEX, NO_REASON, NPM, reason

SHA = f"sha256:{DIGEST}"
COMMIT = DIGEST[:40]
WHEEL = f"https://{FILES}/packages/ccxt-4.5.90-py3-none-any.whl"
TGZ = f"https://{NPM}/ccxt/-/ccxt-4.5.90.tgz"

SOUND: list[tuple[str, Callable[[Sheet], Listing], str]] = [
    (
        "uv.lock",
        uv_lock,
        (
            f'version = 1\n[[package]]\nname = "ccxt"\nversion = "4.5.90"\nsource = {{ registry = "https://{INDEX}/all" }}\n'
            f'dependencies = [{{ name = "certifi" }}]\nwheels = [{{ url = "{WHEEL}", hash = "{SHA}" }}]\n'
        ),
    ),
    (
        "pylock.toml",
        pylock,
        (
            f'lock-version = "1.0"\n[[packages]]\nname = "ccxt"\nversion = "4.5.90"\ndependencies = [{{ name = "certifi" }}]\n'
            f'wheels = [{{ url = "{WHEEL}", hashes = {{ sha256 = "{DIGEST}" }} }}]\n'
        ),
    ),
    (
        "poetry.lock",
        poetry_lock,
        (
            f'[[package]]\nname = "ccxt"\nversion = "4.5.90"\nfiles = [{{ file = "ccxt-4.5.90-py3-none-any.whl", hash = "{SHA}" }}]\n'
            '[package.dependencies]\ncertifi = ">=2018"\n'
        ),
    ),
    (
        "Pipfile.lock",
        pipfile_lock,
        json.dumps({"_meta": {}, "default": {"ccxt": {"version": "==4.5.90", "hashes": [SHA]}}}),
    ),
]
NPM_SOUND: list[tuple[str, Callable[[Sheet], Listing], str]] = [
    (
        "package-lock.json",
        package_lock,
        json.dumps({"lockfileVersion": 1, "dependencies": {"ccxt": {"version": "4.5.90", "resolved": TGZ, "integrity": "sha512-AA"}}}),
    ),
    (
        "package-lock.json",
        package_lock,
        json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": {"ccxt": "1"}}, "node_modules/ccxt": {"version": "4.5.90", "resolved": TGZ, "integrity": "sha512-AA"}}}),
    ),
    ("yarn.lock", yarn_lock, f'# yarn lockfile v1\n\n"ccxt@^4.0.0", ccxt@^4.5.0:\n  version "4.5.90"\n  resolved "{TGZ}#abc"\n  integrity sha512-AA\n  dependencies:\n    ws "^8"\n'),
    ("yarn.lock", yarn_lock, '__metadata:\n  version: 8\n\n"ccxt@npm:^4":\n  version: 4.5.90\n  resolution: "ccxt@npm:4.5.90"\n  checksum: 10/aa\n  languageName: node\n'),
    ("pnpm-lock.yaml", pnpm_lock, "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ccxt:\n        specifier: ^4\n        version: 4.5.90\npackages:\n  ccxt@4.5.90:\n    resolution: {integrity: sha512-AA}\nsnapshots:\n  ccxt@4.5.90:\n    dependencies:\n      ws: 8.18.0\n"),
    ("pnpm-lock.yaml", pnpm_lock, "lockfileVersion: 5.4\npackages:\n  /ccxt/4.5.90:\n    resolution: {integrity: sha512-AA}\n"),
]  # fmt: skip


def ids(listing: Listing) -> set[str]:
    return {finding.rule for finding in judge(listing)}


@pytest.mark.parametrize(("name", "read", "text"), SOUND + NPM_SOUND)
def test_a_sound_lock_names_its_package_and_has_no_fault(
    name: str, read: Callable[[Sheet], Listing], text: str
) -> None:
    listing = read(Sheet(name, text))
    (entry,) = listing.entries
    assert (entry.part.name, entry.part.version, entry.part.origin) == ("ccxt", "4.5.90", "")
    assert len(entry.part.hashes) == 1
    assert (ids(listing), listing.unanswered) == (set(), ())


@pytest.mark.parametrize(("name", "read", "text"), [case for case in SOUND if "dependencies" in case[2]])
def test_a_lock_says_what_a_package_needs(name: str, read: Callable[[Sheet], Listing], text: str) -> None:
    assert read(Sheet(name, text)).entries[0].part.needs == ("certifi",)


@pytest.mark.parametrize(
    ("read", "text", "rule"),
    [
        (uv_lock, SOUND[0][2].replace(WHEEL, "https://files.example/ccxt-4.5.90-py3-none-any.whl"), "deps/off-registry"),
        (uv_lock, SOUND[0][2].replace("/ccxt-4", "/ccxt_proxied-4"), "deps/other-package"),
        (uv_lock, SOUND[0][2].replace(f', hash = "{SHA}"', ""), "deps/no-integrity"),
        (uv_lock, SOUND[0][2].replace(f"https://{INDEX}/all", "https://packages.example/py"), "deps/other-index"),
        (uv_lock, '[[package]]\nname = "a"\nversion = "1"\nsource = { git = "https://git.example/a?rev=main#main" }\n', "deps/git-without-commit"),
        (uv_lock, f'[[package]]\nname = "a"\nversion = "1"\nsource = {{ git = "https://git.example/a?rev=main#{COMMIT}" }}\n', "deps/off-registry"),
        (pylock, f'[[packages]]\nname = "a"\nsdist = {{ url = "https://{FILES}/a-1.tar.gz", hashes = {{ sha256 = "{DIGEST}" }} }}\n', "deps/built-from-source"),
        (pylock, '[[packages]]\nname = "a"\narchive = { url = "https://files.example/a.zip", hashes = {} }\n', "deps/off-registry"),
        (poetry_lock, f'[[package]]\nname = "a"\nversion = "1"\nfiles = [{{ file = "a-1.tar.gz", hash = "{SHA}" }}]\n', "deps/built-from-source"),
        (poetry_lock, '[[package]]\nname = "a"\nversion = "1"\nfiles = []\n', "deps/no-integrity"),
        (poetry_lock, '[[package]]\nname = "a"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "https://git.example/a"\nresolved_reference = "main"\n', "deps/git-without-commit"),
        (pipfile_lock, '{"default": {"a": {"version": "==1"}}}', "deps/no-integrity"),
        (pipfile_lock, '{"_meta": {"sources": [{"url": "https://a.example"}, {"url": "https://b.example"}]}}', "deps/extra-index"),
        (pipfile_lock, '{"default": {}, "default": {"a": {"version": "==1"}}}', "deps/duplicate-key"),
        (pipfile, '[packages]\nccxt = "*"\n', "deps/unpinned"),
        (package_lock, NPM_SOUND[1][2].replace(TGZ, "https://github.com/a/b/releases/download/1/ccxt.tgz"), "deps/off-registry"),
        (package_lock, NPM_SOUND[1][2].replace(TGZ, f"http://{NPM}/ccxt/-/ccxt-4.5.90.tgz"), "deps/off-registry"),
        (package_lock, NPM_SOUND[1][2].replace(TGZ, "git+ssh://git@github.com/a/b.git#main"), "deps/git-without-commit"),
        (package_lock, NPM_SOUND[1][2].replace("/ccxt/-/", "/evil/-/"), "deps/other-package"),
        (package_lock, NPM_SOUND[0][2].replace("/ccxt/-/", "/@evil/ccxt/-/"), "deps/other-package"),
        (package_lock, NPM_SOUND[1][2].replace(', "integrity": "sha512-AA"', ""), "deps/no-integrity"),
        (package_lock, NPM_SOUND[1][2].replace('"integrity"', '"hasInstallScript": true, "integrity"'), "deps/install-hook"),
        (package_lock, NPM_SOUND[0][2].replace("4.5.90", "git+https://github.com/a/b.git#v1", 1), "deps/git-without-commit"),
        (yarn_lock, NPM_SOUND[2][2].replace(TGZ, "https://codeload.github.com/a/b/tar.gz/main"), "deps/off-registry"),
        (yarn_lock, NPM_SOUND[2][2].replace("  integrity sha512-AA\n", ""), "deps/no-integrity"),
        (yarn_lock, NPM_SOUND[3][2].replace('"ccxt@npm:4.5.90"', '"ccxt@https://github.com/a/b.git#commit=main"'), "deps/git-without-commit"),
        (pnpm_lock, NPM_SOUND[4][2].replace("integrity: sha512-AA", "tarball: https://files.example/a.tgz"), "deps/off-registry"),
        (pnpm_lock, NPM_SOUND[5][2].replace("{integrity: sha512-AA}", "{integrity: sha512-AA}\n    requiresBuild: true"), "deps/install-hook"),
        (package_json, '{"dependencies": {"ccxt": "somebody/ccxt"}}', "deps/git-without-commit"),
        (package_json, '{"dependencies": {"ccxt": "https://files.example/ccxt.tgz"}}', "deps/direct-url"),
        (package_json, '{"dependencies": {"ccxt": "^4"}}', "deps/unpinned"),
        (package_json, '{"scripts": {"prepare": "node x"}}', "deps/install-hook"),
        (npmrc, "registry=http://packages.example\n", "deps/insecure-index"),
        (npmrc, "strict-ssl = false\n", "deps/insecure-index"),
    ],
)  # fmt: skip
def test_a_fault_of_a_lock_is_seen(read: Callable[[Sheet], Listing], text: str, rule: str) -> None:
    assert rule in ids(read(Sheet("file", text)))


def test_a_scope_bound_to_a_registry_of_its_own_is_no_fault() -> None:
    assert (
        ids(npmrc(Sheet(".npmrc", "@ours:registry=https://packages.example\n//packages.example/:_authToken=${T}\n")))
        == set()
    )


def test_the_project_itself_in_its_own_lock_is_not_asked_for_a_hash() -> None:
    text = '[[package]]\nname = "bot"\nversion = "1"\nsource = { editable = "." }\n'
    assert ids(uv_lock(Sheet("uv.lock", text))) == set()


def test_a_scoped_name_from_its_own_file_is_the_same_name() -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/@solana/web3.js": {"version": "1", "resolved": f"https://{NPM}/@solana/web3.js/-/web3.js-1.0.0.tgz", "integrity": "sha512-AA"}}}  # fmt: skip
    assert ids(package_lock(Sheet("package-lock.json", json.dumps(lock)))) == set()


def test_an_alias_in_a_lock_is_known_by_its_real_name() -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/good": {"name": "real", "version": "1", "resolved": f"https://{NPM}/real/-/real-1.0.0.tgz", "integrity": "sha512-AA"}}}  # fmt: skip
    assert [entry.part.name for entry in package_lock(Sheet("package-lock.json", json.dumps(lock))).entries] == ["real"]


def test_a_lock_nested_too_deep_is_unanswered() -> None:
    inner: dict[str, object] = {"version": "1"}
    for _ in range(150):
        inner = {"version": "1", "dependencies": {"a": inner}}
    listing = package_lock(Sheet("package-lock.json", json.dumps({"dependencies": {"a": inner}})))
    assert [each.why for each in listing.unanswered] == ["its packages are nested too deep"]


@pytest.mark.parametrize("read", [package_lock, yarn_lock, pnpm_lock])
@pytest.mark.parametrize("text", ["{}", "hello: there\n", '{"a": 1}', "[]"])
def test_a_lock_that_nothing_was_understood_of_is_never_passed_over(
    read: Callable[[Sheet], Listing], text: str
) -> None:
    try:
        unanswered = list(read(Sheet("lock", text)).unanswered)
    except Unreadable as why:
        unanswered = [Unanswered(Place("lock"), str(why))]
    assert unanswered


READERS = [uv_lock, pylock, poetry_lock, pipfile_lock, pipfile, package_lock, package_json, yarn_lock, pnpm_lock, npmrc]
NASTY = [
    "[]", "{}", "null", "", "\0", '{"packages": []}', '{"packages": {"node_modules/a": 1, "node_modules/": {}}}',
    '{"dependencies": {"a": []}}', "package = 1", "[[package]]\nname = 1", '[[package]]\nname = "a"\nwheels = [1]\nsource = []',
    '[[package]]\nversion = "1"', "packages:\n  ? [a]\n  : b\n", "packages:\n  a@1: 7\n", "__metadata: 1\na: b\n", "a:\n  version\n",
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", NASTY)
def test_what_has_another_shape_breaks_no_reader(read: Callable[[Sheet], Listing], text: str) -> None:
    assert reason(lambda: list(judge(read(Sheet("file", text))))) != NO_REASON


SAMPLES = SOUND + NPM_SOUND


@given(st.sampled_from(SAMPLES), st.data())
def test_a_lock_of_which_a_piece_was_replaced_breaks_no_reader(
    sample: tuple[str, Callable[[Sheet], Listing], str], data: st.DataObject
) -> None:
    name, read, text = sample
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    piece = data.draw(
        st.sampled_from(["", "[]", "{}", "1", '"x"', "[1]", "null", "true", "{", "\n", '[["', "2026-01-01"])
    )
    assert reason(lambda: list(judge(read(Sheet(name, text[:start] + piece + text[end:]))))) != NO_REASON


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in READERS:
        assert reason(lambda: list(judge(read(Sheet("file", text))))) != NO_REASON  # noqa: B023 - called at once
