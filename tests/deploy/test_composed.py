"""A compose file that could open a bot's confinement is refused, in every form in which it can be said."""

from pathlib import PurePosixPath

import pytest

from ringfence.deploy.composed import REFUSED, insist_on_mounts, read
from ringfence.errors import Misconfigured
from tests.deploy.composes import FREQTRADE, HUMMINGBOT

HERE = "/srv/bots/grid"
BARE = "services:\n  bot:\n    image: x\n"


def test_freqtrades_own_file_is_read() -> None:
    found = read(FREQTRADE, "freqtrade", HERE)
    assert found.image == "freqtradeorg/freqtrade:stable"
    assert [(mount.source, mount.target, mount.read_only) for mount in found.mounts] == [
        (f"{HERE}/user_data", "/freqtrade/user_data", False)
    ]
    assert found.published == ("127.0.0.1:8080:8080",)
    assert "/freqtrade/user_data/live.json" in found.words


def test_hummingbots_own_file_is_read() -> None:
    found = read(HUMMINGBOT, "hummingbot", HERE)
    assert len(found.mounts) == 5
    assert found.has == {"hummingbot", "gateway"}


@pytest.mark.parametrize("text", [FREQTRADE, HUMMINGBOT])
def test_a_service_that_is_not_there_is_named_with_those_that_are(text: str) -> None:
    with pytest.raises(Misconfigured, match="there is no service bot") as refused:
        read(text, "bot", HERE)
    assert "there is " in str(refused.value.hint)


@pytest.mark.parametrize(
    "row",
    [
        "privileged: true",
        "privileged: yes",
        'privileged: "false"',  # text is read by Compose in its own way
        "pid: host",
        "ipc: host",
        "uts: host",
        "userns_mode: host",
        "cgroup: host",
        "cgroup_parent: /",
        "runtime: nvidia",
        "devices: [/dev/sda]",
        "device_cgroup_rules: ['a *:* rwm']",
        "group_add: [docker]",
        "volumes_from: [other]",
        "use_api_socket: true",
        "use_api_socket: false",
        "extends: {service: other, file: other.yml}",
        "post_start: [{command: x, privileged: true}]",
        "credential_spec: {file: x}",
        "develop: {watch: []}",
        "provider: {type: x}",
        "gpus: all",
        "oom_kill_disable: true",
        "Privileged: true",
        "what_is_new_tomorrow: 1",
    ],
)
def test_what_joins_a_bot_to_the_server_is_refused_and_so_is_what_nobody_knows(row: str) -> None:
    with pytest.raises(Misconfigured, match=row.partition(":")[0]):
        read(f"{BARE}    {row}\n", "bot", HERE)


@pytest.mark.parametrize("key", REFUSED)
@pytest.mark.parametrize("value", ["false", "null", "[]", ""])
def test_what_is_said_to_be_off_is_no_reason(key: str, value: str) -> None:
    assert read(f"{BARE}    {key}: {value}\n", "bot", HERE).image == "x"


def test_an_anchor_does_not_hide_anything() -> None:
    text = "x-all: &all\n  pid: host\nservices:\n  bot:\n    <<: *all\n    image: x\n"
    with pytest.raises(Misconfigured, match="has pid"):
        read(text, "bot", HERE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "services: []",
        "services:\n  bot: x",
        f"{BARE}    image: y\n",  # Compose refuses it too; whichever counts, it is not the one that was looked at
        f"{BARE}services: {{}}\n",
        f"include: [other.yml]\n{BARE}",
        f"{BARE}    ports: !override []\n",
        f"{BARE}---\n{BARE}",
        f"{BARE}    ? [a]\n    : 1\n",
        f"{BARE}    volumes: ./a:/b\n",
        f"{BARE}    command: {{a: b}}\n",
        "services: &a\n  bot: *a\n",
        "a: [\n",
        "\0",
        "x: " + "a" * 2**20,
        "[" * 3000,
    ],
)
def test_a_file_that_cannot_be_read_in_one_way_alone_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        read(text, "bot", HERE)


@pytest.mark.parametrize(
    ("settings", "let"),
    [
        ("", True),
        ("{}", True),
        ("{name: x, external: true, labels: {a: b}}", True),
        ("{driver_opts: {type: none, o: bind, device: /}}", False),
        ("{driver: local}", False),
    ],
)
def test_a_volume_of_the_engines_that_may_be_a_folder_in_truth_is_refused(settings: str, let: bool) -> None:
    text = f"{BARE}    volumes: ['data:/b']\nvolumes:\n  data: {settings}\n"
    if let:
        assert read(text, "bot", HERE).mounts == ()
        return
    with pytest.raises(Misconfigured, match="driver"):
        read(text, "bot", HERE)


@pytest.mark.parametrize("kind", ["secrets", "configs"])
@pytest.mark.parametrize("entry", ["key", "{source: key, target: /x}"])
def test_a_file_that_comes_in_by_another_name_is_a_mount_all_the_same(kind: str, entry: str) -> None:
    text = f"{BARE}    {kind}: [{entry}]\n{kind}:\n  key: {{file: /etc/shadow}}\n"
    found = read(text, "bot", HERE)
    assert [mount.source for mount in found.mounts] == ["/etc/shadow"]
    with pytest.raises(Misconfigured, match="/etc/shadow"):
        insist_on_mounts(found, str, ())


@pytest.mark.parametrize(
    ("build", "let"),
    [
        (".", True),
        ("{context: ., dockerfile: Dockerfile}", True),
        ("{dockerfile: Dockerfile}", True),
        ("./data", False),
        ("{context: ./data/image}", False),
        ("{context: [a]}", False),
        ("${CONTEXT}", False),
    ],
)
def test_what_an_image_is_built_from_is_never_the_bots_to_write(build: str, let: bool) -> None:
    text = f"{BARE}    build: {build}\n    volumes: ['./data:/data']\n"
    if let:
        assert len(read(text, "bot", HERE).mounts) == 1
        return
    with pytest.raises(Misconfigured):
        read(text, "bot", HERE)


def test_a_folder_that_the_bot_could_replace_by_a_link_is_refused() -> None:
    with pytest.raises(Misconfigured, match="it could put a link there"):
        read(f"{BARE}    volumes: ['./data:/data', './data/x:/x']\n", "bot", HERE)


def test_a_mount_that_opens_the_server_is_refused_also_where_a_link_leads_there() -> None:
    found = read(FREQTRADE, "freqtrade", HERE)
    insist_on_mounts(found, str, (f"{HERE}/docker-compose.yml",))
    with pytest.raises(Misconfigured, match="is the system's"):
        insist_on_mounts(found, lambda path: str(PurePosixPath("/etc", path[1:])), ())
