"""Configurations of logging, and factories in settings."""

import json

import pytest

from ringfence.audit.finding import Severity
from tests.audit.code.data import found, severities


def logging_with(**handler: object) -> str:
    """Write a configuration with one handler."""
    return json.dumps({"version": 1, "handlers": {"ops": handler}, "root": {"handlers": ["ops"]}}, indent=1)


@pytest.mark.parametrize(
    "handler",
    [
        {"class": "logging.handlers.HTTPHandler", "host": "collector.invalid", "url": "/l"},
        {"class": "logging.handlers.HTTPHandler", "host": "collector.invalid:8080", "url": "/l"},
        {"class": "logging.handlers.HTTPHandler", "host": "203.0.113.9", "url": "/l"},
        {"()": "logging.handlers.HTTPHandler", "host": "collector.invalid", "url": "/l"},
        {"class": "logging.handlers.SocketHandler", "host": "collector.invalid", "port": 9},
        {"class": "logging.handlers.DatagramHandler", "host": "collector.invalid", "port": 9},
        {"class": "logging.handlers.SysLogHandler", "address": ["collector.invalid", 514]},
        {"class": "logging.handlers.HTTPHandler", "host": "cfg://hosts.log"},
    ],
)
def test_a_handler_that_sends_records_to_a_stranger_is_high(handler: dict[str, object]) -> None:
    text = json.dumps({"version": 1, "handlers": {"ops": handler}, "hosts": {"log": "collector.invalid"}})
    assert severities("logging.json", text) == {"records-sent": Severity.HIGH}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a.yaml",
            "handlers:\n  o:\n    class: logging.handlers.HTTPHandler\n    host: collector.invalid\n",
        ),
        ("a.yaml", "x: &h collector.invalid\nhandlers:\n  o: {class: logging.handlers.HTTPHandler, host: *h}\n"),
        (
            "a.yaml",
            "x: &c {class: logging.handlers.SocketHandler}\nhandlers:\n  o:\n    <<: *c\n    host: collector.invalid\n",
        ),
        ("a.toml", '[handlers.o]\nclass = "logging.handlers.HTTPHandler"\nhost = "collector.invalid"\n'),
        ("a.ini", "[handler_o]\nclass=handlers.HTTPHandler\nargs=('collector.invalid', '/l', 'POST')\n"),
        ("a.ini", "[handler_o]\nclass=handlers.SysLogHandler\nargs=(('collector.invalid', 514),)\n"),
        ("a.conf", "[handler_o]\r\nclass: handlers.SocketHandler\r\nargs: ('collector.invalid', 9)\r\n"),
        ("a.cfg", "[handler_o]\nclass=handlers.HTTPHandler\nargs=(\n  'collector.invalid',\n  '/l')\n"),
        ("a.json", '{"a": {"class": "logging.handlers.\\u0048TTPHandler", "host": "collector\\u002einvalid"}}'),
        ("a.json", '{// a comment\n"a": {"class": "logging.handlers.HTTPHandler", "host": "collector.invalid",},}'),
        ("a.json", logging_with(**{"class": "logging.handlers.HTTPHandler", "host": "COLLECTOR.invalid"})),
    ],
)
def test_it_is_found_in_every_language_of_settings(path: str, text: str) -> None:
    assert "records-sent" in found(path, text)


def test_a_configuration_in_utf_16_is_read() -> None:
    text = logging_with(**{"class": "logging.handlers.HTTPHandler", "host": "collector.invalid"})
    assert found("logging.json", text.encode("utf-16")) == {"records-sent"}


def test_mail_and_what_other_libraries_send_is_medium() -> None:
    mail = logging_with(**{"class": "logging.handlers.SMTPHandler", "mailhost": ["mail.invalid", 25]})
    loki = logging_with(**{"class": "logging_loki.LokiHandler", "url": "https://loki.invalid/push"})
    assert severities("a.json", mail)["records-sent"] is Severity.MEDIUM
    assert severities("a.json", loki)["records-sent"] is Severity.MEDIUM


@pytest.mark.parametrize(
    "handler",
    [
        {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
        {"class": "logging.handlers.RotatingFileHandler", "filename": "bot.log", "maxBytes": 1},
        {"class": "logging.handlers.SysLogHandler", "address": "/dev/log"},
        {"class": "logging.handlers.SysLogHandler", "address": ["localhost", 514]},
        {"class": "logging.handlers.SocketHandler", "host": "127.0.0.1", "port": 1},
        {"class": "logging.handlers.HTTPHandler", "host": "graylog:12201", "url": "/gelf"},
        {"class": "logging.handlers.HTTPHandler", "host": "${LOG_HOST}", "url": "/gelf"},
        {"class": "rich.logging.RichHandler", "rich_tracebacks": True},
        {"()": "pythonjsonlogger.jsonlogger.JsonFormatter", "format": "%(message)s"},
        {"class": "freqtrade.loggers.ft_rich_handler.FtRichHandler"},
    ],
)
def test_a_handler_that_keeps_records_at_home_is_not_found(handler: dict[str, object]) -> None:
    assert not found("logging.json", logging_with(**handler))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.json", '{"filters": {"a": {"()": "os.system", "command": "id"}}}'),
        ("a.json", '{"handlers": {"a": {"class": "subprocess.Popen", "args": ["id"]}}}'),
        ("a.json", '{"handlers": {"a": {"()": "ext://subprocess.Popen"}}}'),
        ("a.yaml", "formatters:\n  a:\n    x: ext://os.system\n"),
        ("a.yaml", "model:\n  _target_: os.system\n  _args_: [id]\n"),
        ("a.yaml", "model:\n  _target_: torch.serialization.os.system\n"),
        ("a.json", '{"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["id"]}]}'),
        ("a.json", '{"py/object": "subprocess.Popen"}'),
        ("a.ini", "[handler_a]\nclass=StreamHandler\nargs=(__import__('os').system('id'),)\n"),
        ("a.ini", "[handler_a]\nclass=__import__('subprocess').Popen\nargs=('id',)\n"),
        ("a.ini", "[handler_a]\nclass=StreamHandler\nargs=(eval('1'),)\n"),
    ],
)
def test_settings_that_name_a_program_to_be_run_are_critical(path: str, text: str) -> None:
    assert severities(path, text)["settings-run"] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "model:\n  _target_: torch.nn.Linear\n  in_features: 3\n"),
        ("a.json", '{"class": "container", "type": "os.system"}'),
        ("a.ini", "[handler_a]\nclass=StreamHandler\nargs=(sys.stderr,)\n[loggers]\nkeys=root\n"),
        ("a.ini", "[handler_a]\nclass=logging.FileHandler\nargs=('bot.log', 'a')\n"),
        ("alembic.ini", "[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://u:p@db.example.org/x\n"),
    ],
)
def test_honest_factories_are_not_found(path: str, text: str) -> None:
    assert not found(path, text)
