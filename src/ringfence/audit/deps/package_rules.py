"""What the dependency audit looks for in names, and in a file before it is installed: one rule each.

An example whose first line is `--- !archive` is packed into an archive of that name and judged as a download.
"""

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

LOOK_ALIKE = Rule(
    id="deps/look-alike",
    severity=Severity.MEDIUM,
    title="its name is nearly the name of a known package",
    why="Names one slip away from a known one are registered to be installed by mistake. Many are harmless: this is a "
    "warning.",
    fix="compare it with the name in the documentation of the package that you mean",
    example="--- requirements.txt\npyhton-binance==1.0.19\n",
)
COMBINATION_NAME = Rule(
    id="deps/combination-name",
    severity=Severity.MEDIUM,
    title="its name claims to belong to a known package",
    why="ccxt-mexc-futures (2025) looked like a part of ccxt and sent keys to its maker. Many such names are honest "
    "work of others: this is a warning.",
    fix="see whether the makers of the known package name it; if they do not, read it before you install it",
    example="--- requirements.txt\nccxt-mexc-futures==0.1.1\n",
)
FOREIGN_LETTERS = Rule(
    id="deps/foreign-letters",
    severity=Severity.HIGH,
    title="its name has letters that no registry allows",
    why="Letters of other scripts look the same and are others; a control character hides a part of a name.",
    fix="type the name anew by hand",
    example="--- requirements.txt\nссxt==4.5.90\n",  # noqa: RUF001 - the two letters are the point
)
LOOK_ALIKE_HOST = Rule(
    id="deps/look-alike-host",
    severity=Severity.HIGH,
    title="an address that imitates that of a registry",
    why="In 2024 a trading bot's requirements took colorama from a host one letter away from the index's own.",
    fix="remove it; treat a machine that installed from it as taken over",
    example="--- requirements.txt\ncolorama @ https://files.{near_index}/colorama-0.4.6.tar.gz\n",
)
HOSTILE_ARCHIVE = Rule(
    id="deps/hostile-archive",
    severity=Severity.HIGH,
    title="an archive that would write outside of itself, or is made to fill the disk",
    why="Members with absolute paths, `..`, links or absurd sizes are no accident of packing.",
    fix="delete it",
    example="--- !bot.zip\n--- ../../.bashrc\ntrue\n",
)
HASH_MISMATCH = Rule(
    id="deps/hash-mismatch",
    severity=Severity.HIGH,
    title="the file is not the one whose hash was given",
    why="Somebody put another file under its name, or the download broke.",
    fix="do not install it; fetch it again, from the registry",
    example="--- !signals-1.0-py3-none-any.whl\n--- signals-1.0.dist-info/METADATA\nName: signals\nVersion: 1.0\n"
    "--- !lock\nsignals==1.0 --hash=sha256:{digest}\n",
)
OTHER_NAME = Rule(
    id="deps/other-name",
    severity=Severity.HIGH,
    title="the file is named for another package or version than the one inside",
    why="What is asked for is not what would be installed.",
    fix="do not install it",
    example="--- !ccxt-4.5.90-py3-none-any.whl\n--- ccxt-4.5.90.dist-info/METADATA\nName: signals\nVersion: 1.0\n",
)
UNKNOWN_REPOSITORY = Rule(
    id="deps/unknown-repository",
    severity=Severity.LOW,
    title="names no repository that is known",
    why="The list of known bots is short, and most honest code is not on it: here the reading is yours to do.",
    fix="audit the unpacked tree as code before you run it",
    example="--- !signals-1.0-py3-none-any.whl\n--- signals-1.0.dist-info/METADATA\nName: signals\nVersion: 1.0\n",
)
LOOK_ALIKE_REPOSITORY = Rule(
    id="deps/look-alike-repository",
    severity=Severity.HIGH,
    title="names a repository that imitates a known one, or that does not publish it",
    why="Copies of known bots with one file more are how wallets were taken in 2024 and 2025.",
    fix="fetch it from the repository that its documentation names",
    example="--- !freqtrade-2026.9-py3-none-any.whl\n--- freqtrade-2026.9.dist-info/METADATA\nName: freqtrade\n"
    "Version: 2026.9\nProject-URL: Repository, https://github.com/freqtrad/freqtrade\n",
)
OTHER_REPOSITORY = Rule(
    id="deps/other-repository",
    severity=Severity.MEDIUM,
    title="goes by the name of a known package and names another repository",
    why="A fork or a copy; or the project has moved since the list was made.",
    fix="see where the project's own documentation says that it is made",
    example="--- !freqtrade-2026.9-py3-none-any.whl\n--- freqtrade-2026.9.dist-info/METADATA\nName: freqtrade\n"
    "Version: 2026.9\nProject-URL: Repository, https://github.com/somebody/freqtrade-plus\n",
)
SETUP_CODE = Rule(
    id="deps/setup-code",
    severity=Severity.MEDIUM,
    title="its setup.py does more than describe it",
    why="It runs at install, as you. Whatever it starts, fetches or writes happens before anybody looked.",
    fix="install a wheel instead; or read it line by line and build it where no key is",
    example="--- !signals-1.0.tar.gz\n--- signals-1.0/setup.py\nimport os\nfrom setuptools import setup\n"
    "os.system('true')\nsetup(name='signals')\n",
)

PACKAGE_RULES: tuple[Rule, ...] = (
    LOOK_ALIKE,
    COMBINATION_NAME,
    FOREIGN_LETTERS,
    LOOK_ALIKE_HOST,
    HOSTILE_ARCHIVE,
    HASH_MISMATCH,
    OTHER_NAME,
    UNKNOWN_REPOSITORY,
    LOOK_ALIKE_REPOSITORY,
    OTHER_REPOSITORY,
    SETUP_CODE,
)
