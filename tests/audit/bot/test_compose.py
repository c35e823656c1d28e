"""Compose files: what a container may do, who reaches it, and how files, anchors and variables hide it."""

from pathlib import Path

import pytest

from tests.audit.bot.trees import DIGEST, KEY, PASSWORD, SECRET, found, gaps, lay, of_rule, said

HARD = """
    user: "1000"
    read_only: true
    cap_drop: ["all"]
    security_opt: ["no-new-privileges=true"]
    deploy: {resources: {limits: {memory: 512M, pids: 100}}}
    logging: {options: {max-size: 10m}}
"""


def service(more: str, name: str = "freqtrade") -> str:
    """Write a compose file with one service that is otherwise well made."""
    return f"services:\n  {name}:\n    image: freqtradeorg/freqtrade:2026.9@{DIGEST}\n    {more}\n{HARD}"


def rules(root: Path, more: str) -> set[str]:
    """Audit one service; the rules that it breaks."""
    lay(root, {"docker-compose.yml": service(more)})
    assert gaps(root) == []
    return {one.rule.removeprefix("bot/") for one in found(root)}


PORTS = [
    ('"127.0.0.1:8080:8080"', ""),
    ('"[::1]:8080:8080"', ""),
    ('"127.0.0.1:8000-8010:8000-8010"', ""),
    ('"127.0.0.1::8080"', ""),
    ('"51820:51820/udp"', ""),
    ('{target: 8080, published: "8080", host_ip: 127.0.0.1}', ""),
    ('"8080:8080"', "critical"),
    ("8080:8080", "critical"),
    ("8080", "critical"),
    ('"8080"', "critical"),
    ('"8080/tcp"', "critical"),
    ('"0.0.0.0:8080:8080"', "critical"),
    ('"[::]:8080:8080"', "critical"),
    ('":8080:8080"', "critical"),
    ('"203.0.113.9:8080:8080"', "critical"),
    ('"192.168.1.9:8080:8080"', "high"),
    ('"100.101.102.103:8080:8080"', "high"),
    ("{target: 8080}", "critical"),
    ("{target: 8080, published: 8080, mode: host}", "critical"),
    ('"9000-9010:9000-9010"', "critical"),
    ("22:22", "critical"),
]


@pytest.mark.parametrize(("port", "severity"), PORTS)
def test_a_port_is_published_to_somebody_or_to_nobody(port: str, severity: str, tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yaml": service(f"ports: [{port}]")})
    mine = [one for one in found(tmp_path) if one.rule == "bot/port-public"]
    assert [one.severity.value for one in mine] == ([severity] if severity else [])
    assert all("127.0.0.1:" in one.text for one in mine)
    assert gaps(tmp_path) == []


@pytest.mark.parametrize("port", ['"eighty:80"', '"1:2:3:4"', "{published: 80}", "[80]", '"127.0.0.1:80:80:80/tcp"'])
def test_a_port_in_an_odd_form_is_unknown(port: str, tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yaml": service(f"ports: [{port}]")})
    assert gaps(tmp_path)


MOUNTS = [
    ("./user_data:/freqtrade/user_data", set()),
    ("user_data:/freqtrade/user_data", set()),
    ("/etc/localtime:/etc/localtime:ro", set()),
    ("/srv/bot/data:/data", set()),
    ("/etc/localtime:/etc/localtime", {"mount-host"}),
    ("/var/run/docker.sock:/var/run/docker.sock:ro", {"mount-host"}),
    ("/run/docker.sock:/tmp/x.sock", {"mount-host"}),
    ("/run/user/1000/podman/podman.sock:/s", {"mount-host"}),
    ("/srv/x/docker.sock:/s", {"mount-host"}),
    ("/srv/x:/var/run/docker.sock", {"mount-host"}),
    ("/:/host:ro", {"mount-host"}),
    ("/etc:/etc:ro", {"mount-host"}),
    ("//etc/../etc:/x", {"mount-host"}),
    ("/srv/../root:/x", {"mount-host"}),
    ("/proc:/host/proc", {"mount-host"}),
    ("/home:/h", {"mount-host"}),
    ("/home/owner:/h", {"mount-host"}),
    ("~/.ssh:/ssh:ro", {"mount-host"}),
    ("~:/h", {"mount-host"}),
    ("${HOME}/.ssh:/ssh", {"mount-host"}),
    ("$HOME/.ssh:/ssh", {"mount-host"}),
    ("./:/app", {"mount-project"}),
    ("${PWD}:/app", {"mount-project"}),
    ("..:/home", {"mount-project"}),
    ("./:/app:ro", set()),
    ("../../../../../../../../../../..:/x", {"mount-host"}),
]


@pytest.mark.parametrize(("mount", "expected"), MOUNTS)
def test_a_mount_is_of_the_bot_or_of_the_host(mount: str, expected: set[str], tmp_path: Path) -> None:
    assert rules(tmp_path, f'volumes: ["{mount}"]') == expected


def test_a_mount_in_its_long_form_is_read_as_well(tmp_path: Path) -> None:
    assert rules(tmp_path, "volumes: [{type: bind, source: /etc, target: /x, read_only: true}]") == {"mount-host"}
    assert rules(tmp_path, "volumes: [{type: volume, source: etc, target: /x}]") == set()


def test_a_link_does_not_hide_where_a_mount_leads(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/etc")
    lay(tmp_path, {"docker-compose.yml": service('volumes: ["./data:/data"]')})
    assert of_rule(tmp_path, "mount-host") == [("docker-compose.yml", 4)]


POWERS = [
    "privileged: true",
    'privileged: "true"',
    "privileged: yes",
    "cap_add: [ALL]",
    "cap_add: [cap_sys_admin]",
    "cap_add: [NET_ADMIN]",
    "pid: host",
    "ipc: HOST",
    "userns_mode: host",
    "devices: [/dev/sda:/dev/sda]",
]


@pytest.mark.parametrize("power", POWERS)
def test_a_container_with_powers_of_the_host_is_found(power: str, tmp_path: Path) -> None:
    assert rules(tmp_path, power) == {"container-powers"}


@pytest.mark.parametrize("option", ["seccomp:unconfined", "apparmor=unconfined", "label:disable"])
def test_a_container_without_its_filters_is_found(option: str, tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yml": service("").replace("no-new-privileges=true", f'no-new-privileges:true", "{option}')})
    assert [one.rule for one in found(tmp_path)] == ["bot/container-powers"]


@pytest.mark.parametrize(
    "power", ["privileged: false", "cap_add: [NET_BIND_SERVICE]", "pid: service:x", "ipc: private"]
)
def test_what_every_container_may_do_is_no_power(power: str, tmp_path: Path) -> None:
    assert rules(tmp_path, power) == set()


def test_a_power_that_is_neither_yes_nor_no_is_unknown(tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yml": service("privileged: maybe")})
    assert [one.place.line for one in gaps(tmp_path)] == [4]


MISSING = [
    ('user: "1000"', "user", 'user: "0"'),
    ('user: "1000"', "user", "user: root:root"),
    ('user: "1000"', "user", ""),
    ("read_only: true", "read_only", "read_only: false"),
    ('cap_drop: ["all"]', "cap_drop", "cap_drop: [NET_RAW]"),
    ('security_opt: ["no-new-privileges=true"]', "no-new-privileges", ""),
    ("memory: 512M, ", "mem_limit", ""),
    ("memory: 512M, ", "mem_limit", "memory: 0, "),
    (", pids: 100", "pids_limit", ""),
]


@pytest.mark.parametrize(("held", "word", "instead"), MISSING)
def test_what_holds_a_container_is_missed(held: str, word: str, instead: str, tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yml": service("").replace(held, instead)})
    mine = [one for one in found(tmp_path) if one.rule == "bot/container-unconfined"]
    assert [word in one.text for one in mine] == [True]


IMAGES = [
    (f"freqtradeorg/freqtrade:2026.9@{DIGEST}", set()),
    (f"docker.io/freqtradeorg/freqtrade@{DIGEST}", set()),
    ("freqtradeorg/freqtrade:2026.9", {("image-floating", "low")}),
    ("freqtradeorg/freqtrade:stable", {("image-floating", "medium")}),
    ("freqtradeorg/freqtrade:develop_plot", {("image-floating", "medium")}),
    ("freqtradeorg/freqtrade", {("image-floating", "medium")}),
    ("freqtradeorg/freqtrade@sha256:12", {("image-floating", "medium")}),
    (f"freqtradeorg-x/freqtrade@{DIGEST}", {("image-stranger", "high")}),
    (f"evil.example/freqtradeorg/freqtrade@{DIGEST}", {("image-stranger", "high")}),
    (f"containrrr/watchtower@{DIGEST}", {("image-replaced", "medium")}),
]


@pytest.mark.parametrize(("image", "expected"), IMAGES)
def test_an_image_is_known_by_publisher_and_digest(image: str, expected: set[tuple[str, str]], tmp_path: Path) -> None:
    text = service("").replace(f"freqtradeorg/freqtrade:2026.9@{DIGEST}", image)
    lay(tmp_path, {"compose.yml": text})
    assert {(one.rule[4:], one.severity.value) for one in found(tmp_path)} == expected


HIDDEN = {
    "an anchor": ("x: &x {privileged: true}\nservices:\n  a:\n    <<: *x\n    image: a\n", 1),
    "a merge of several": (
        "x: &x {privileged: true}\ny: &y {tty: true}\nservices:\n  a: {<<: [*y, *x], image: a}\n",
        1,
    ),
    "a quoted name": ('services:\n  a:\n    image: a\n    "privile\\x67ed": true\n', 4),
    "a name that stands twice": ("services:\n  a:\n    image: a\n    privileged: false\n    privileged: true\n", 5),
    "a block": ("services:\n  a:\n    image: a\n    privileged: >-\n      true\n", 4),
    "a variable": ("services:\n  a:\n    image: a\n    privileged: ${POWER:-true}\n", 4),
    "a variable in a variable": ("services:\n  a:\n    image: a\n    privileged: ${POWER:-${OTHER-true}}\n", 4),
    "a service that is extended": ("services:\n  b: {image: a, privileged: true}\n  a: {extends: b}\n", 2),
    "a list in braces": ("services: {a: {image: a,\n privileged: true}}\n", 2),
}


@pytest.mark.parametrize(("text", "line"), HIDDEN.values(), ids=HIDDEN)
def test_nothing_hides_a_power(text: str, line: int, tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": text})
    assert ("docker-compose.yml", line) in of_rule(tmp_path, "container-powers")


ONE = "services: {a: {image: a}}"
POWERFUL = "services: {a: {privileged: true}}"
WHOLE = "services: {s: {image: a, privileged: true}}"
MAIN = "docker-compose.yml"
BESIDE = {
    "an override": {MAIN: ONE, "docker-compose.override.yml": POWERFUL},
    "a file that is extended": {MAIN: "services: {a: {extends: {file: b/x.txt, service: s}}}", "b/x.txt": WHOLE},
    "a file that is included": {MAIN: f"include: [b/x.txt]\n{ONE}", "b/x.txt": WHOLE},
    "a file that is included by a table": {MAIN: f"include: [{{path: [b/x.txt]}}]\n{ONE}", "b/x.txt": WHOLE},
    "COMPOSE_FILE": {MAIN: ONE, ".env": "COMPOSE_FILE=docker-compose.yml:other.txt", "other.txt": POWERFUL},
    "a fragment of another name": {"docker-compose.prod.yml": POWERFUL},
    "another name": {"stack.yml": "services:\n  a: {image: a, privileged: true}"},
    "a variable of .env": {MAIN: POWERFUL.replace("true", "$POWER"), ".env": "POWER=false\nexport POWER = true"},
}


@pytest.mark.parametrize("files", BESIDE.values(), ids=BESIDE)
def test_what_lies_in_another_file_is_found_there(files: dict[str, str], tmp_path: Path) -> None:
    lay(tmp_path, files)
    assert of_rule(tmp_path, "container-powers")


def test_an_override_takes_out_what_it_resets_and_replaces_what_it_overrides(tmp_path: Path) -> None:
    lay(tmp_path, {
        "compose.yaml": service('ports: ["8080:8080"]') + "    privileged: true\n",
        "compose.override.yaml": "services:\n  freqtrade:\n    privileged: !reset null\n"
        "    ports: !override ['127.0.0.1:8080:8080']\n",
    })  # fmt: skip
    assert said(tmp_path) == []


def test_a_port_of_an_override_comes_beside_the_others(tmp_path: Path) -> None:
    lay(tmp_path, {
        "compose.yaml": service('ports: ["127.0.0.1:8080:8080"]'),
        "compose.override.yaml": "services: {freqtrade: {ports: ['9000:9000']}}",
    })  # fmt: skip
    assert of_rule(tmp_path, "port-public") == [("compose.override.yaml", 1)]


BINDS = [
    ("${BIND:-127.0.0.1}", "", False),
    ("${BIND-127.0.0.1}", "", False),
    ("${BIND:-127.0.0.1}", "BIND=", False),
    ("${BIND-127.0.0.1}", "BIND=", True),
    ("${BIND:-127.0.0.1}", "BIND=0.0.0.0", True),
    ("${BIND:-0.0.0.0}", "BIND='127.0.0.1'", False),
    ("${BIND:-0.0.0.0}", "", True),
    ("${BIND}", "", True),
    ("$BIND", "", True),
    ("${BIND:?set it}", "", True),
    ("${BIND:+0.0.0.0}", "BIND=127.0.0.1", True),
    ("${BIND}", "BIND=127.0.0.1 # only here", False),
    ("${BIND}", "BIND=127.0.0.1\nBIND=0.0.0.0", True),
    ("${BIND}", "A=127.0.0.1\nBIND=${A}", False),
    ("${BIND}", "A=127.0.0.1\nBIND='${A}'", True),
    ("${BIND}", 'A=127.0.0.1\nBIND="$A"', False),
    ("${BIND}", "BIND: 127.0.0.1", False),
    ("${bind}", "BIND=127.0.0.1", True),
]


@pytest.mark.parametrize(("bind", "env", "public"), BINDS)
def test_variables_are_filled_in_as_compose_does(bind: str, env: str, public: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": service(f'ports: ["{bind}:8080:8080"]'), ".env": env})
    broken = [one for one in said(tmp_path) if getattr(one, "rule", "bot/port-public") == "bot/port-public"]
    assert bool(broken) == public  # an address that is none is odd, and no pass


ODD = {
    "no YAML": "services: [",
    "a list": "- services",
    "two documents": "services: {}\n---\nservices: {a: {privileged: true}}",
    "a loop of anchors": "services: &a\n  b: *a\n",
    "a name that is a list": "services: {? [a] : b}",
    "a variable that never closes": "services: {a: {image: '${A'}}",
    "a service that is a text": "services: {a: b}",
    "a service that extends itself": "services: {a: {image: a, extends: a}}",
    "a service that is not there": "services: {a: {extends: b}}",
    "a file outside": "services: {a: {extends: {file: ../../x.yml, service: s}}}",
    "an include of itself": "include: [docker-compose.yml]\nservices: {}",
    "a file of variables that is not there": "services: {a: {image: a, env_file: missing.env}}",
    "a merge with a text": "services: {a: {<<: b, image: a}}",
    "a tab": "services:\n\ta: b",
    "a zero byte": "services: {}\0",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_cannot_be_read_is_unknown_and_no_pass(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": text})
    assert gaps(tmp_path)


def test_a_file_of_variables_that_need_not_be_there_is_no_gap(tmp_path: Path) -> None:
    assert rules(tmp_path, "env_file: [{path: none.env, required: false}]") == set()


VARIABLES = [
    ("environment: {CONFIG_PASSWORD: {password}}", {"secret-in-compose"}),
    ("environment: ['CONFIG_PASSWORD={password}']", {"secret-in-compose"}),
    ("environment: {CONFIG_PASSWORD: '${P:?}'}", set()),
    ("environment: ['P']", set()),
    ("environment: {CONFIG_PASSWORD_FILE: /run/secrets/p}", set()),
    ("environment: {BINANCE_API_KEY: {key}}", {"secret-in-compose", "key-in-environment"}),
    ("environment: {BINANCE_API_KEY: {virtual_key}, BINANCE_API_SECRET: {virtual_secret}}", set()),
    ("environment: {BINANCE_API_KEY: '${K}'}", {"key-in-environment"}),
    ("environment: {LICENSE_API_KEY: '${K}'}", set()),
    ("environment: {CONFIG_PASSWORD: a}", {"secret-in-compose", "hummingbot-password"}),
    ("environment: {CONFIG_PASSWORD: '${Q:-admin}'}", {"hummingbot-password"}),
    ("environment: {CONFIG_PASSWORD: ''}", {"hummingbot-password"}),
    ("environment: {GATEWAY_PASSPHRASE: '${ELEVEN}'}", {"hummingbot-password"}),
    ("environment: {GATEWAY_PASSPHRASE: '${TWELVE}'}", set()),
    ("env_file: .env.live", {"hummingbot-password", "secret-file-open"}),
    ("environment: {EMQX_ALLOW_ANONYMOUS: 'true'}", {"mqtt-open"}),
    (
        "environment: {DATABASE_URL: 'postgresql://hbot:hummingbot-api@postgres:5432/x'}",
        {"database-password", "secret-in-compose"},
    ),
    ("environment: {DATABASE_URL: 'postgresql://hbot:${P:?}@postgres:5432/x'}", set()),
    ("environment: {PROXY: 'http://127.0.0.1:8899'}", set()),
    ("command: trade --db-url postgresql://bot:password@db/x", {"database-password"}),
]


@pytest.mark.parametrize(("more", "expected"), VARIABLES)
def test_variables_with_secrets_and_passwords_are_judged(more: str, expected: set[str], tmp_path: Path) -> None:
    lay(tmp_path, {
        "docker-compose.yml": service(more, "bot"),
        ".env": f"P={PASSWORD}\nK={KEY}\nELEVEN={SECRET[:11]}\nTWELVE={SECRET[:12]}\n",
        ".env.live 640": "HBOT_PASSWORD=hummingbot\n" if "env_file" in more else "",
    })  # fmt: skip
    (tmp_path / ".env.live").chmod(0o644)
    broken = {one.rule.removeprefix("bot/") for one in found(tmp_path)}
    assert broken == expected


def test_a_password_that_no_file_sets_is_unknown(tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": service("environment: {CONFIG_PASSWORD: '${NOWHERE}'}")})
    assert ["CONFIG_PASSWORD" in one.why for one in gaps(tmp_path)] == [True]
    assert found(tmp_path) == []


def test_a_password_on_the_command_line_is_found(tmp_path: Path) -> None:
    text = service("command: bin/hummingbot_quickstart.py -p a -f grid.py").replace(
        "freqtradeorg/freqtrade", "hummingbot/hummingbot"
    )
    lay(tmp_path, {"docker-compose.yml": text})
    assert {one.rule for one in found(tmp_path)} == {"bot/secret-in-compose", "bot/hummingbot-password"}


def test_the_fixes_are_about_the_port_that_was_written(tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": service('ports: ["9001:8080"]')})
    assert [one.text for one in found(tmp_path)] == [
        "service 'freqtrade' publishes port 8080 to everybody, past the firewall: write \"127.0.0.1:9001:8080\""
    ]


PROXIES = [
    ("nginx:1", ["80:80", "443:443"], []),
    ("nginx:1", ["80:80"], ["80"]),
    ("nginx:1", ["80:80", "443:443", "5432:5432"], ["5432"]),
    ("somebody/bot:1", ["80:80", "443:443"], ["443", "80"]),
]


@pytest.mark.parametrize(("image", "ports", "told"), PROXIES)
def test_a_proxy_with_tls_is_meant_to_be_reached(image: str, ports: list[str], told: list[str], tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yml": f"services:\n  web:\n    image: {image}\n    ports: {ports}\n"})
    mine = sorted(one.subject for one in found(tmp_path) if one.rule == "bot/port-public")
    assert mine == [f"web {port}" for port in told]


def test_extending_deeper_than_anybody_does_is_unknown(tmp_path: Path) -> None:
    for depth, known in ((8, True), (9, False)):
        root = tmp_path / str(depth)
        root.mkdir()
        chain = "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(depth))
        lay(root, {"compose.yml": f"services:\n{chain}  s{depth}: {{image: a, privileged: true}}\n"})
        assert (gaps(root) == []) == known
