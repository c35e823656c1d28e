"""What the first half of the dependency audit looks for: how a bot is put together, one rule each, with its reason.

An example is a small tree: a line `--- path` and below it what the file says. What a program is *known* to have wrong
with it (advisories, names that are known to be malicious) is not here.
"""

from ringfence.audit.deps.environment_rules import ENVIRONMENT_RULES
from ringfence.audit.deps.package_rules import PACKAGE_RULES
from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

UNPINNED = Rule(
    id="deps/unpinned",
    severity=Severity.MEDIUM,
    title="not pinned to one version",
    why="An install takes whatever is newest. Stolen releases of known libraries lived for hours to a day; whoever "
    "installed in that time without a lock got them.",
    fix="write a lock file with hashes, of releases that are a week old at least, and install from it alone",
    example="--- requirements.txt\nccxt>=4\n",
)
UNHASHED = Rule(
    id="deps/unhashed",
    severity=Severity.LOW,
    title="pinned without a hash",
    why="A version is a name. Only a hash says which bytes it stands for; without one an index, a mirror or a file "
    "added to the release later decides.",
    fix="write the hashes into the lock, and install with --require-hashes --only-binary :all:",
    example="--- requirements.txt\nccxt==4.5.90\n",
)
DIRECT_URL = Rule(
    id="deps/direct-url",
    severity=Severity.MEDIUM,
    title="comes from an address of its own, not from the registry",
    why="No registry has it, so no advisory names it and nobody can withdraw it; whoever holds the address decides.",
    fix="use the release in the registry, pinned with a hash; if there is none, read the code and lock its hash",
    example="--- requirements.txt\nccxt @ https://files.example/ccxt-4.5.90-py3-none-any.whl\n",
)
LOCAL_PATH = Rule(
    id="deps/local-path",
    severity=Severity.INFO,
    title="comes from a path on this machine",
    why="What lies there is installed as it is, and no lock says what that was.",
    fix="audit that tree as code of your own",
    example="--- requirements.txt\n./strategies-common\n",
)
GIT_WITHOUT_COMMIT = Rule(
    id="deps/git-without-commit",
    severity=Severity.HIGH,
    title="comes from a git branch or tag, which can move",
    why="Whoever can push to that repository decides what the next install runs; a tag is as movable as a branch.",
    fix="name the full commit that you read: git+https://HOST/OWNER/NAME@COMMIT",
    example="--- requirements.txt\nstrategies @ git+https://git.example/somebody/strategies@main\n",
)
EXTRA_INDEX = Rule(
    id="deps/extra-index",
    severity=Severity.MEDIUM,
    title="packages are also looked for at an address beside the registry",
    why="pip and npm trust each source alike. Whoever answers there can offer any name, with a higher version.",
    fix="use one source alone, or bind each name to its source (uv: explicit index; npm: a scope)",
    example="--- pip.conf\n[global]\nextra-index-url = https://packages.example/py\n",
)
OTHER_INDEX = Rule(
    id="deps/other-index",
    severity=Severity.LOW,
    title="the registry is replaced by another address",
    why="Everything comes from there. A mirror is harmless with hashes in the lock and all-powerful without.",
    fix="install from a lock with hashes, so that the mirror can only refuse",
    example="--- .npmrc\nregistry=https://packages.example/npm\n",
)
INSECURE_INDEX = Rule(
    id="deps/insecure-index",
    severity=Severity.HIGH,
    title="packages are fetched without a verified connection",
    why="Whoever sits on the way (a wireless network, a hosting company, a proxy) can put in another file.",
    fix="use https and verify it; remove trusted-host and strict-ssl=false",
    example="--- pip.conf\n[global]\ntrusted-host = packages.example\n",
)
DEPENDENCY_CONFUSION = Rule(
    id="deps/dependency-confusion",
    severity=Severity.MEDIUM,
    title="more than one source could answer for a name",
    why="With two sources and no hash the higher version wins: a stranger who registers a private name, or answers for "
    "a public one, is installed.",
    fix="lock with hashes, or bind each name to one source",
    example="--- requirements.txt\n{extra_index} https://packages.example/py\nour-signals==1.2\n",
)
OFF_REGISTRY = Rule(
    id="deps/off-registry",
    severity=Severity.HIGH,
    title="the lock takes it from somewhere else than the registry",
    why="A lock is hardly read by anybody. A trading bot of 2025 was armed by one line that took a package from a "
    "release page instead of the registry.",
    fix="remove the entry, lock anew from the registry, and compare the two files",
    example='--- package-lock.json\n{"lockfileVersion": 3, "packages": {"node_modules/layout-utils": '
    '{"version": "1.3.1", "resolved": "https://github.com/somebody/layout-utils/releases/download/1.3.1/l.tgz", '
    '"integrity": "sha512-AAAA"}}}\n',
)
OTHER_PACKAGE = Rule(
    id="deps/other-package",
    severity=Severity.HIGH,
    title="the lock takes the file of another package under this name",
    why="The name that is read is not the one that is installed.",
    fix="remove the entry and lock anew from the registry",
    example='--- package-lock.json\n{"lockfileVersion": 3, "packages": {"node_modules/axios": {"version": "1.7.0", '
    '"resolved": "https://{npm}/axios-proxied/-/axios-proxied-1.7.0.tgz", "integrity": "sha512-AAAA"}}}\n',
)
NO_INTEGRITY = Rule(
    id="deps/no-integrity",
    severity=Severity.MEDIUM,
    title="an entry of the lock has no hash",
    why="Other entries have one. An entry without can be swapped at its source and nobody notices.",
    fix="lock anew, with hashes for every entry",
    example='--- package-lock.json\n{"lockfileVersion": 3, "packages": {"node_modules/ws": {"version": "8.18.0", '
    '"resolved": "https://{npm}/ws/-/ws-8.18.0.tgz"}}}\n',
)
BUILT_FROM_SOURCE = Rule(
    id="deps/built-from-source",
    severity=Severity.LOW,
    title="the lock has no wheel of it, so that its build script runs at install",
    why="A build script runs as you, with your files and network, before a line of the bot does.",
    fix="choose a version with a wheel and install with --only-binary :all:, or build it once where no key is",
    example='--- uv.lock\nversion = 1\n[[package]]\nname = "old-signals"\nversion = "0.3"\n'
    'source = { registry = "https://{index}/simple" }\n'
    'sdist = { url = "https://{files}/old-signals-0.3.tar.gz", hash = "sha256:{digest}" }\n',
)
INSTALL_HOOK = Rule(
    id="deps/install-hook",
    severity=Severity.MEDIUM,
    title="runs a program while it is installed",
    why="The self-spreading npm attacks of 2025 came through preinstall scripts: they run before anybody read a line.",
    fix="install with `npm ci --ignore-scripts`, and run by hand only the scripts that you have read",
    example='--- package.json\n{"name": "bot", "scripts": {"preinstall": "node setup.js"}}\n',
)
DUPLICATE_KEY = Rule(
    id="deps/duplicate-key",
    severity=Severity.MEDIUM,
    title="one key stands twice in one object",
    why="Programs disagree about which one counts: what a reviewer's tool shows need not be what is installed.",
    fix="write the file anew with its own tool",
    example='--- package.json\n{"name": "bot", "dependencies": {"ws": "8.18.0", "ws": "https://files.example/ws.tgz"}}\n',
)
DUPLICATE_VERSION = Rule(
    id="deps/duplicate-version",
    severity=Severity.LOW,
    title="two versions of one package in one place",
    why="Which one is loaded depends on the order of names; an update of the other changes nothing.",
    fix="make the environment anew from the lock",
    example="--- requirements.txt\nccxt==4.5.90\nccxt==4.1.2\n",
)
UNUSED = Rule(
    id="deps/unused",
    severity=Severity.INFO,
    title="declared, and imported nowhere in the project",
    why="Each dependency can be taken over; one that nothing needs is a risk without a use.",
    fix="remove it, unless it is loaded by another way (a plug-in, a command)",
    example="--- requirements.txt\npandas\n--- bot.py\nimport json\n",
)
UNDECLARED = Rule(
    id="deps/undeclared",
    severity=Severity.LOW,
    title="imported, and declared nowhere",
    why="It comes along with something else, or somebody installs it by hand under the name that they guess.",
    fix="declare it, pinned with a hash",
    example="--- requirements.txt\npandas\n--- bot.py\nimport pandas\nimport ccxt\n",
)

RULES: tuple[Rule, ...] = (
    UNPINNED,
    UNHASHED,
    DIRECT_URL,
    LOCAL_PATH,
    GIT_WITHOUT_COMMIT,
    EXTRA_INDEX,
    OTHER_INDEX,
    INSECURE_INDEX,
    DEPENDENCY_CONFUSION,
    OFF_REGISTRY,
    OTHER_PACKAGE,
    NO_INTEGRITY,
    BUILT_FROM_SOURCE,
    INSTALL_HOOK,
    DUPLICATE_KEY,
    DUPLICATE_VERSION,
    UNUSED,
    UNDECLARED,
    *ENVIRONMENT_RULES,
    *PACKAGE_RULES,
)
