"""Freqtrade's configuration: what lets others in, the boundary of each, and what hides one from a reader."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audit.bot.trees import KEY, PASSWORD, SECRET, drawn, found, gaps, lay, of_rule, said, virtual

BASE: dict[str, Any] = {"stake_currency": "USDT", "dry_run": True, "exchange": {"name": "binance"}}
SERVER: dict[str, Any] = {
    "enabled": True,
    "listen_ip_address": "127.0.0.1",
    "listen_port": 8080,
    "username": "owner",
    "password": PASSWORD,
    "jwt_secret_key": SECRET,
}


def rules(root: Path, config: dict[str, Any], more: dict[str, str] | None = None) -> set[str]:
    """Audit one configuration; the rules that it breaks."""
    lay(root, {"user_data/config.json": json.dumps(config), **(more or {})})
    return {one.rule.removeprefix("bot/") for one in found(root)}


def with_server(**settings: Any) -> dict[str, Any]:
    """Write a configuration whose server has other settings; None takes one out."""
    server = {name: value for name, value in {**SERVER, **settings}.items() if value is not None}
    return {**BASE, "api_server": server}


LISTENS = [
    ("127.0.0.1", ""),
    ("127.8.9.1", ""),
    ("::1", ""),
    ("localhost", ""),
    ("::ffff:127.0.0.1", ""),
    ("0.0.0.0", "critical"),  # noqa: S104
    ("::", "critical"),
    ("203.0.113.7", "critical"),
    ("bot.example.net", "critical"),
    ("", "critical"),
    ("192.168.1.5", "high"),
    ("100.64.1.2", "high"),
    ("10.8.0.1", "high"),
]


@pytest.mark.parametrize(("address", "severity"), LISTENS)
def test_who_a_server_listens_to_decides(address: str, severity: str, tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json": json.dumps(with_server(listen_ip_address=address))})
    mine = [one.severity.value for one in found(tmp_path) if one.rule == "bot/api-exposed"]
    assert mine == ([severity] if severity else [])


SETTINGS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"password": drawn("p", 16)}, set()),
    ({"password": drawn("p", 15)}, {"api-password"}),
    ({"password": ""}, {"api-password"}),
    ({"password": "   "}, {"api-password"}),
    ({"password": None}, {"api-password"}),
    ({"password": "SuperSecurePassword"}, {"api-password"}),
    ({"password": "SUPERSECUREPASSWORD"}, {"api-password"}),
    ({"password": "SuperSecret1!"}, {"api-password"}),
    ({"password": "aaaaaaaaaaaaaaaaaaaaaaaa"}, {"api-password"}),
    ({"username": ""}, {"api-password"}),
    ({"username": "freqtrader"}, set()),
    ({"jwt_secret_key": drawn("j", 32)}, set()),
    ({"jwt_secret_key": drawn("j", 31)}, {"api-jwt-secret"}),
    ({"jwt_secret_key": None}, {"api-jwt-secret"}),
    ({"jwt_secret_key": "somethingRandomSomethingRandom123"}, {"api-jwt-secret"}),
    ({"ws_token": drawn("w", 16)}, set()),
    ({"ws_token": ""}, set()),  # then nobody gets in by one
    ({"ws_token": drawn("w", 15)}, {"api-ws-token"}),
    ({"ws_token": "sercet_Ws_t0ken"}, {"api-ws-token"}),
    ({"ws_token": [drawn("w"), "secret_ws_t0ken."]}, {"api-ws-token"}),
    ({"CORS_origins": []}, set()),
    ({"CORS_origins": ["https://ui.example.net"]}, set()),
    ({"CORS_origins": ["http://localhost:3000"]}, set()),
    ({"CORS_origins": ["http://ui.example.net"]}, {"api-cors"}),
    ({"CORS_origins": ["https://*.example.net"]}, {"api-cors"}),
    ({"CORS_origins": ["null"]}, {"api-cors"}),
    ({"CORS_origins": "*"}, {"api-cors"}),
    ({"enable_openapi": True}, {"api-docs"}),
    ({"verbosity": "info"}, {"api-docs"}),
    ({"enabled": False, "password": "", "listen_ip_address": "0.0.0.0"}, set()),  # noqa: S104
]


@pytest.mark.parametrize(("settings", "expected"), SETTINGS, ids=[str(list(one[0].items())) for one in SETTINGS])
def test_a_setting_of_the_server_is_judged(settings: dict[str, Any], expected: set[str], tmp_path: Path) -> None:
    assert rules(tmp_path, with_server(**settings)) == expected


def test_a_short_password_is_milder_where_nobody_else_reaches_it(tmp_path: Path) -> None:
    for number, (address, severity) in enumerate((("127.0.0.1", "high"), ("0.0.0.0", "critical"))):  # noqa: S104
        root = tmp_path / str(number)
        root.mkdir()
        config = with_server(password="short-one", listen_ip_address=address)  # noqa: S106
        lay(root, {"config.json": json.dumps(config)})
        assert [one.severity for one in found(root) if one.rule == "bot/api-password"] == [severity]


OTHERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"force_entry_enable": True}, {"force-entry"}),
    ({"force_entry_enable": False}, set()),
    ({"telegram": {"enabled": True, "token": SECRET, "chat_id": "-100123"}}, {"telegram-group"}),
    ({"telegram": {"enabled": True, "token": SECRET, "chat_id": -100123}}, {"telegram-group"}),
    ({"telegram": {"enabled": True, "token": SECRET, "chat_id": "-1", "authorized_users": ["7"]}}, set()),
    ({"telegram": {"enabled": True, "token": SECRET, "chat_id": "123"}}, set()),
    ({"telegram": {"enabled": False, "token": SECRET, "chat_id": "-1"}}, set()),
    ({"webhook": {"enabled": True, "url": "HTTP://hooks.example.net/x"}}, {"webhook-plain"}),
    ({"webhook": {"enabled": True, "url": "http://127.0.0.1:9/x"}}, set()),
    ({"discord": {"enabled": True, "webhook_url": "http://discord.com/x"}}, {"webhook-plain"}),
    ({"webhook": {"enabled": False, "url": "http://hooks.example.net/x"}}, set()),
    ({"db_url": "sqlite:///trades.sqlite"}, set()),
    ({"db_url": f"postgresql://bot:{PASSWORD}@127.0.0.1/db"}, set()),
    ({"db_url": "postgresql://bot:password@127.0.0.1/db"}, {"database-password"}),
    ({"db_url": "postgresql://bot:%70assword@127.0.0.1/db"}, {"database-password"}),
    ({"db_url": "postgresql://bot@127.0.0.1/db"}, {"database-password"}),
    ({"db_url": f"postgresql://bot:{PASSWORD}@db.example.net/db"}, {"database-password"}),
    ({"db_url": f"postgresql://bot:{PASSWORD}@db.example.net/db?sslmode=verify-full"}, set()),
    ({"db_url": f"postgresql://bot:{PASSWORD}@db.example.net/db?sslmode=prefer"}, {"database-password"}),
    ({"exchange": {"name": "binance", "log_responses": True}}, {"responses-logged"}),
    ({"exchange": {"name": "binance", "ccxt_config": {"verbose": True}}}, {"responses-logged"}),
    ({"log_config": {"loggers": {"ccxt": {"level": "debug"}}}}, {"responses-logged"}),
    ({"log_config": {"root": {"level": "DEBUG"}}}, {"responses-logged"}),
    ({"log_config": {"root": {"level": "INFO"}, "loggers": {"ccxt": {"level": "INFO"}}}}, set()),
]


@pytest.mark.parametrize(("settings", "expected"), OTHERS, ids=[str(one[0]) for one in OTHERS])
def test_what_the_bot_talks_to_is_judged(settings: dict[str, Any], expected: set[str], tmp_path: Path) -> None:
    assert rules(tmp_path, {**BASE, **settings}) == expected


PRODUCERS = [
    ({"host": "127.0.0.1", "ws_token": SECRET}, False),
    ({"host": "other", "ws_token": SECRET}, False),
    ({"host": "s.example.net", "secure": True, "ws_token": SECRET}, False),
    ({"host": "s.example.net", "ws_token": SECRET}, True),
    ({"host": "127.0.0.1", "ws_token": "secret_ws_t0ken."}, True),
    ({"host": "127.0.0.1"}, True),
]


@pytest.mark.parametrize(("producer", "wrong"), PRODUCERS)
def test_a_producer_of_signals_is_judged(producer: dict[str, Any], wrong: bool, tmp_path: Path) -> None:
    config = {**BASE, "external_message_consumer": {"enabled": True, "producers": [producer]}}
    assert ("consumer-plain" in rules(tmp_path, config)) == wrong


PAIRS: list[tuple[bool, dict[str, Any], set[str]]] = [
    (True, {}, set()),
    (False, {}, set()),
    (False, {"key": "", "secret": ""}, set()),
    (False, {"key": "your_exchange_key", "secret": "your_exchange_secret"}, set()),
    (False, {"key": virtual("key"), "secret": virtual("secret")}, set()),
    (False, {"api_key": KEY, "secret": SECRET}, {"key-in-config", "past-ringfence"}),
    (False, {"apiKey": KEY}, {"key-in-config", "past-ringfence"}),
    (True, {"key": KEY}, {"key-in-config"}),
    (False, {"key": virtual("key"), "secret": SECRET}, {"key-in-config", "past-ringfence"}),
    (False, {"key": KEY + virtual("key")}, {"key-in-config", "past-ringfence"}),
    (False, {"key": virtual("key"), "secret": "-----BEGIN PRIVATE KEY-----\nMC4"}, {"past-ringfence"}),
    (True, {"privateKey": "0x" + SECRET}, {"wallet-key"}),
    (True, {"private_key": "0x" + SECRET}, {"wallet-key"}),
    (True, {"ccxt_config": {"apiKey": KEY}}, {"key-in-ccxt-config"}),
    (True, {"ccxt_sync_config": {"options": {"SECRET": SECRET}}}, {"key-in-ccxt-config"}),
    (True, {"ccxt_async_config": {"privateKey": SECRET, "timeout": 30000}}, {"key-in-ccxt-config"}),
    (True, {"ccxt_config": {"apiKey": virtual("key"), "secret": ""}}, set()),
]


@pytest.mark.parametrize(("dry", "exchange", "expected"), PAIRS)
def test_a_key_is_told_from_what_is_none(
    dry: bool, exchange: dict[str, Any], expected: set[str], tmp_path: Path
) -> None:
    config = {**BASE, "dry_run": dry, "exchange": {"name": "binance", **exchange}}
    assert rules(tmp_path, config) == expected


def test_a_key_is_worse_where_the_bot_is_live(tmp_path: Path) -> None:
    for dry, severity in ((False, "critical"), (True, "high")):
        root = tmp_path / str(dry)
        root.mkdir()
        lay(root, {"config.json": json.dumps({**BASE, "dry_run": dry, "exchange": {"key": KEY, "pair_whitelist": []}})})
        assert {one.severity.value for one in found(root) if one.rule == "bot/key-in-config"} == {severity}


PROXY = "http://grid:pass@127.0.0.1:8899"
HERE, AWAY = "ws://127.0.0.1:8801", "wss://stream.binance.com"
WAYS: list[tuple[dict[str, Any], bool]] = [
    ({"ccxt_config": {"urls": {"api": {"public": "http://127.0.0.1:8801", "ws": {"a": HERE, "b": AWAY}}}}}, True),
    ({"ccxt_config": {"httpsProxy": PROXY, "wssProxy": PROXY}}, False),
    ({"ccxt_config": {"https_proxy": PROXY, "ws_proxy": PROXY}}, False),
    ({"ccxt_config": {"httpsProxy": PROXY}}, True),  # the streams go past
    ({"ccxt_config": {"httpsProxy": PROXY}, "enable_ws": False}, False),
    ({"ccxt_config": {"httpsProxy": "http://proxy.example.net:3128", "wssProxy": PROXY}}, True),
    ({"ccxt_sync_config": {"httpsProxy": PROXY}}, True),  # the other of its two clients goes past
    ({"ccxt_async_config": {"httpsProxy": PROXY, "wssProxy": PROXY}}, True),
    ({"ccxt_config": {"httpsProxy": PROXY, "wssProxy": PROXY}, "ccxt_async_config": {"httpsProxy": ""}}, True),
    (
        {
            "ccxt_config": {
                "urls": {"api": {"public": "http://127.0.0.1:8801/api", "ws": {"spot": "ws://127.0.0.1:8801"}}}
            }
        },
        False,
    ),
    (
        {"ccxt_config": {"urls": {"api": {"public": "http://127.0.0.1:8801", "private": "https://api.binance.com"}}}},
        True,
    ),
    (
        {"ccxt_config": {"urls": {"api": {"public": "http://127.0.0.1@evil.example/", "ws": {"a": "ws://127.0.0.1"}}}}},
        True,
    ),
    ({"ccxt_config": {"httpsProxy": "http://ringfence:8899", "wssProxy": "http://ringfence:8899"}}, False),
]


@pytest.mark.parametrize(("exchange", "past"), WAYS)
def test_the_way_of_orders_with_a_real_key_is_judged(exchange: dict[str, Any], past: bool, tmp_path: Path) -> None:
    config = {**BASE, "dry_run": False, "exchange": {"name": "binance", "key": KEY, "secret": SECRET, **exchange}}
    assert ("past-ringfence" in rules(tmp_path, config)) == past


ODD = [
    ({"enabled": "false", "password": ""}, "enabled"),
    ({"enabled": True, "listen_ip_address": ["0.0.0.0"]}, "listen_ip_address"),  # noqa: S104
    ({"listen_ip_address": None}, "where it listens"),
    ({"password": {"a": 1}}, "password"),
    ({"enable_openapi": "perhaps"}, "enable_openapi"),
]


@pytest.mark.parametrize(("settings", "why"), ODD)
def test_what_freqtrade_would_refuse_is_unknown_and_no_pass(settings: dict[str, Any], why: str, tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": json.dumps(with_server(**settings))})
    told = said(tmp_path)
    assert told
    assert any(why in getattr(one, "why", "") or why in getattr(one, "text", "") for one in told)


def test_a_server_that_is_no_table_is_unknown(tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": json.dumps({**BASE, "api_server": [1]})})
    assert gaps(tmp_path) or found(tmp_path)


HIDDEN = [
    ('{"stake_currency": "USDT", "dry_run": true, /* "a" */ "api_server": {%s "password": "test",}, } // end', 1),
    ('{"stake_currency": "USDT", "dry_run": true,\n "\\u0061pi_server": {%s "p\\u0061ssword": "test"}}', 2),
    (
        '{"dry_run": true,\n "api_server": {%s "password": "{password}",\n"password": "test"}}',
        3,
    ),
    ('{"stake_currency": "USDT", "dry_run": true, "api_server": {},\n\n "api_server": {%s "password": "test"}}', 3),
    (
        '\ufeff{"dry_run": true, "$schema": "https://x//y", "api_server": {%s "password": "test"}}',
        1,
    ),
]
ON = '"enabled": true, "listen_ip_address": "127.0.0.1", "username": "u", "jwt_secret_key": "{secret}",'


@pytest.mark.parametrize(("text", "line"), HIDDEN)
def test_comments_escapes_and_names_that_stand_twice_hide_nothing(text: str, line: int, tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json": text % ON})
    assert of_rule(tmp_path, "api-password") == [("user_data/config.json", line)]


def test_of_a_name_that_stands_twice_the_last_counts_and_that_is_said(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"config.json": '{"dry_run": true, "force_entry_enable": true,\n"force_entry_enable": false}'},
    )
    assert of_rule(tmp_path, "force-entry") == []
    assert of_rule(tmp_path, "name-twice") == [("config.json", 2)]


def test_a_file_that_is_added_is_read_and_lies_under_the_one_that_adds_it(tmp_path: Path) -> None:
    lay(tmp_path, {
        "user_data/config.json": json.dumps({**BASE, "api_server": SERVER, "add_config_files": ["a.json", "x/b.json"]}),
        "user_data/a.json": '{"api_server": {"password": "test", "ws_token": "short"}, "force_entry_enable": true}',
        "user_data/x/b.json": '{"force_entry_enable": false}',
    })  # fmt: skip
    assert of_rule(tmp_path, "api-password") == []  # the main file wins
    assert of_rule(tmp_path, "api-ws-token") == [("user_data/a.json", 1)]
    assert of_rule(tmp_path, "force-entry") == []  # the later of two wins


ADDED = ["../../outside.json", "/etc/passwd", "missing.json", "config.json", "x\u0000y.json"]


@pytest.mark.parametrize("name", ADDED)
def test_a_file_that_cannot_be_added_is_said(name: str, tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": json.dumps({**BASE, "add_config_files": [name]})})
    assert gaps(tmp_path)


def test_files_that_add_one_another_hide_nothing_and_end(tmp_path: Path) -> None:
    lay(tmp_path, {
        "a.json": json.dumps({**BASE, "add_config_files": ["b.json", "b.json"], "force_entry_enable": True}),
        "b.json": '{"dry_run": true, "add_config_files": ["a.json", "a.json"]}',
        "other/config.json": json.dumps(BASE),
    })  # fmt: skip
    assert of_rule(tmp_path, "force-entry") == [("a.json", 1)]
    assert gaps(tmp_path)


def test_a_file_that_another_adds_is_judged_alone_where_a_command_starts_with_it(tmp_path: Path) -> None:
    lay(tmp_path, {
        "main.json": json.dumps({**BASE, "add_config_files": ["config.json"], "force_entry_enable": False}),
        "config.json": json.dumps({**BASE, "force_entry_enable": True}),
        "docker-compose.yml": COMPOSE.format(ports="", more=""),
    })  # fmt: skip
    assert of_rule(tmp_path, "force-entry") == [("config.json", 1)]


@pytest.mark.parametrize("added", ["config.json", {"a": 1}, 5, True])
def test_files_that_are_added_in_an_odd_form_are_unknown(added: Any, tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": json.dumps({**BASE, "add_config_files": added, "force_entry_enable": True})})
    assert [one.place for one in gaps(tmp_path)]


def test_a_variable_of_too_many_parts_is_unknown(tmp_path: Path) -> None:
    more = f"environment: {{FREQTRADE__{'A__' * 90}B: x, FREQTRADE__{'A__' * 90}C: y}}"
    lay(tmp_path, {"config.json": json.dumps(BASE), "docker-compose.yml": COMPOSE.format(ports="", more=more)})
    assert gaps(tmp_path)


COMPOSE = """
services:
  bot:
    image: freqtradeorg/freqtrade:2026.9
    {more}
    ports: [{ports}]
    command: trade --config /freqtrade/user_data/config.json
"""
IN_CONTAINERS = [
    ('"127.0.0.1:8080:8080"', "", set()),
    ("", "", set()),
    ('"8080:8080"', "", {"port-public"}),
    ("", "network_mode: host", {"api-exposed"}),
]


@pytest.mark.parametrize(("ports", "more", "expected"), IN_CONTAINERS)
def test_in_a_container_the_published_port_decides(ports: str, more: str, expected: set[str], tmp_path: Path) -> None:
    compose = COMPOSE.format(ports=ports, more=more)
    broken = rules(tmp_path, with_server(listen_ip_address="0.0.0.0"), {"docker-compose.yml": compose})  # noqa: S104
    assert broken & {"api-exposed", "port-public"} == expected


def test_a_configuration_that_no_container_uses_is_not_excused_by_one(tmp_path: Path) -> None:
    config = json.dumps(with_server(listen_ip_address="0.0.0.0"))  # noqa: S104
    lay(tmp_path, {
        "docker-compose.yml": COMPOSE.format(ports="", more=""),
        "user_data/config.json": config,
        "user_data/config-live.json": config,
    })  # fmt: skip
    assert of_rule(tmp_path, "api-exposed") == [("user_data/config-live.json", 1)]


VARIABLES = [
    ("FREQTRADE__API_SERVER__PASSWORD: test", "api-password"),
    ("FREQTRADE__FORCE_ENTRY_ENABLE: 't'", "force-entry"),
    ("FREQTRADE__TELEGRAM__CHAT_ID: '-100'", "telegram-group"),
    ("FREQTRADE__EXCHANGE__CCXT_CONFIG__apiKey: " + KEY, "key-in-ccxt-config"),
    ("FREQTRADE__EXCHANGE__KEY: " + KEY, "key-in-config"),
]


@pytest.mark.parametrize(("variable", "rule"), VARIABLES)
def test_a_variable_lies_over_the_file(variable: str, rule: str, tmp_path: Path) -> None:
    config = {**with_server(), "telegram": {"enabled": True, "token": SECRET, "chat_id": "5"}}
    more = f"environment: {{{variable}}}"
    lay(tmp_path, {
        "user_data/config.json": json.dumps(config), "docker-compose.yml": COMPOSE.format(ports="", more=more),
    })  # fmt: skip
    assert of_rule(tmp_path, rule) == [("docker-compose.yml", 5)]


def test_a_sample_is_no_configuration(tmp_path: Path) -> None:
    lay(tmp_path, {
        "config_examples/config_full.example.json": json.dumps(with_server(password="SuperSecurePassword")),  # noqa: S106
        "user_data/config.json": json.dumps(BASE),
    })  # fmt: skip
    assert found(tmp_path) == []


def test_a_configuration_under_another_name_is_known_by_what_it_says(tmp_path: Path) -> None:
    lay(tmp_path, {"live/binance.json": json.dumps(with_server(password="test"))})  # noqa: S106
    assert of_rule(tmp_path, "api-password") == [("live/binance.json", 1)]


def test_one_file_can_be_audited_alone(tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": json.dumps(with_server(password="test")), "docker-compose.yml": "services: {}"})  # noqa: S106
    assert {one.rule for one in found(tmp_path / "config.json")} == {"bot/api-password"}


def test_a_configuration_that_a_command_names_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    lay(tmp_path, {
        "docker-compose.yml": COMPOSE.format(ports="", more="").replace("config.json", "grid.json"),
        "user_data/grid.json": '{"force_\\u0065ntry_enable": true}',
    })  # fmt: skip
    assert of_rule(tmp_path, "force-entry") == [("user_data/grid.json", 1)]


def test_a_configuration_that_a_command_names_and_is_not_there_is_said(tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": COMPOSE.format(ports="", more=""), "user_data/other.json": "{}"})
    assert ["config.json" in one.why for one in gaps(tmp_path)] == [True]


def test_a_list_takes_the_place_of_the_one_that_is_added(tmp_path: Path) -> None:
    lay(tmp_path, {
        "config.json": json.dumps({**with_server(CORS_origins=[]), "add_config_files": ["more.json"]}),
        "more.json": '{"api_server": {"CORS_origins": ["*"]}}',
    })  # fmt: skip
    assert said(tmp_path) == []
