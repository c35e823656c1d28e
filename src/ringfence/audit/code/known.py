"""What library functions do that matters here: where content comes from, and what may be asked of what.

Names as their projects document them. A name at the end of a dotted one stands for methods of objects that reading cannot
tell apart.
"""

import sys
from functools import lru_cache
from typing import Final

from ringfence.audit.code.values import ITEMS
from ringfence.audit.code.wordlists import WORDS

SOURCES: Final[dict[str, str]] = {
    "os.environ": "environment", "os.environb": "environment",
    "dotenv.dotenv_values": "secret-file",
    "requests.get": "remote", "requests.post": "remote", "requests.request": "remote", "requests.put": "remote",
    "urllib.request.urlopen": "remote", "urllib.urlopen": "remote", "urllib2.urlopen": "remote",
    "urllib.request.urlretrieve": "remote", "httpx.get": "remote", "httpx.post": "remote", "httpx.request": "remote",
    "wget.download": "remote", "socket.create_connection": "remote", "websocket.create_connection": "remote",
    "websockets.connect": "remote", "flask.request": "message", "dns.resolver.resolve": "remote",
    "pyperclip.paste": "clipboard", "clipboard.paste": "clipboard", "win32clipboard.GetClipboardData": "clipboard",
    "pandas.read_clipboard": "clipboard", "pyperclip.waitForNewPaste": "clipboard", "pyperclip.waitForPaste": "clipboard",
    "getpass.getuser": "user", "os.getlogin": "user", "pwd.getpwuid": "user", "win32api.GetUserName": "user",
    "socket.gethostname": "host", "platform.node": "host", "socket.getfqdn": "host", "os.uname": "host",
    "platform.uname": "host", "socket.gethostbyname": "address", "uuid.getnode": "machine",
    "psutil.process_iter": "processes", "psutil.pids": "processes", "platform.platform": "platform",
    "platform.system": "platform", "platform.version": "platform", "platform.machine": "platform",
    "PIL.ImageGrab.grab": "screen", "pyautogui.screenshot": "screen", "mss.mss": "screen", "cv2.VideoCapture": "screen",
    "keyring.get_password": "secret", "keyring.get_credential": "secret",
    "browser_cookie3.chrome": "browser", "browser_cookie3.load": "browser", "browser_cookie3.firefox": "browser",
    "input": "typed", "getpass.getpass": "typed", "sys.argv": "typed",
}  # fmt: skip
"""What a call or name gives, by kind."""

METHOD_SOURCES: Final[dict[str, str]] = {
    "recv": "remote", "recvfrom": "remote", "recv_json": "remote", "clipboard_get": "clipboard", "get_json": "message", "urlopen": "remote",
    "recv_string": "remote", "urlretrieve": "remote", "GetClipboardData": "clipboard", "recvall": "remote",
}  # fmt: skip

NETWORKS: Final[dict[str, str]] = {
    root: root for root in (
        "requests", "httpx", "aiohttp", "urllib", "urllib2", "urllib3", "http", "socket", "websocket", "websockets", "smtplib",
        "ftplib", "paramiko", "telegram", "telebot", "aiogram", "telethon", "pyrogram", "discord", "slack_sdk", "boto3", "pycurl",
        "curl_cffi", "cloudscraper", "tls_client", "requests_html", "niquests", "requests_toolbelt", "asks", "treq", "http3", "dns",
        "httplib2", "grequests", "trio_websocket", "socketio", "zmq", "paho", "pika", "xmlrpc", "dhooks", "discord_webhook", "fabric",
    )
}  # fmt: skip
"""Libraries that talk to the network."""

SEND_METHODS: Final = frozenset({
    "post", "put", "patch", "request", "get", "delete", "head", "urlopen", "Request", "fetch", "send", "sendall", "sendto",
    "send_json", "send_str", "send_string", "send_bytes", "sendmail", "send_message", "send_document", "send_photo", "sendMessage",
    "storbinary", "storlines", "upload_file", "upload_fileobj", "put_object", "stream", "emit", "publish", "chat_postMessage",
    "files_upload", "files_upload_v2", "send_text", "reply_text", "reply_document", "urlretrieve", "build_request", "ws_connect",
    "create_connection", "capture_message", "set_content", "send_file", "reply", "answer", "websocket_connect", "resolve", "gethostbyname", "getaddrinfo", "gethostbyname_ex", "getfqdn", "execute_webhook",
})  # fmt: skip
"""Methods that hand something to the network."""

PLAIN_REQUESTS: Final = frozenset(
    {
        "post",
        "put",
        "patch",
        "request",
        "get",
        "delete",
        "head",
        "urlopen",
        "Request",
        "fetch",
        "stream",
        "build_request",
        "urlretrieve",
    }
)

MESSENGER_METHODS: Final = frozenset({
    "send_message", "send_document", "send_photo", "sendMessage", "chat_postMessage", "files_upload", "files_upload_v2",
    "reply_text", "reply_document", "sendmail", "execute_webhook",
})  # fmt: skip

EXCHANGES: Final = frozenset({
    "ccxt", "ccxtpro", "binance", "pybit", "okx", "krakenex", "pykrakenapi", "kucoin", "coinbase", "cbpro", "gate_api", "huobi",
    "bitfinex", "bitmex", "deribit", "hyperliquid", "mexc_sdk", "pymexc", "bitget", "unicorn_binance_rest_api", "unicorn_binance_websocket_api",
    "alpaca", "alpaca_trade_api", "bybit", "kraken", "bfxapi", "futures", "um_futures", "kucoin_futures", "py_clob_client", "binance_common",
})  # fmt: skip
"""Clients of exchanges, by the name that is imported."""

LIBRARIES: Final = frozenset(sys.stdlib_module_names) | NETWORKS.keys() | EXCHANGES | {
    "numpy", "pandas", "scipy", "ta", "talib", "pandas_ta", "matplotlib", "plotly", "sklearn", "torch", "tensorflow", "flask", "fastapi",
    "django", "uvicorn", "starlette", "pydantic", "sqlalchemy", "redis", "pymongo", "psycopg2", "yaml", "toml", "dotenv", "click", "typer",
    "rich", "loguru", "tqdm", "web3", "eth_account", "solana", "solders", "base58", "cryptography", "nacl", "jwt", "freqtrade", "hummingbot",
    "pytest", "attr", "attrs", "six", "dateutil", "pytz", "setuptools", "pkg_resources", "psutil", "cachetools", "orjson", "ujson", "msgspec",
    "typing_extensions", "pyperclip", "PIL", "bs4", "lxml", "schedule", "apscheduler", "backtrader", "jesse", "selenium", "playwright", "tkinter",
    "pynput", "keyboard", "pyautogui", "Crypto", "Cryptodome", "eth_utils", "eth_abi", "hexbytes", "mnemonic", "technical", "numba",
}  # fmt: skip
"""Names that are imported from outside a bot's own tree."""

CLEANERS: Final = WORDS["cleaners"]
"""Words in the name of a function after which no secret is left in what it gives."""

CARRIERS: Final = frozenset({
    "Request", "FormData", "BytesIO", "StringIO", "MIMEText", "MIMEMultipart", "MIMEBase", "Path", "PurePath", "Embed", "DiscordEmbed",
    "InputFile", "Thread", "Timer", "Process", "EmailMessage", "File", "MultipartEncoder", "DiscordWebhook", "BufferedInputFile", "OrderedDict",
    "ChainMap", "Markup", "Text", "BinaryIO", "Series", "DataFrame",
})  # fmt: skip
"""Classes whose objects carry what they are made of."""

PROGRAMS: Final = frozenset({
    "os.system", "os.popen", "os.execv", "os.execl", "os.execvp", "os.execlp", "os.execve", "os.execvpe", "os.spawnl", "os.spawnv", "os.spawnlp",
    "os.spawnvp", "os.startfile", "os.posix_spawn", "os.posix_spawnp", "subprocess.run", "subprocess.call", "subprocess.Popen", "subprocess.check_call",
    "subprocess.check_output", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell", "pty.spawn",
    "asyncio.create_subprocess_exec", "commands.getoutput", "popen2.popen2", "win32api.ShellExecute", "ctypes.windll.shell32.ShellExecuteW",
})  # fmt: skip
"""Functions that start programs."""

BY_SHELL: Final = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
        "commands.getoutput",
    }
)

RUNNERS: Final = frozenset(
    {
        "exec",
        "eval",
        "builtins.exec",
        "builtins.eval",
        "compile",
        "builtins.compile",
        "code.InteractiveInterpreter().runsource",
        "code.InteractiveInterpreter().runcode",
        "runpy._run_code",
        "execfile",
        "IPython.get_ipython().run_cell",
    }
)
"""Functions that run text."""

DANGEROUS: Final = frozenset(
    {
        "exec",
        "eval",
        "system",
        "popen",
        "compile",
        "__import__",
        "Popen",
        "spawn",
        "check_output",
        "getoutput",
        "execv",
        "urlopen",
        "run_cell",
        "marshal",
        "subprocess",
        "ctypes",
        "create_process",
        "startfile",
    }
)
"""Names that nobody hides for a good reason."""


@lru_cache(maxsize=65536)
def root_of(ref: str) -> str:
    """The first part of a dotted name."""
    return ref.split(".", 1)[0].partition("(")[0]


NAMED: Final = PROGRAMS | SOURCES.keys() | RUNNERS | {
    "base64.b64decode", "base64.b85decode", "base64.b32decode", "zlib.decompress", "marshal.loads", "binascii.unhexlify", "codecs.decode",
}  # fmt: skip
"""Names that a star brings in and that matter here."""


def is_ours(ref: str) -> bool:
    """Say whether an imported name may be one of the same project's."""
    return ref.startswith("/") or (
        bool(ref) and ref[0] not in ":@" and root_of(ref) not in LIBRARIES and len(ref) < ITEMS
    )
