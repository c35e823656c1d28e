"""What a bot's container may see of the server: its own folders, and nothing that leads further."""

import pytest

from ringfence.deploy import names
from ringfence.deploy.mounts import Mount, Volume, fixed, movable, parsed, why_not
from ringfence.errors import Misconfigured

HERE = "/srv/bots/grid"
FILES = (f"{HERE}/docker-compose.yml", f"{HERE}/docker-compose.ringfence.yml", f"{HERE}/.env")


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("./user_data:/freqtrade/user_data", Mount(f"{HERE}/user_data", "/freqtrade/user_data", read_only=False)),
        ("./a:/b:ro", Mount(f"{HERE}/a", "/b", read_only=True)),
        ("./a:/b:ro,z", Mount(f"{HERE}/a", "/b", read_only=True)),
        ("./a:/b:ro,rw", Mount(f"{HERE}/a", "/b", read_only=False)),
        ("./a/../../x:/b/", Mount("/srv/bots/x", "/b", read_only=False)),
        ("../../../../../etc:/b", Mount("/etc", "/b", read_only=False)),
        ("//etc:/b", Mount("/etc", "/b", read_only=False)),
        ("data:/b", Volume("data", "/b")),
        ("/b", Volume("", "/b")),
        ({"type": "bind", "source": "a", "target": "/b"}, Mount(f"{HERE}/a", "/b", read_only=False)),
        (
            {"type": "bind", "source": "/a", "target": "/b", "read_only": True, "bind": {"create_host_path": True}},
            Mount("/a", "/b", read_only=True),
        ),
        ({"type": "bind", "source": "/a", "target": "/b", "read_only": "true"}, Mount("/a", "/b", read_only=False)),
        ({"type": "volume", "source": "data", "target": "/b"}, Volume("data", "/b")),
        ({"type": "tmpfs", "target": "/cache"}, Volume("", "/cache")),
    ],
)
def test_each_form_of_a_volume_is_read_as_compose_reads_it(entry: object, found: Mount | Volume) -> None:
    assert parsed(entry, HERE) == found


@pytest.mark.parametrize(
    "entry",
    [
        "${DATA}:/b",
        "$HOME/x:/b",
        "~/x:/b",
        "./a:/b:shared",
        "./a:/b:ro:x",
        "./a:b",
        "./a:/b:RO",
        7,
        None,
        ["./a:/b"],
        {"type": "npipe", "source": "/a", "target": "/b"},
        {"type": "image", "source": "x", "target": "/b"},
        {"source": "/a", "target": "/b"},
        {"type": "bind", "source": "/a", "target": "/b", "bind": {"propagation": "rshared"}},
        {"type": "bind", "source": "/a", "target": "/b", "bind": "x"},
        {"type": "bind", "source": "/a", "target": "/b", "colour": "x"},
        {"type": "bind", "source": "${A:-/}", "target": "/b"},
        {"type": "bind", "source": None, "target": "/b"},
        {"type": "bind", "source": "/a\n", "target": "/b"},
    ],
)
def test_a_volume_that_cannot_be_told_is_refused(entry: object) -> None:
    with pytest.raises(Misconfigured):
        parsed(entry, HERE)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/etc", "/etc/ssh", "/var", "/var/run", "/var/run/docker.sock", "/run", "/run/docker.sock",
        "/run/ringfence", "/proc", "/sys/fs", "/dev", "/dev/mem", "/boot", "/usr/local/bin", "/var/lib",
        "/var/lib/docker", "/opt", "/opt/ringfence", "/var/lib/ringfence", "/var/lib/ringfence/vault", "/var/log",
        names.SUPERUSER_HOME, f"{names.SUPERUSER_HOME}/.docker", "/home", "/home/me", "/home/me/.ssh",
        "/srv/x/.git/hooks", "/srv/engine.sock", "/run/user/1000/podman/podman.sock",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read_only", [True, False])
def test_what_is_the_systems_or_somebodys_is_refused_also_to_be_read(path: str, read_only: bool) -> None:
    assert why_not(Mount(path, "/x", read_only), path, FILES)


@pytest.mark.parametrize(
    "path",
    [
        f"{HERE}/user_data",
        "/home/me/ft/user_data",
        f"{names.SUPERUSER_HOME}/ft/user_data",
        "/opt/grid/data",
        "/mnt/disk/x",
    ],
)
def test_a_folder_of_the_bots_own_is_let_in(path: str) -> None:
    assert why_not(Mount(path, "/x", read_only=False), path, FILES) == ""


@pytest.mark.parametrize(
    ("path", "read_only", "refused"),
    [
        ("/etc/localtime", True, False),
        ("/etc/timezone", True, False),
        ("/etc/localtime", False, True),
        ("/etc/localtime2", True, True),
        (HERE, False, True),  # the bot could write a compose file that gives it the server
        (HERE, True, False),
        ("/srv/bots", False, True),
        (FILES[0], False, True),
        (FILES[1], False, True),
        (FILES[2], False, True),
        (FILES[0], True, False),
        (f"{HERE}/docker", False, False),
    ],
)
def test_what_says_how_the_bot_is_started_is_never_the_bots_to_write(path: str, read_only: bool, refused: bool) -> None:
    assert bool(why_not(Mount(path, "/x", read_only), path, FILES)) is refused


def test_a_link_counts_for_where_it_leads() -> None:
    assert why_not(Mount(f"{HERE}/user_data", "/x", read_only=True), "/etc", FILES)
    assert why_not(Mount("/srv/elsewhere", "/x", read_only=False), HERE, FILES)


@pytest.mark.parametrize(
    ("outer", "inner", "moves"),
    [
        (("./data", "/data", False), ("./data/more", "/elsewhere", False), True),
        (("./data", "/data", False), ("./data/more", "/elsewhere", True), True),
        (("./data", "/data", True), ("./data/more", "/elsewhere", False), False),
        (("./data", "/data", False), ("./data/more", "/data/more", False), False),
        (("./data", "/data", False), ("./data2", "/data2", False), False),
    ],
)
def test_a_folder_that_the_bot_could_replace_by_a_link_is_found(
    outer: tuple[str, str, bool], inner: tuple[str, str, bool], moves: bool
) -> None:
    mounts = tuple(Mount(f"{HERE}/{source[2:]}", target, ro) for source, target, ro in (outer, inner))
    assert movable(mounts) == (mounts[1] if moves else None)
    assert movable(mounts[::-1]) == (mounts[1] if moves else None)


DATA = Mount("/a/user_data", "/ft/user_data", read_only=False)


@pytest.mark.parametrize(
    ("mounts", "path", "found"),
    [
        ((DATA,), "/ft/user_data/x", Mount("/a/user_data/x", "/ft/user_data/x", read_only=True)),
        ((DATA,), "/ft/user_data", Mount("/a/user_data", "/ft/user_data", read_only=True)),
        ((DATA,), "/ft/user_data2", None),
        ((DATA,), "/ft", None),
        ((Mount("/a", "/ft", read_only=True),), "/ft/x", None),
        (
            (DATA, Mount("/b", "/ft/user_data/strategies", read_only=False)),
            "/ft/user_data/strategies",
            Mount("/b", "/ft/user_data/strategies", read_only=True),
        ),
        ((DATA, Mount("/b", "/ft/user_data/strategies", read_only=True)), "/ft/user_data/strategies", None),
    ],
)  # fmt: skip
def test_what_need_not_be_written_is_mounted_again_to_be_read(
    mounts: tuple[Mount, ...], path: str, found: Mount | None
) -> None:
    assert fixed(mounts, path) == found
