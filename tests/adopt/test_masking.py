from pathlib import Path

import pytest

from ringfence.adopt.masking import diff, masked

HIDDEN = [
    '"jwt_secret_key": "somethingrandom"',
    '"ws_token": "abc"',
    '"password": "pw\\"more"',
    "TELEGRAM_TOKEN=123:abc",
    "export DB_PASSWORD='hunter2'",
    "passphrase: correct-horse",
    '"private_key": "x"',
]


@pytest.mark.parametrize("line", HIDDEN)
def test_what_a_name_calls_secret_is_hidden(line: str) -> None:
    shown = masked(line, {})
    assert "<hidden>" in shown
    for secret in ("somethingrandom", "abc", "pw", "more", "123", "hunter2", "correct-horse"):
        assert secret not in shown.replace("ws_token", "").replace("DB_PASSWORD", "").replace("password", "")


def test_long_words_and_what_stands_before_a_host_are_hidden() -> None:
    assert masked("note = " + "k" * 32, {}) == "note = <hidden>"
    assert masked("note = " + "k" * 31, {}) == "note = " + "k" * 31
    assert (
        masked('"httpsProxy": "http://grid:abc@127.0.0.1:1"', {}) == '"httpsProxy": "http://grid:<hidden>@127.0.0.1:1"'
    )
    assert masked("/home/me/some/quite/long/path/to/a/certificate/ca.pem", {}).startswith("/home/me")


def test_what_is_known_stands_as_its_name_and_addresses_stay() -> None:
    shown = diff(
        Path("f"),
        '"key": "KKK",\n"fapiPrivate": "old"',
        '"key": "VVV",\n"fapiPrivate": "http://a/b"',
        {"KKK": "<real>"},
    )
    assert '-"key": "<real>",' in shown
    assert '+"fapiPrivate": "http://a/b"' in shown
    assert "old" not in shown.replace("adopted", "")
