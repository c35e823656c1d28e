"""Corpus C: twenty kinds of text that look like a secret and are none."""

import base64
import hashlib
import json
from collections.abc import Callable
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score import values
from tests.bench.score.values import ALNUM, EXCHANGES, base64ed, hexed, some, uuid

Written = tuple[str, str]

# What exchanges print in their own documentation, for everybody to sign with.
DOCUMENTED = {
    "binance": (
        "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
    ),
    "kraken": (
        "4/SDrDBcOOPnm3nPlNfEMMJDeRcIVqPz+QhRxIodyZbI9po/aVRiHsgX",
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
    ),
}


def _placeholders(draw: Random) -> Written:
    name = draw.choice(EXCHANGES)
    first, second = draw.choice(
        (
            ("your_api_key_here", "your_api_secret_here"),
            ("<YOUR API KEY>", "<YOUR API SECRET>"),
            ("PUT_YOUR_KEY_HERE_AND_KEEP_IT_SECRET", "PUT_YOUR_SECRET_HERE_AND_KEEP_IT_SECRET"),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"),
            ("hier_deinen_schluessel_eintragen", "hier_dein_geheimnis_eintragen"),
            ("tu_clave_de_api_aqui", "tu_secreto_de_api_aqui"),
            ("${API_KEY}", "${API_SECRET}"),
            ("changeme", "changeme-please-123"),
        )
    )
    return "config.example.json", json.dumps({"exchange": {"name": name, "key": first, "secret": second}}, indent=4)


def _look_ups(draw: Random) -> Written:
    name = draw.choice(EXCHANGES).upper()
    lines = draw.choice(
        (
            [
                f'api_key = os.environ["{name}_API_KEY"]',
                f'api_secret = os.getenv("{name}_API_SECRET_FOR_LIVE_TRADING")',
            ],
            [
                f"key = config['exchange']['{name.lower()}_api_key']",
                "secret = get_secret('projects/bot/secrets/api_secret')",
            ],
            [
                f"API_SECRET = keyring.get_password('{name.lower()}', 'api_secret')",
                "token = settings.telegram_bot_token_value",
            ],
        )
    )
    return "settings.py", "\n".join(["import os", "", *lines, ""])


def _transactions(draw: Random) -> Written:
    lines = [
        f'{draw.choice(("tx_hash", "deposit_tx", "txid", "block_hash"))} = "0x{hexed(draw, 64)}"' for _ in range(3)
    ]
    return "history.py", "\n".join([*lines, f'BTC_TXID = "{hexed(draw, 64)}"', ""])


def _tokens(draw: Random) -> Written:
    names = draw.sample(("USDC_TOKEN", "WETH_TOKEN", "ARB_TOKEN", "LINK_TOKEN", "TOKEN", "REWARD_TOKEN"), 3)
    return "tokens.py", "\n".join([*(f'{name} = "{values.address(draw)}"' for name in names), ""])


def _polymarket(draw: Random) -> Written:
    market = {
        "condition_id": f"0x{hexed(draw, 64)}",
        "question_id": f"0x{hexed(draw, 64)}",
        "tokens": [{"token_id": str(draw.getrandbits(255)), "outcome": each} for each in ("Yes", "No")],
    }
    return "markets.json", json.dumps([market], indent=2)


def _mints(draw: Random) -> Written:
    names = draw.sample(("BONK_MINT", "TOKEN_MINT", "POOL_KEY", "AMM_PROGRAM", "USDC_MINT", "AUTHORITY_KEY"), 3)
    lines = [f"export const {name} = '{values.base58(draw.randbytes(32))}';" for name in names]
    return "constants.ts", "\n".join([*lines, ""])


def _order_ids(draw: Random) -> Written:
    order = {
        "clientOrderId": some(draw, ALNUM, draw.choice((22, 32, 36))),
        "orderKey": uuid(draw),
        "orderLinkId": uuid(draw),
    }
    return "orders.json", json.dumps([{**order, "symbol": "BTCUSDT", "orderId": draw.randint(10**9, 10**11)}], indent=2)


def _pins(draw: Random) -> Written:
    names = draw.sample(("ccxt", "aiohttp", "requests", "pandas", "numpy"), 3)
    lines = [
        f"{name}=={draw.randint(1, 4)}.{draw.randint(0, 9)} \\\n    --hash=sha256:{hexed(draw, 64)}" for name in names
    ]
    return "requirements.txt", "\n".join([*lines, ""])


def _integrity(draw: Random) -> Written:
    packages = {
        f"node_modules/{name}": {"version": f"4.{draw.randint(0, 9)}.0", "integrity": f"sha512-{base64ed(draw, 64)}"}
        for name in draw.sample(("ccxt", "ws", "axios", "ethers"), 2)
    }
    return "package-lock.json", json.dumps({"name": "bot", "lockfileVersion": 3, "packages": packages}, indent=2)


def _revisions(draw: Random) -> Written:
    lines = [f"commit {hexed(draw, 40)}", f"tree {hexed(draw, 40)}", f"Merge: {hexed(draw, 7)} {hexed(draw, 7)}"]
    return draw.choice(("CHANGES.txt", "version.txt")), "\n".join([*lines, "    binance: fix key rounding", ""])


def _public_keys(draw: Random) -> Written:
    pick = draw.randrange(3)
    if pick == 0:
        return "public.pem", values.public_pem(draw)
    if pick == 1:
        return "signers.py", f'PUBLIC_KEY = "{hexed(draw, 64)}"\nWALLET_ADDRESS = "{values.address(draw)}"\n'
    return "authorized_keys", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{some(draw, ALNUM, 43)} trader@laptop\n"


def _documented(draw: Random) -> Written:
    name = draw.choice(sorted(DOCUMENTED))
    key, secret = DOCUMENTED[name]
    if draw.random() < 0.5:
        return "README.md", f"# Signing for {name}\n\n    api_key = '{key}'\n    api_secret = '{secret}'\n"
    return "test_signing.py", f'# the vector of the {name} documentation\nKEY = "{key}"\nSECRET = "{secret}"\n'


def _caches(draw: Random) -> Written:
    entries = {f"ohlcv:{draw.choice(EXCHANGES)}:{hexed(draw, 32)}": {"etag": hexed(draw, 32), "key": hexed(draw, 40)}}
    return "cache.json", json.dumps({"cache_key": hexed(draw, 64), "entries": entries}, indent=2)


def _picture(draw: Random) -> Written:
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + draw.randbytes(2400)).decode()
    output = {
        "data": {"image/png": image + "\n", "text/plain": ["<Figure>"]},
        "metadata": {},
        "output_type": "display_data",
    }
    cell = {"cell_type": "code", "execution_count": 2, "metadata": {}, "outputs": [output], "source": ["equity.plot()"]}
    return "equity.ipynb", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _signatures(draw: Random) -> Written:
    pick = draw.randrange(3)
    if pick == 0:
        return "orders.json", json.dumps(
            {"order": {"salt": draw.randint(1, 10**12), "signature": f"0x{hexed(draw, 130)}"}}
        )
    if pick == 1:
        return (
            "swaps.log",
            f"swap confirmed signature={values.base58(draw.randbytes(64))} slot={draw.randint(10**8, 10**9)}\n",
        )
    return (
        "release.minisig",
        f"untrusted comment: signature\n{base64ed(draw, 74)}\ntrusted comment: bot 1.2\n{base64ed(draw, 64)}\n",
    )


def _masked(draw: Random) -> Written:
    key = some(draw, ALNUM, 64)
    shown = draw.choice(
        (f"{key[:4]}{'*' * 56}{key[-4:]}", f"{key[:6]}...{key[-4:]}", "*" * 32, f"{key[:4]}<redacted>", "[hidden]")
    )
    name = draw.choice(EXCHANGES)
    return "bot.log", f"2026-03-0{draw.randint(1, 9)} INFO {name} api_key={shown} secret={'*' * 12} connected\n"


def _dummies(draw: Random) -> Written:
    first, second = draw.choice(
        (
            ('"test_api_key"', '"test_api_secret"'),
            ('"a" * 64', '"b" * 64'),
            ('"0123456789abcdef0123456789abcdef"', '"abcdefghijklmnopqrstuvwxyz0123456789"'),
            ('"deadbeefdeadbeefdeadbeefdeadbeef"', '"cafebabecafebabecafebabecafebabe"'),
            ('"fake-key-for-tests"', '"fake-secret-for-tests"'),
            ('"00000000-0000-0000-0000-000000000000"', '"11111111111111111111111111111111"'),
        )
    )
    head = f"def test_signs():\n    client = Client({first}, {second})\n"
    return "test_client.py", f"{head}    assert client.sign('a') == '{hexed(draw, 64)}'\n"


def _digests(draw: Random) -> Written:
    lines = [f"FROM python:3.11-slim@sha256:{hexed(draw, 64)}", f"LABEL revision={hexed(draw, 40)}", "COPY . /app", ""]
    return "Dockerfile", "\n".join(lines)


def _sealed(draw: Random) -> Written:
    data, iv, tag = base64ed(draw, 64), base64ed(draw, 32), base64ed(draw, 16)
    name = draw.choice(EXCHANGES)
    text = (
        f"{name}:\n    api_secret: ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:str]\nsops:\n    version: 3.9.0\n"
    )
    return "secrets.enc.yaml", text


def _prose(draw: Random) -> Written:
    while True:
        words = draw.sample(values.WORDS, 12)
        number = _bits(words)
        if hashlib.sha256((number >> 4).to_bytes(16)).digest()[0] >> 4 != number & 15:
            break
    return (
        "strategies.md",
        f"# Tags\n\n{' '.join(words[:6])}\n{' '.join(words[6:])}\n\nSeed of the backtest: {draw.randint(1, 99)}.\n",
    )


def _bits(words: list[str]) -> int:
    number = 0
    for word in words:
        number = number << 11 | values.WORDS.index(word)
    return number


LOOKALIKES: dict[str, Callable[[Random], Written]] = {
    "placeholders": _placeholders,
    "look-ups": _look_ups,
    "transaction hashes": _transactions,
    "token addresses": _tokens,
    "Polymarket's ids": _polymarket,
    "mints": _mints,
    "order ids": _order_ids,
    "hash pins": _pins,
    "integrity hashes": _integrity,
    "revisions": _revisions,
    "public keys": _public_keys,
    "documented vectors": _documented,
    "cache keys": _caches,
    "pictures": _picture,
    "signatures": _signatures,
    "masked logs": _masked,
    "test dummies": _dummies,
    "image digests": _digests,
    "sealed values": _sealed,
    "words without a checksum": _prose,
}
