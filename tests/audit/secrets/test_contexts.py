"""Keys of fifteen exchanges, in the places where people leave them: one table of places, every exchange in each."""

import base64

import pytest

from ringfence.audit.finding import Finding, Severity
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import EXCHANGES, Drawn

# NAME and Name stand for the exchange, KKK and SSS for its key and secret.
PLACES = {
    "bot.py": 'import ccxt\nbot = ccxt.Name({\n    "apiKey": "KKK",\n    "secret": "SSS",\n})\n',
    "positional.py": "from Name.client import Client\nclient = Client('KKK', 'SSS')\n",
    "two_lines.py": 'client = Name(\n    "KKK",\n    "SSS",\n)\n',
    "unpacked.py": 'Name_key, Name_secret = "KKK", "SSS"\n',
    "environ.py": 'import os\nos.environ["NAME_API_SECRET"] = "SSS"\n',
    "default.py": 'import os\nsecret = os.getenv("NAME_API_SECRET", "SSS")\n',
    "comment.py": "# old Name keys: KKK / SSS\nx = 1\n",
    "broken.py": 'def f(:\n  secret = "SSS"\n',
    "config.json": '{"exchange": {"name": "Name", "key": "KKK", // mine\n "secret": "SSS",}}',
    "values.json": '{"env": [{"name": "NAME_API_SECRET", "value": "SSS"}]}',
    ".env": "NAME_API_KEY=KKK\nNAME_API_SECRET=SSS\n",
    "bot.yml": "Name:\n  api_key: KKK\n  api_secret: SSS\n",
    "compose.yml": "services:\n  bot:\n    environment:\n      - NAME_API_KEY=KKK\n      - NAME_API_SECRET=SSS\n",
    "deployment.yaml": "env:\n- name: NAME_API_SECRET\n  value: SSS\n",
    "config.toml": '[exchange.Name]\nkey = "KKK"\nsecret = "SSS"\n',
    ".zsh_history": ": 1700000000:0;export NAME_API_SECRET=SSS\n",
    "fish_history": "- cmd: ./bot --api-key KKK --api-secret SSS\n  when: 1700000000\n",
    "bot.log": "DEBUG Name config={'apiKey': 'KKK', 'secret': 'SSS'}\n",
    "keys.csv": "exchange,api_key,api_secret\nName,KKK,SSS\n",
    "bot.js": "const bot = new ccxt.Name({ apiKey: 'KKK', secret: 'SSS' })\n",
    "bot.go": 'client := Name.NewClient("KKK", "SSS")\n',
    "app.xml": "<Name>\n<apiKey>KKK</apiKey>\n<apiSecret>SSS</apiSecret>\n</Name>\n",
    "notes.txt": "Name\nAPI Key:\nKKK\nSecret Key:\nSSS\n",
    "bot.service": '[Service]\nEnvironment="NAME_API_SECRET=SSS"\n',
    "proc/7/environ": "PATH=/bin\0NAME_API_KEY=KKK\0NAME_API_SECRET=SSS\0",
    "proc/7/cmdline": "python\0bot.py\0--api-key\0KKK\0--api-secret\0SSS\0",
    "image.json": '{"config": {"Env": ["NAME_API_SECRET=SSS"]}, "history": [{"created_by": "ENV NAME_API_KEY=KKK"}]}',
    "research.ipynb": '{"cells": [{"cell_type": "code", "source": [\n"c = Name(\\"KKK\\",\\n",\n"  \\"SSS\\")"]}]}',
    "printed.ipynb": "{\"cells\": [{\"outputs\": [{\"text\": [\n\"{'apiKey': 'KKK', 'secret': 'SSS'}\\n\"]}]}]}",
}


def _scanned(path: str, text: str) -> list[Finding]:
    return [one for one in scan(path, text.encode()) if isinstance(one, Finding)]


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("path", PLACES)
def test_a_secret_is_found_where_people_leave_it(path: str, exchange: str) -> None:
    key, secret = Drawn().pair(exchange)
    text = PLACES[path].replace("NAME", exchange.upper()).replace("Name", exchange)
    text = text.replace("KKK", key).replace("SSS", secret)
    lines = {number for number, line in enumerate(text.replace("\0", "\n").split("\n"), 1) if secret in line}
    found = {one.place.line for one in _scanned(path, text) if one.severity is Severity.CRITICAL}
    assert found & lines or (path.endswith("cmdline") and found)


@pytest.mark.parametrize("exchange", ["okx", "kucoin", "bitget"])
def test_the_passphrase_after_a_pair_is_found_too(exchange: str) -> None:
    key, secret = Drawn().pair(exchange)
    found = _scanned("bot.py", f'client = {exchange}.Trade("{key}", "{secret}", "Tall-ship7291")\n')
    assert "secrets/exchange-passphrase" in {one.rule for one in found}


def test_what_kubernetes_holds_in_base64_is_opened() -> None:
    _, secret = Drawn().pair("binance")
    held = base64.b64encode(secret.encode()).decode()
    found = _scanned("secret.yaml", f"apiVersion: v1\nkind: Secret\ndata:\n  api-secret: {held}\n")
    assert [(one.rule, one.place.line) for one in found] == [("secrets/exchange-secret", 4)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'secret = "{0}" + "{1}"\n'),
        ("b.py", 'secret = (\n    "{0}"\n    "{1}"\n)\n'),
        ("c.py", 'FIRST = "{0}"\nSECOND = "{1}"\napi_secret = FIRST + SECOND\n'),
        ("d.py", 'api_secret = "".join(["{0}", "{1}"])\n'),
        ("e.js", "const apiSecret = '{0}' +\n  '{1}'\n"),
    ],
)
def test_a_secret_in_pieces_is_found(path: str, text: str) -> None:
    secret = Drawn().mixed(64)
    found = _scanned(path, text.format(secret[:31], secret[31:]))
    assert any(one.severity is Severity.CRITICAL for one in found)


def test_one_value_has_one_subject_wherever_it_stands() -> None:
    secret = Drawn().mixed(64)
    one, other = (
        _scanned(path, text)[0] for path, text in (("a.py", f's = "{secret}"'), (".env", f"API_SECRET={secret}"))
    )
    assert one.subject == other.subject
    assert secret not in repr((one, other))


_SHORT = 'password = "Tall-ship7291"\n'


@pytest.mark.parametrize("before", ["\n\n", 'x = "y"\n', 'other_password = "Blue-moon4417"\n'])
def test_a_short_value_keeps_its_subject_where_its_line_moves(before: str) -> None:
    moved = _scanned("a.py", before + _SHORT)[-1]
    stayed = _scanned("a.py", _SHORT)[0]
    assert moved.place.line != stayed.place.line
    assert moved.fingerprint == stayed.fingerprint


def test_two_short_values_have_two_subjects() -> None:
    for text in (_SHORT * 2, _SHORT + 'admin_password = "Blue-moon4417"\n'):
        assert len({one.subject for one in _scanned("a.py", text)}) == 2


def test_no_subject_of_a_short_value_tells_the_value() -> None:
    assert _scanned("a.py", _SHORT)[0].subject == _scanned("a.py", _SHORT.replace("7291", "8364"))[0].subject


def test_a_file_of_two_bytes_a_letter_is_read() -> None:
    secret = Drawn().mixed(64)
    found = list(scan(".env", f"BINANCE_SECRET={secret}\r\n".encode("utf-16")))
    assert [one.rule for one in found if isinstance(one, Finding)] == ["secrets/exchange-secret"]


@pytest.mark.parametrize("mark", ["# gitleaks:allow", "# nosec", "# pragma: allowlist secret", "# noqa"])
def test_what_a_file_says_to_scanners_is_not_believed(mark: str) -> None:
    assert _scanned("bot.py", f'secret = "{Drawn().mixed(64)}"  {mark}\n')


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("bot.py", 'p.add_argument("--api-secret", default="SSS")\n', "secrets/exchange-secret"),
        ("wallet.go", 'return crypto.HexToECDSA("HHH")\n', "secrets/wallet-key"),
        (
            ".netrc",
            "machine pypi.example.com\n  login deploy\n  password Tall-ship7291!\n",
            "secrets/bot-password",
        ),
        ("_netrc", "machine a.example login b password Tall-ship7291!", "secrets/bot-password"),
    ],
)
def test_a_secret_is_found_by_what_stands_before_it(path: str, text: str, rule: str) -> None:
    drawn = Drawn()
    _, secret = drawn.pair("okx")
    found = _scanned(path, text.replace("SSS", secret).replace("HHH", drawn.hex(64)))
    assert rule in {one.rule for one in found if one.severity in {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sealed.yaml", "kind: SealedSecret\nencryptedData:\n  apiSecret: Ag" + "BkhjQWJaV1I2cYxTIUBVpY" * 9 + "\n"),
        ("v.json", '["legal winner thank year wave sausage worth useful legal winner thank yellow"]'),
        ("v.ts", "const SECRET = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'\n"),
        (".netrc", "machine a.example\n  login deploy\n  password\n"),
    ],
)
def test_what_is_sealed_or_published_is_none(path: str, text: str) -> None:
    assert [one for one in _scanned(path, text) if one.severity.rank <= Severity.MEDIUM.rank] == []
