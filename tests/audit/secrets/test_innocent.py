"""What looks like a secret and is none: sums, ids, addresses, placeholders, look-ups, masks, and what is sealed."""

import pytest

from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn

_DRAWN = Drawn()

INNOCENT = {
    "a sum of a package": ("requirements.txt", f"ccxt==4.5.90 --hash=sha256:{_DRAWN.hex(64)}\n"),
    "an integrity of npm": ("package-lock.json", f'{{"integrity": "sha512-{_DRAWN.base64(64)}"}}'),
    "a revision": ("x.yaml", f"rev: {_DRAWN.hex(40)}\n"),
    "a transaction": ("bot.log", f"swapped, tx 0x{_DRAWN.hex(64)}\n"),
    "a signature of Solana": (
        "bot.log",
        "signature 5VERYdJ8hxKXbWqMkQmZ7rYpYv4sT2nQeA3uGf6cWjL9oBxR1tDzHkNp7iMgCqUa3wEyFvSbXhPrKjLmTnQoZ2d\n",
    ),
    "an address": ("tokens.py", f'USDC_TOKEN = "0x{_DRAWN.hex(40)}"\n'),
    "a mint": ("tokens.json", '{"mint": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}'),
    "an order": ("bot.log", f"clientOrderId={_DRAWN.uuid()} order_id={_DRAWN.uuid()}\n"),
    "a key of a cache": ("cache.json", f'{{"cache_key": "{_DRAWN.hex(64)}", "etag": "{_DRAWN.hex(32)}"}}'),
    "a public key": ("x.toml", f'public_key = "{_DRAWN.base64(32)}"\n'),
    "a placeholder": ("config.json", '{"exchange": {"key": "your_exchange_key", "secret": "YOUR_SECRET_KEY_HERE"}}'),
    "a placeholder in Spanish": (".env", "API_SECRET=tu_clave_secreta_aqui\n"),
    "a placeholder in Chinese": (".env", "API_SECRET=你的密钥\n"),
    "a placeholder with digits": (".env", "PASSPHRASE=changeme123\nPASSWORD=password123\n"),
    "a look-up": (
        "bot.py",
        'import os\nsecret = os.environ["BINANCE_API_SECRET"]\npassword = os.getenv("DB_PASSWORD")\n',
    ),
    "a template": (
        "compose.yml",
        "environment:\n  API_SECRET: ${BINANCE_API_SECRET}\n  PASSWORD: '{{ vault.password }}'\n",
    ),
    "a mask": ("bot.log", "apiKey=vmPU**********h8A secret=******** key: abcd...wxyz\n"),
    "a row": (
        "test_bot.py",
        'API_SECRET = "0123456789abcdef0123456789abcdef"\nKEY = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n',
    ),
    "a sealed value": (
        "secrets.yaml",
        f"api_secret: ENC[AES256_GCM,data:{_DRAWN.base64(64)},iv:{_DRAWN.base64(32)},tag:{_DRAWN.base64(16)}]\n",
    ),
    "a path": ("api.py", 'private = {"get": ["v1/allOpenOrders", "api/v3/account/2fa/status"]}\n'),
    "a picture": ("x.ipynb", f'{{"cells": [{{"outputs": [{{"data": {{"image/png": "{_DRAWN.base64(600)}"}}}}]}}]}}'),
    "an example that Binance prints": (
        "doc.py",
        'key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"\n',
    ),
    "the phrase that hardhat starts with": (
        "x.ts",
        "mnemonic: 'test test test test test test test test test test test junk'\n",
    ),
    "an address without a password": (".env", "DB_URL=postgresql://bot@localhost/db\nREDIS=redis://localhost:6379/0\n"),
    "an address with everybody's password": (".env", "DB_URL=postgresql://postgres:postgres@localhost/db\n"),
    "the port of a first host": ("x.py", 'url = "https://foo.com:123,foo:bar@bar.com/path"\n'),
    "a password of words": ("x.py", 'model = Model(password="IAmSensitive", password_bytes=b"IAmSensitiveBytes")\n'),
    "a secret that was made up with its key": (
        "x.py",
        "fs = Store(access_key='test_limited_user', secret_key='limited123')\n",
    ),
    "a name after a name": ("x.h", "#  error change kXxh3Secrets\n\n  // XXH3_64bits_withSeed is a secret slow one\n"),
    "an id of a build": ("x.py", f'build_id = "{_DRAWN.hex(32)}"\nuser_id = "{_DRAWN.uuid()}"\n'),
    "two sums side by side": ("x.csv", f"file,md5,sha256\nbot.py,{_DRAWN.hex(32)},{_DRAWN.hex(64)}\n"),
    "a name of a field": ("x.py", 'password_field = "api_key_secret_v2"\nSECRET_NAME = "prod/bot/Binance-2024x"\n'),
}  # fmt: skip


@pytest.mark.parametrize("kind", INNOCENT)
def test_what_only_looks_like_a_secret_is_passed(kind: str) -> None:
    path, text = INNOCENT[kind]
    assert list(scan(path, text.encode())) == []


SPOKEN = {
    "the password for the second of two hosts": ("x.py", 'url = "db://a.io:123,bot:Tall-ship7291@b.io/x"\n'),
    "a password of a key with another word": ("x.py", "Store(access_key='tall_ship', secret_key='Blue-moon4417')\n"),
    "a secret beside a name": ("x.h", f"// our secret: {_DRAWN.mixed(30)}\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOKEN)
def test_what_stands_where_such_things_do_and_is_a_secret_is_not(kind: str) -> None:
    path, text = SPOKEN[kind]
    assert list(scan(path, text.encode())) != []
