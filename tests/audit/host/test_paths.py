"""Patterns and ways on the server that is looked at."""

import pytest

from ringfence.audit.host import paths
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import file, folder, host, link

TREE = host(
    {"/etc/a.conf": "", "/etc/b.conf": "", "/etc/.c.conf": "", "/etc/x/d.conf": "", "/etc/y/e.conf": ""},
    stats={
        "/": folder(),
        "/etc": folder(),
        "/lib": link("usr/lib"),
        "/usr/lib/z": file(),
        "/abs": link("/etc/x"),
        "/up": link("usr/../etc"),
        "/round": link("/about"),
        "/about": link("round"),
    },
    hidden=frozenset({"/etc/x"}),
)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/etc/*.conf", ["/etc/a.conf", "/etc/b.conf"]),
        ("/etc/.*.conf", ["/etc/.c.conf"]),
        ("/etc/[ab].conf", ["/etc/a.conf", "/etc/b.conf"]),
        ("/etc/?.conf", ["/etc/a.conf", "/etc/b.conf"]),
        ("/etc/y*/*.conf", ["/etc/y/e.conf"]),
        ("/etc/a.conf", ["/etc/a.conf"]),
        ("/etc/none.conf", []),
        ("/none/*", []),
    ],
)
def test_a_pattern_means_what_a_shell_takes_it_for(pattern: str, found: list[str]) -> None:
    assert list(paths.expand(TREE, pattern)) == found


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/etc/a.conf", ["/", "/etc", "/etc/a.conf"]),
        ("/lib/z", ["/", "/lib", "/usr", "/usr/lib", "/usr/lib/z"]),
        ("/up/a.conf", ["/", "/up", "/usr", "/etc", "/etc/a.conf"]),
        ("/etc/none", None),
    ],
)
def test_a_way_passes_through_everything_that_links_lead_to(path: str, way: list[str] | None) -> None:
    found = paths.walked(TREE, path)
    assert (None if found is None else [station.path for station in found]) == way


def test_a_way_in_circles_is_unseen() -> None:
    with pytest.raises(Unseen, match="lead in a circle"):
        paths.last(TREE, "/round")


def test_a_way_through_what_cannot_be_looked_at_is_unseen() -> None:
    with pytest.raises(Unseen, match="denied"):
        paths.last(TREE, "/abs/d.conf")
    with pytest.raises(Unseen, match="denied"):
        paths.expand(TREE, "/etc/x/*.conf")
