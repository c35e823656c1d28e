"""Hummingbot, OctoBot, jesse, passivbot, Jupyter, nginx, units: passes, fails, and is unknown where it cannot look."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audit.bot.trees import KEY, PASSWORD, SECRET, found, gaps, lay, of_rule, said, virtual

CLIENT = """
mqtt_bridge:
  mqtt_host: {host}
  mqtt_username: {user}
  mqtt_password: {password}
  mqtt_commands: {commands}
  mqtt_ssl: {ssl}
  mqtt_autostart: {start}
"""
USUAL = {"host": "localhost", "user": "bot", "password": PASSWORD, "commands": "true", "ssl": "false", "start": "true"}
BRIDGES: list[tuple[dict[str, str], set[str]]] = [
    ({}, set()),
    ({"password": "''"}, {"mqtt-open"}),
    ({"password": ""}, {"mqtt-open"}),
    ({"user": "''", "password": '""'}, {"mqtt-open"}),
    ({"password": "''", "commands": "false"}, set()),
    ({"password": "''", "start": "false"}, set()),
    ({"password": "''", "start": "yes"}, {"mqtt-open"}),
    ({"host": "broker.example.net"}, {"mqtt-plain"}),
    ({"host": "192.168.1.3"}, {"mqtt-plain"}),
    ({"host": "broker.example.net", "ssl": "true"}, set()),
    ({"host": "emqx"}, set()),
]


@pytest.mark.parametrize(("settings", "expected"), BRIDGES)
def test_the_bridge_of_hummingbot_is_judged(settings: dict[str, str], expected: set[str], tmp_path: Path) -> None:
    lay(tmp_path, {"conf/conf_client.yml": CLIENT.format_map({**USUAL, **settings})})
    assert {one.rule.removeprefix("bot/") for one in found(tmp_path)} == expected
    assert gaps(tmp_path) == []


@pytest.mark.parametrize("setting", ["start", "commands"])
def test_a_switch_of_the_bridge_that_is_neither_on_nor_off_is_unknown(setting: str, tmp_path: Path) -> None:
    lay(tmp_path, {"conf/conf_client.yml": CLIENT.format_map({**USUAL, "password": "''", setting: "perhaps"})})
    assert gaps(tmp_path)


@pytest.mark.parametrize("more", ["environment: {HEADLESS_MODE: 'true'}", "command: bin/hummingbot.py --headless"])
def test_without_a_head_the_bridge_is_on(more: str, tmp_path: Path) -> None:
    lay(tmp_path, {
        "conf/conf_client.yml": CLIENT.format_map({**USUAL, "password": "''", "start": "false"}),
        "compose.yml": f"services:\n  hummingbot:\n    image: hummingbot/hummingbot:1\n    {more}\n",
    })  # fmt: skip
    assert of_rule(tmp_path, "mqtt-open") == [("conf/conf_client.yml", 5)]


GATEWAYS = [
    ("localhost", "false", False),
    ("127.0.0.1", "false", False),
    ("gateway", "false", True),
    ("gateway", "true", False),
    ("10.0.0.2", "false", True),
]


@pytest.mark.parametrize(("host", "ssl", "wrong"), GATEWAYS)
def test_the_gateway_of_hummingbot_is_judged(host: str, ssl: str, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"conf_client.yml": f"gateway:\n  gateway_api_host: {host}\n  gateway_use_ssl: {ssl}\n"})
    assert bool(of_rule(tmp_path, "gateway-plain")) == wrong


def test_the_gateways_own_switch_for_trying_out_is_found(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"compose.yml": "services:\n  gateway:\n    image: hummingbot/gateway:2\n    environment:\n      - DEV=true\n"},
    )
    assert of_rule(tmp_path, "gateway-plain") == [("compose.yml", 5)]


BROKERS = [
    ("allow_anonymous true", True),
    ("  allow_anonymous\ttrue ", True),
    ("allow_anonymous false", False),
    ("#allow_anonymous true", False),
]


@pytest.mark.parametrize(("line", "wrong"), BROKERS)
def test_a_broker_that_lets_everybody_in_is_found(line: str, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"mosquitto/config/mosquitto.conf": f"listener 1883\n{line}\n"})
    assert of_rule(tmp_path, "mqtt-open") == ([("mosquitto/config/mosquitto.conf", 2)] if wrong else [])


def test_where_hummingbots_orders_go_is_not_known_from_its_directory(tmp_path: Path) -> None:
    lay(tmp_path, {"conf/conf_client.yml": "a: b", "conf/connectors/binance.yml": "connector: binance"})
    assert [("leaktest" in one.why, one.place.path) for one in gaps(tmp_path)] == [(True, "conf/connectors")]


HOSTS = [
    ("['api.binance.com:127.0.0.91']", True),
    ("['api.binance.com=127.0.0.91']", True),
    ("{api.binance.com: 127.0.0.91}", True),
    ("['api.binance.com:127.0.0.91', 'stream.binance.com:1.2.3.4']", False),
    ("[]", False),
]


@pytest.mark.parametrize(("hosts", "pointed"), HOSTS)
def test_a_container_says_by_names_where_its_orders_go(hosts: str, pointed: bool, tmp_path: Path) -> None:
    lay(tmp_path, {
        "conf/connectors/binance.yml": "connector: binance",
        "compose.yml": f"services:\n  a:\n    image: hummingbot/hummingbot:1\n    extra_hosts: {hosts}\n",
    })  # fmt: skip
    assert (gaps(tmp_path) == []) == pointed


PANELS = [
    ("PASSWORD=test", "panel-password"),
    ("PASSWORD=", "panel-password"),
    ("PASSWORD=admin # mine", "panel-password"),
    ("export PASSWORD='hunter22'", "panel-password"),
    ('PASSWORD="{password}"\nPASSWORD=test', "panel-password"),
    ("PASSWORD={password}", ""),
    ("CONFIG_PASSWORD=a", "hummingbot-password"),
    ("GATEWAY_PASSPHRASE=admin", "hummingbot-password"),
    ("BROKER_PASSWORD=password", "broker-password"),
    ("POSTGRES_PASSWORD=password", "database-password"),
    ("REDIS_PASSWORD=", "database-password"),
    ("BINANCE_SECRET_KEY={secret}", "key-in-environment"),
    ("BINANCE_SECRET_KEY={virtual_secret}", ""),
    ("BINANCE_SECRET_KEY=your_secret_key", ""),
    ("# PASSWORD=test", ""),
]


@pytest.mark.parametrize(("text", "rule"), PANELS)
def test_a_file_of_variables_is_judged(text: str, rule: str, tmp_path: Path) -> None:
    lay(tmp_path, {".env": f"APP_PORT=9000\n{text}\n"})
    broken = {one.rule.removeprefix("bot/") for one in found(tmp_path)} - {"name-twice"}
    assert broken == ({rule} if rule else set())


@pytest.mark.parametrize("text", ["what is this", "PASSWORD='open", 'PASSWORD="a"b', "A=${B", "[section]"])
def test_a_line_that_is_no_variable_is_unknown(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {".env": f"A=1\n{text}\n"})
    assert [one.place.line for one in gaps(tmp_path)] == [2]


def test_a_sample_of_variables_is_none(tmp_path: Path) -> None:
    lay(tmp_path, {".env.example": "PASSWORD=test", ".env": "PASSWORD={password}"})
    assert said(tmp_path) == []


PAGES: list[tuple[Any, bool]] = [
    ({"require-password": True, "password": SECRET}, False),
    ({"require-password": False, "password": SECRET}, True),
    ({"password": SECRET}, True),
    ({"require-password": True, "password": ""}, True),
    ({"require-password": True}, True),
    (None, True),
]


@pytest.mark.parametrize(("web", "wrong"), PAGES)
def test_the_page_of_octobot_asks_for_a_password_or_not(web: Any, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"user/config.json": json.dumps({"services": {"web": web}})})
    assert bool(of_rule(tmp_path, "octobot-open")) == wrong
    assert gaps(tmp_path) == []


@pytest.mark.parametrize("text", ['{"services": {"web": {"require-password": "true"}}}', '{"services": []}', "{", "[]"])
def test_a_page_of_octobot_that_cannot_be_read_is_unknown(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {"user/config.json": text})
    assert gaps(tmp_path)


USERS: list[tuple[dict[str, str], set[str]]] = [
    ({"exchange": "binance", "key": "key", "secret": "secret"}, set()),
    ({"exchange": "binance", "key": virtual("key"), "secret": virtual("secret")}, set()),
    ({"exchange": "binance", "key": KEY, "secret": SECRET}, {"key-in-config"}),
    ({"exchange": "kraken", "apiKey": KEY}, {"key-in-config"}),
    ({"exchange": "hyperliquid", "wallet_address": "0x" + "a1" * 20, "private_key": "private_key"}, set()),
    ({"exchange": "lighter", "private_key": "YOUR_80_HEX_CHARACTER_L2_API_PRIVATE_KEY"}, set()),
    ({"exchange": "hyperliquid", "private_key": "0x" + "a1" * 32}, {"wallet-key"}),
]


@pytest.mark.parametrize(("user", "expected"), USERS)
def test_the_keys_of_passivbot_are_judged(user: dict[str, str], expected: set[str], tmp_path: Path) -> None:
    lay(tmp_path, {"api-keys.json": json.dumps({"referrals": {"bybit": "https://x"}, "one": user})})
    assert {one.rule.removeprefix("bot/") for one in found(tmp_path)} == expected


NOTEBOOKS = [
    ("jupyter lab --ip 127.0.0.1", False),
    ("jupyter lab", False),
    ("# jupyter lab --ip 0.0.0.0", False),
    ("jupyter lab --ip 0.0.0.0", True),
    ("jupyter notebook --ip='*'", True),
    ("jupyter-lab --ServerApp.ip=0.0.0.0", True),
    ("jupyter lab --NotebookApp.token=''", True),
    ('jupyter lab --IdentityProvider.token=""', True),
    ("jupyter lab --ServerApp.token= --no-browser", True),
    ("jupyter lab --ServerApp.token='' --ServerApp.password='argon2:x'", False),
    ("jupyter lab --ServerApp.token=abc", False),
]


@pytest.mark.parametrize(("line", "wrong"), NOTEBOOKS)
def test_a_notebook_that_a_script_starts_is_judged(line: str, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"notebook.sh": f"#!/bin/sh\n{line}\n"})
    assert of_rule(tmp_path, "jupyter-open") == ([("notebook.sh", 2)] if wrong else [])


IN_CONTAINERS = [
    ("jupyter lab --ip 0.0.0.0 --allow-root", "127.0.0.1:8888:8888", set()),
    ("jupyter lab --ip 0.0.0.0 --allow-root", "8888:8888", {"port-public"}),
    ("[jupyter, lab, --ServerApp.token=]", "127.0.0.1:8888:8888", {"jupyter-open"}),
    ("sh -c 'jupyter lab --ServerApp.token=\"\"'", "127.0.0.1:8888:8888", {"jupyter-open"}),
]


@pytest.mark.parametrize(("command", "port", "expected"), IN_CONTAINERS)
def test_a_notebook_in_a_container_is_judged(command: str, port: str, expected: set[str], tmp_path: Path) -> None:
    text = f"services:\n  notebook:\n    image: a\n    command: {command}\n    ports: ['{port}']\n"
    lay(tmp_path, {"docker-compose-jupyter.yml": text})
    broken = {one.rule.removeprefix("bot/") for one in found(tmp_path)}
    assert broken & {"jupyter-open", "port-public"} == expected


SETTINGS = [
    ("c.ServerApp.ip = '127.0.0.1'", False),
    ("c.ServerApp.ip = '0.0.0.0'", True),
    ("c.ServerApp.ip = '127.0.0.1'\nif True:\n    c.ServerApp.ip = '*'", True),
    ("c.ServerApp.token = ''", True),
    ("c.NotebookApp.token = \\\n ''", True),
    ("c.ServerApp.token = ''\nc.PasswordIdentityProvider.hashed_password = 'argon2:x'", False),
    ("# c.ServerApp.token = ''", False),
]


@pytest.mark.parametrize(("text", "wrong"), SETTINGS)
def test_the_settings_of_a_notebook_are_judged(text: str, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {".jupyter/jupyter_server_config.py": text})
    assert bool(of_rule(tmp_path, "jupyter-open")) == wrong
    assert gaps(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["c.ServerApp.ip = where()", "c.ServerApp.ip = 'a' + 'b'", "c.ServerApp.token = (", "x" * 10 + "("]
)
def test_settings_that_only_running_would_tell_are_unknown(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {"jupyter_notebook_config.py": text})
    assert gaps(tmp_path)


def test_the_settings_of_a_notebook_in_json_are_judged(tmp_path: Path) -> None:
    lay(tmp_path, {"jupyter_server_config.json": '{"ServerApp": {\n"ip": "0.0.0.0", "token": "abc"}}'})
    assert of_rule(tmp_path, "jupyter-open") == [("jupyter_server_config.json", 2)]


TLS = "listen 443 ssl; "
PASSED_ON = "location / { proxy_pass http://127.0.0.1:8080; %s }"
SITES = [
    (TLS + PASSED_ON % "limit_req zone=a;", set()),
    (TLS + PASSED_ON % "auth_basic bot;", set()),
    (TLS + PASSED_ON % "allow 1.2.3.4; deny all;", set()),
    (TLS + "ssl_verify_client on; " + PASSED_ON % "", set()),
    (TLS + "auth_request /login; " + PASSED_ON % "", set()),
    ("listen 127.0.0.1:80; " + PASSED_ON % "", set()),
    ("listen [::1]:80; " + PASSED_ON % "", set()),
    ("listen unix:/run/x; " + PASSED_ON % "", set()),
    ("listen 80; return 301 https://$host$request_uri; # no proxy_pass\n", set()),
    ("listen 80; " + PASSED_ON % "auth_basic bot;", {"nginx-plain"}),
    ("listen 80; listen 443 ssl; " + PASSED_ON % "", {"nginx-unlimited"}),
    (PASSED_ON % "auth_basic bot;", {"nginx-plain"}),
    (TLS + PASSED_ON % "", {"nginx-unlimited"}),
    (TLS + "auth_basic bot; " + PASSED_ON % "auth_basic off;", {"nginx-unlimited"}),
    (TLS + "ssl_verify_client optional; " + PASSED_ON % "", {"nginx-unlimited"}),
    (TLS + PASSED_ON % "allow all; deny all;", {"nginx-unlimited"}),
    (TLS + PASSED_ON % "# auth_basic bot;\n", {"nginx-unlimited"}),
    (TLS + PASSED_ON % "limit_req zone=a; add_header 'Access-Control-Allow-Origin' \"*\" always;", {"nginx-cors"}),
    (TLS + "add_header Access-Control-Allow-Origin $http_origin; " + PASSED_ON % "limit_req zone=a;", {"nginx-cors"}),
    (TLS + PASSED_ON % "limit_req zone=a; add_header Access-Control-Allow-Origin https://ui.example.net;", set()),
]


@pytest.mark.parametrize(("inner", "expected"), SITES)
def test_a_site_before_a_bot_is_judged(inner: str, expected: set[str], tmp_path: Path) -> None:
    for name, text in (
        ("nginx.conf", f"http {{ server {{ {inner} }} }}"),
        ("sites-enabled/bot", f"server {{ {inner} }}"),
    ):
        root = tmp_path / name.replace("/", "-")
        root.mkdir()
        lay(root, {name: text})
        assert {one.rule.removeprefix("bot/") for one in found(root)} == expected
        assert gaps(root) == []


@pytest.mark.parametrize(
    "text",
    [
        "server { proxy_pass x;",
        "server { proxy_pass x; } }",
        "server { include x; " + PASSED_ON % "" + "}",
        "a { " * 40 + "proxy_pass x;" + "}" * 40,
    ],
)
def test_a_site_that_cannot_be_read_is_unknown(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {"nginx.conf": text})
    assert gaps(tmp_path)


UNITS = [
    ("[Service]\nUser=bot\nExecStart=/opt/freqtrade trade\n", 0),
    ("[Service]\nDynamicUser=yes\nExecStart=/opt/freqtrade trade\n", 0),
    ("[Service]\nExecStart=/usr/bin/nothing\n", 0),
    ("[Service]\nExecStart=/opt/freqtrade trade\n", 2),
    ("[Service]\nUser=root\nExecStart=/opt/freqtrade trade\n", 2),
    ("[Service]\nUser=bot\nExecStart=/opt/freqtrade trade\nUser=root\n", 4),
    ("[Service]\n# User=bot\nExecStart=python -m jesse run\n", 3),
    ("[Unit]\nUser=bot\n[Service]\nExecStart=/x \\\n  freqtrade\n", 4),
    ("[Service]\nExecStart=freqtrade trade\n[Install]\nWantedBy=default.target\n", 2),
]


@pytest.mark.parametrize(("text", "line"), UNITS)
def test_a_unit_says_who_the_bot_runs_as(text: str, line: int, tmp_path: Path) -> None:
    lay(tmp_path, {"bot.service": text})
    assert of_rule(tmp_path, "runs-as-root") == ([("bot.service", line)] if line else [])


def test_a_script_that_starts_the_bot_in_a_terminal_is_found(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"start.sh": "# nohup freqtrade\nnohup freqtrade trade &\ntmux new 'jesse run'\nscreen -ls\nfreqtrade\n"},
    )
    assert of_rule(tmp_path, "runs-by-hand") == [("start.sh", 2), ("start.sh", 3)]


def test_a_unit_of_a_user_is_told_from_one_of_root(tmp_path: Path) -> None:
    for name, text, whom in (
        (
            "a",
            "[Service]\nExecStart=freqtrade trade\n[Install]\nWantedBy=default.target\n",
            "the user that you log in as",
        ),
        ("b", "[Service]\nExecStart=freqtrade trade\n[Install]\nWantedBy=multi-user.target\n", "root"),
    ):
        root = tmp_path / name
        root.mkdir()
        lay(root, {"bot.service": text})
        assert [f"runs as {whom}:" in one.text for one in found(root)] == [True]
