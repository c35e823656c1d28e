"""Secrets that strangers kept otherwise than anybody here had thought of; each was missed once."""

import pytest

from ringfence.audit.finding import Finding
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def rules(path: str, text: str) -> set[str]:
    """List the rules that find something."""
    return {one.rule for one in scan(path, text.encode()) if isinstance(one, Finding)}


@pytest.mark.parametrize("prefix", ["xprv", "zprv", "tprv"])
def test_an_extended_private_key_is_the_key_of_a_wallet_and_a_public_one_is_none(prefix: str) -> None:
    key = Drawn().word(107, BASE58)
    assert rules("shop.yml", f"master: {prefix}{key}\n") == {"secrets/wallet-key"}
    assert rules("shop.yml", f"master: {prefix[0]}pub{key}\n") == set()
    assert rules("shop.yml", f"master: {prefix}{key[:-1]}\n") == set()


def test_a_password_in_a_netrc_is_one_and_a_machine_without_one_is_none() -> None:
    password = Drawn().mixed(22)
    assert rules(".netrc", f"machine build.internal\n  login ci\n  password {password}\n") == {"secrets/bot-password"}
    assert rules(".netrc", "machine build.internal\n  login ci\n") == set()


def test_a_phrase_in_a_mail_that_was_broken_into_lines_is_one() -> None:
    words = Drawn().phrase(24).split()
    text = f"{' '.join(words[:13])} =\n{' '.join(words[13:])}\n"
    assert rules("wallet.eml", text) == {"secrets/seed-phrase"}
    assert rules("wallet.eml", f"{' '.join(words[:6])} =\n{' '.join(words[6:11])}\n") == set()


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx", "kraken", "kucoin", "bitget"])
def test_the_columns_of_a_dump_say_what_stands_in_its_rows(exchange: str) -> None:
    key, secret = Drawn().pair(exchange)
    insert = "INSERT INTO `accounts` (`id`, `name`, `api_key`, `api_secret`) VALUES\n(1, 'it''s', NULL, ''),\n"
    assert "secrets/exchange-pair" in rules("dump.sql", f"{insert}(2, 'main', '{key}', '{secret}');\n")
    copy = "COPY public.accounts (id, api_key, api_secret) FROM stdin;\n1\t\\N\t\\N\n"
    assert "secrets/exchange-pair" in rules("dump.sql", f"{copy}2\t{key}\t{secret}\n\\.\n")
    hashes = insert.replace("api_key", "client_order_id").replace("api_secret", "tx_hash")
    assert rules("dump.sql", f"{hashes}(2, 'main', 'x-1', '{Drawn().hex(64)}');\n") == set()


@pytest.mark.parametrize("exchange", ["bybit", "okx", "kucoin"])
def test_the_name_of_a_block_names_what_is_set_in_it(exchange: str) -> None:
    _, secret = Drawn().pair(exchange)
    block = f'variable "{exchange}_secret" {{\n  type    = string\n  default = "{secret}"\n}}\n'
    assert rules("main.tf", block) == {"secrets/exchange-secret"}
    assert rules("main.tf", block.replace(f"{exchange}_secret", "image") + block.splitlines()[0] + "\n}\n") == set()
