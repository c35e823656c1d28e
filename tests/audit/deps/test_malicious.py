import pytest

from ringfence.audit.deps.malicious import Malicious, Suspicion, settles, suspicion
from tests.audit.deps.snapshots import NPM, PYPI

LISTED, NOT_LISTED, OPEN = Suspicion.LISTED, Suspicion.NOT_LISTED, Suspicion.OPEN
NAMES = {"bybit-dev": ""}
RELEASES = {"litellm": ("1.82.7", "1.82.8"), "taken-over": ()}
HELD = Malicious("a list", PYPI, NAMES, RELEASES)


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("bybit-dev", "1.0", LISTED),
        ("bybit-dev", "", LISTED),
        ("bybit-dev", "no version", LISTED),
        ("bybit-devs", "1.0", NOT_LISTED),
        ("bybit", "1.0", NOT_LISTED),
        ("litellm", "1.82.6", NOT_LISTED),
        ("litellm", "1.82.7", LISTED),
        ("litellm", "1.82.8", LISTED),
        ("litellm", "1.82.8.0", LISTED),
        ("litellm", "1.82.8+local", LISTED),
        ("litellm", "1.82.9", NOT_LISTED),
        ("litellm", "", OPEN),
        ("litellm", "newest", OPEN),
        ("taken-over", "1.0", OPEN),
        ("taken-over", "", OPEN),
    ],
)
def test_a_name_is_held_against_a_list(name: str, version: str, said: Suspicion) -> None:
    assert suspicion(HELD, name, version) is said


def test_of_a_list_that_may_lack_releases_the_others_stay_open() -> None:
    partial = Malicious("a sample", PYPI, NAMES, RELEASES, partial=True)
    assert suspicion(partial, "litellm", "1.82.8") is LISTED
    assert suspicion(partial, "litellm", "1.82.9") is OPEN
    assert suspicion(partial, "requests", "2.0") is NOT_LISTED
    assert not settles(partial, "litellm")
    assert settles(HELD, "litellm")
    assert not settles(HELD, "taken-over")


def test_npm_releases_are_compared_by_semantic_versions() -> None:
    held = Malicious("a list", NPM, {}, {"xrpl": ("4.2.1",)})
    said = {"4.2.1": LISTED, "4.2.1+build": LISTED, "4.2.10": NOT_LISTED, "4.2": OPEN}
    assert {version: suspicion(held, "xrpl", version) for version in said} == said
