"""The lists of requirements: names made to be mistaken for another, names that only look so, and old pins."""

import hashlib

from tests.bench.score.truth import Package

# Published to be mistaken for a bot's own parts, or one slip of a finger away from one.
SQUATS = (
    *("cxct", "ccxtt", "python-binanace", "pyhton-binance", "python-binnance", "pybitt", "web33", "reqeusts", "aiohtp"),
    *("py-clob-cllent", "hyperliquid-sdk", "ccxt-mexc-futures", "ccxt-binance", "freqtarde", "freqtrade-strategies"),
    *("bitcoinlib-dev", "bitcoinlibdbfix"),
)
# What people have installed for years, near as some of the names are to others.
LEGITIMATE = (
    *(
        "ccxt",
        "freqtrade",
        "freqtrade-client",
        "ft-pandas-ta",
        "python-binance",
        "binance-connector",
        "binance-sdk-spot",
    ),
    *("unicorn-binance-rest-api", "unicorn-binance-websocket-api", "pybit", "pybitget", "python-okx", "kucoin-python"),
    *("krakenex", "pykrakenapi", "python-kraken-sdk", "gate-api", "hyperliquid-python-sdk", "py-clob-client", "web3"),
    *("requests", "aiohttp", "httpx", "bitcoinlib", "octobot", "octobot-trading", "jesse", "bt", "ta", "websockets"),
    *("websocket-client", "eth-account", "solana", "solders", "python-telegram-bot", "pytelegrambotapi", "ccxt-pandas"),
)
# Versions with advisories in the advisory database of Python's packaging authority, as of 2024-10-10.
PINS = {
    ("requests", "2.25.0"): ("PYSEC-2023-74",),
    ("aiohttp", "3.8.0"): (
        *("PYSEC-2023-120", "PYSEC-2023-246", "PYSEC-2023-250", "PYSEC-2023-251", "PYSEC-2024-24", "PYSEC-2024-26"),
    ),
    ("cryptography", "3.2"): ("PYSEC-2021-62", "PYSEC-2021-63", "PYSEC-2023-11", "PYSEC-2023-254"),
    ("urllib3", "1.26.4"): ("PYSEC-2021-108", "PYSEC-2023-192", "PYSEC-2023-212"),
    ("jinja2", "2.11.2"): ("PYSEC-2021-66",),
    ("octobot", "0.4.3"): ("PYSEC-2022-235",),
    ("pyyaml", "5.3"): ("PYSEC-2020-96", "PYSEC-2021-142"),
    ("werkzeug", "2.0.0"): ("PYSEC-2022-203", "PYSEC-2023-221", "PYSEC-2023-57", "PYSEC-2023-58"),
}


def _list(name: str, version: str) -> str:
    made_up = hashlib.sha256(name.encode()).hexdigest()  # pinned and hashed, so that the name is all there is to say
    return f"{name}=={version} \\\n    --hash=sha256:{made_up}\n"


def _lists() -> list[tuple[Package, str]]:
    made = [
        (Package(f"squat-{number:02}/requirements.txt", name, "squat"), _list(name, "1.0.3"))
        for number, name in enumerate(SQUATS)
    ]
    made += [
        (Package(f"legitimate-{number:02}/requirements.txt", name, "legitimate"), _list(name, "4.2.0"))
        for number, name in enumerate(LEGITIMATE)
    ]
    made += [
        (Package(f"pin-{number:02}/requirements.txt", name, "pin", ids), _list(name, version))
        for number, ((name, version), ids) in enumerate(PINS.items())
    ]
    return made


LISTS = tuple(_lists())
