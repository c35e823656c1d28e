"""Names that a project's code imports, against those that it declares. Pure, and never more than a hint."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

# Import names that are not the distribution's, for where nothing is installed to ask. Source: the packages' own top
# levels, of the names that bots use.
OTHERWISE: dict[str, tuple[str, ...]] = {
    "attr": ("attrs",),
    "binance": ("python-binance", "binance-connector", "binance-futures-connector", "binance"),
    "bs4": ("beautifulsoup4",),
    "coinbase": ("coinbase-advanced-py", "coinbase"),
    "crypto": ("pycryptodome", "pycryptodomex"),
    "cryptodome": ("pycryptodomex",),
    "cv2": ("opencv-python", "opencv-python-headless"),
    "dateutil": ("python-dateutil",),
    "discord": ("discord-py", "py-cord"),
    "dotenv": ("python-dotenv",),
    "google": ("protobuf", "google-api-core"),
    "hyperliquid": ("hyperliquid-python-sdk",),
    "ib-insync": ("ib-insync",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "kucoin": ("kucoin-python", "python-kucoin"),
    "nacl": ("pynacl",),
    "okx": ("python-okx", "okx"),
    "pil": ("pillow",),
    "pkg-resources": ("setuptools",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "rapidjson": ("python-rapidjson",),
    "serial": ("pyserial",),
    "sklearn": ("scikit-learn",),
    "skopt": ("scikit-optimize", "ft-scikit-optimize"),
    "sqlalchemy": ("sqlalchemy",),
    "talib": ("ta-lib",),
    "telebot": ("pytelegrambotapi",),
    "telegram": ("python-telegram-bot",),
    "websocket": ("websocket-client",),
    "xdist": ("pytest-xdist",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
# Declared for what they do beside being imported: build tools, checkers, servers, drivers that are named in a setting.
BESIDE = (
    "aiosqlite", "black", "build", "certifi", "coverage", "coveralls", "cython", "flake8", "flit-core", "gunicorn",
    "hatchling", "httptools", "import-linter", "isort", "mkdocs", "mypy", "nox", "pip", "poetry-core", "pre-commit",
    "psycopg2", "pyarrow", "pymysql", "pytest", "ruff", "setuptools", "sphinx", "tox", "twine", "tzdata", "uvicorn",
    "uvloop", "wheel",
)  # fmt: skip
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_PLUGIN = ("pytest-", "types-", "mkdocs-", "sphinx-", "flake8-", "hatch-", "setuptools-")


def imported(text: str) -> set[str]:
    """Return the top names that a module imports; SyntaxError and its kin are the caller's."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(ast.parse(text).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module.partition(".")[0]} if node.module and not node.level else set()
        else:  # statements alone: an expression imports nothing by itself
            waiting += [inner for name in _BODIES for inner in getattr(node, name, ()) if isinstance(inner, ast.AST)]
    return found - sys.stdlib_module_names


def providers(name: str, installed: Mapping[str, set[str]]) -> set[str]:
    """Return the distributions that a top name could come from."""
    plain = str(canonicalize_name(name))
    return {*installed.get(name, ()), plain, *OTHERWISE.get(plain, ())}


def unused(declared: Iterable[str], used: Iterable[str], installed: Mapping[str, set[str]]) -> Iterator[str]:
    """Find what is declared and that no import could come from."""
    given = {each for name in used for each in providers(name, installed)}
    for name in sorted(set(declared)):
        if name not in given and name not in BESIDE and not name.startswith(_PLUGIN):
            yield name


def undeclared(declared: set[str], used: Iterable[str], installed: Mapping[str, set[str]]) -> Iterator[str]:
    """Find what is imported and that nothing declared could bring."""
    for name in sorted(set(used)):
        if not providers(name, installed) & declared and not any(_prefixed(name, each) for each in declared):
            yield name


def _prefixed(name: str, declared: str) -> bool:
    """Say whether a declared name is that of the import with words around it, as `ib_async` of `python-ib-async`."""
    return f"-{canonicalize_name(name)}-" in f"-{declared}-"
