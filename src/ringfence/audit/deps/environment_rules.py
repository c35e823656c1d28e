"""What the dependency audit looks for in what is installed: rules about files that are there, one each."""

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

_SITE = "--- .venv/lib/python3.11/site-packages/"
_SIGNALS = f"{_SITE}signals-1.0.dist-info/METADATA\nName: signals\nVersion: 1.0\n"
_OTHER = f"{_SITE}other-1.0.dist-info/METADATA\nName: other\nVersion: 1.0\n"

START_HOOK = Rule(
    id="deps/start-hook",
    severity=Severity.HIGH,
    title="runs code at every start of Python, whatever is started",
    why="A `.pth` line that begins with `import` runs before the bot does and without being imported. The stolen "
    "litellm releases of March 2026 took keys from there.",
    fix="read that line; if no package of yours needs it, delete the file and make the environment anew",
    example=f"{_SITE}signals_init.pth\nimport os; os.system('true')\n{_SIGNALS}",
)
KNOWN_START_HOOK = Rule(
    id="deps/known-start-hook",
    severity=Severity.INFO,
    title="a known package runs code at every start of Python",
    why="This file is, byte for byte, or in its whole form, one that a known tool installs. It is told as it runs.",
    fix="nothing, as long as you use that tool",
    example=f"{_SITE}_virtualenv.pth\nimport _virtualenv\n{_SIGNALS}",
)
ADDED_PATH = Rule(
    id="deps/added-path",
    severity=Severity.LOW,
    title="adds a directory to where Python imports from",
    why="Whoever can write there can run code in the bot, and no RECORD covers it.",
    fix="install a wheel instead of an editable tree, or make that directory unwritable for the bot",
    example=f"{_SITE}signals.pth\n/srv/signals/src\n{_SIGNALS}",
)
SITE_CUSTOMIZE = Rule(
    id="deps/site-customize",
    severity=Severity.HIGH,
    title="a module that Python imports by itself at every start",
    why="Python runs `sitecustomize` and `usercustomize` before anything else; hardly any package brings one.",
    fix="read it, and delete it unless you wrote it",
    example=f"{_SITE}sitecustomize.py\nprint('here')\n{_SIGNALS}",
)
ALTERED_FILE = Rule(
    id="deps/altered-file",
    severity=Severity.HIGH,
    title="an installed file is not the one that its RECORD names",
    why="Somebody or something changed it after it was installed.",
    fix="make the environment anew from a lock with hashes, and find out who could write there",
    example=f"{_SIGNALS}{_SITE}signals.py\nprint('changed')\n"
    f"{_SITE}signals-1.0.dist-info/RECORD\nsignals.py,sha256=AAAA,12\n",
)
MISSING_FILE = Rule(
    id="deps/missing-file",
    severity=Severity.LOW,
    title="files that a RECORD names are not there",
    why="The installation is not whole; what is imported in their place comes from somewhere else.",
    fix="make the environment anew from the lock",
    example=f"{_SIGNALS}{_SITE}signals-1.0.dist-info/RECORD\nsignals.py,sha256=AAAA,12\n",
)
BROKEN_RECORD = Rule(
    id="deps/broken-record",
    severity=Severity.MEDIUM,
    title="a RECORD that does not say what was installed",
    why="It is missing, cannot be read, names files outside of its environment or has no hash for them: so nothing can "
    "be compared with it.",
    fix="install that package anew from a wheel",
    example=f"{_SIGNALS}{_SITE}signals-1.0.dist-info/RECORD\n../../../../../etc/hosts,sha256=AAAA,12\n",
)
UNRECORDED_FILE = Rule(
    id="deps/unrecorded-file",
    severity=Severity.MEDIUM,
    title="files that no installed package owns",
    why="They can be imported and nothing says where they come from. A module beside a package can stand in its place.",
    fix="find out who wrote them; make the environment anew from the lock",
    example=f"{_SIGNALS}{_SITE}signals-1.0.dist-info/RECORD\nsignals-1.0.dist-info/METADATA,,\n"
    f"{_SITE}requests.py\nprint('in its place')\n",
)
STRAY_BYTECODE = Rule(
    id="deps/stray-bytecode",
    severity=Severity.HIGH,
    title="compiled code whose source is not there",
    why="Python imports a `.pyc` beside no source as gladly as a source, and no review reads it.",
    fix="delete it; if something breaks, ask its maker for the source",
    example=f"{_SIGNALS}{_SITE}signals-1.0.dist-info/RECORD\nsignals-1.0.dist-info/METADATA,,\n"
    f"{_SITE}signals/core.pyc\ncompiled\n",
)
LOOSE_BYTECODE = Rule(
    id="deps/loose-bytecode",
    severity=Severity.INFO,
    title="compiled code beside its source, which no RECORD vouches for",
    why="Python runs a `.pyc` whose header fits its source and never looks whether the rest does. A poisoned one runs "
    "while source and RECORD verify.",
    fix="start the bot with `-X pycache_prefix=DIR`, DIR being empty and the bot's alone, so that none of them is used",
    example=f"{_SIGNALS}{_SITE}signals.py\nA = 1\n{_SITE}__pycache__/signals.cpython-311.pyc\ncompiled\n"
    f"{_SITE}signals-1.0.dist-info/RECORD\nsignals.py,sha256=AAAA,6\n",
)
TWO_OWNERS = Rule(
    id="deps/two-owners",
    severity=Severity.MEDIUM,
    title="two packages each claim one file, and differ about it",
    why="The one that was installed last has replaced a part of the other.",
    fix="uninstall both, then install the one that you need",
    example=f"{_SIGNALS}{_OTHER}{_SITE}signals.py\nprint('whose')\n"
    f"{_SITE}signals-1.0.dist-info/RECORD\nsignals.py,sha256=AAAA,12\n"
    f"{_SITE}other-1.0.dist-info/RECORD\nsignals.py,sha256=BBBB,12\n",
)
SCRIPT_OVERWRITE = Rule(
    id="deps/script-overwrite",
    severity=Severity.HIGH,
    title="a package installs a command under a name that belongs to another",
    why="bitcoinlibdbfix (2025) replaced the wallet command `clw` and copied the wallet when it was next used.",
    fix="uninstall both, then install the one that you need; treat wallets that the command opened as known to others",
    example=f"{_SIGNALS}{_SITE}signals-1.0.dist-info/entry_points.txt\n[console_scripts]\nclw = signals:main\n",
)
BINARY = Rule(
    id="deps/binary",
    severity=Severity.INFO,
    title="has parts without source",
    why="Compiled parts are ordinary for packages that compute. Nobody can read them here, and no code audit saw them.",
    fix="nothing, where the package is known and its hash is locked",
    example=f"{_SIGNALS}{_SITE}signals/core.so\nbinary\n{_SITE}signals-1.0.dist-info/RECORD\n"
    "signals/core.so,sha256=WOr1p41YD129SdMaW3MwlBabMb_fSQVbdLysKHfY9Yw,7\n",
)
UNVERIFIED_BINARY = Rule(
    id="deps/unverified-binary",
    severity=Severity.MEDIUM,
    title="has parts without source that no RECORD vouches for",
    why="They cannot be read, and nothing says that they are what the package brought.",
    fix="install that package anew from a wheel whose hash is locked",
    example=f"{_SIGNALS}{_SITE}signals/core.so\nbinary\n{_SITE}signals-1.0.dist-info/RECORD\nsignals/core.so,,\n",
)
OBFUSCATED = Rule(
    id="deps/obfuscated",
    severity=Severity.HIGH,
    title="code that was made unreadable on purpose",
    why="It carries the marks of an obfuscator. A library has no reason for that; the 2025 trading bot thefts had one.",
    fix="do not run it beside a key; use a package whose source can be read",
    example=f"{_SIGNALS}{_SITE}signals/core.py\n__import__('x')\nexec(__pyarmor__('a', b'bb'))\n",
)
MINIFIED = Rule(
    id="deps/minified",
    severity=Severity.INFO,
    title="has source in lines too long to read",
    why="Minified code is ordinary in what browsers load, and nobody reviews it.",
    fix="nothing, where the package is known and its hash is locked",
    example=f"{_SIGNALS}{_SITE}signals/core.py\nA = '{'a' * 5_001}'\n",
)

ENVIRONMENT_RULES: tuple[Rule, ...] = (
    START_HOOK,
    KNOWN_START_HOOK,
    ADDED_PATH,
    SITE_CUSTOMIZE,
    ALTERED_FILE,
    MISSING_FILE,
    BROKEN_RECORD,
    UNRECORDED_FILE,
    STRAY_BYTECODE,
    LOOSE_BYTECODE,
    TWO_OWNERS,
    SCRIPT_OVERWRITE,
    BINARY,
    UNVERIFIED_BINARY,
    OBFUSCATED,
    MINIFIED,
)
