"""What of a server's texts must not be kept: a recorded server is sent to people, and no secret may be in it.

Too much is cut rather than too little. What a check judges by stays: the scheme of a hash, the names of an environment,
the public halves of keys. It must never give back a text in which it has recognised a secret.
"""

import re
from typing import Final

CUT: Final = "…".encode()
"""What stands where something was."""

LOADS_CODE: Final = frozenset(
    {"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "PYTHONPATH", "NODE_OPTIONS"}
)
"""Variables whose values are judged, as they name code that a program loads (ld.so(8), python(1), node(1))."""

_ENVIRON: Final = re.compile(r"/proc/[^/]+(/task/[^/]+)?/environ")
_SHADOW: Final = re.compile(r"/etc/(passwd|shadow|gshadow|security/opasswd)[-+~.\w]*$")
_SECRET_FILES: Final = re.compile(
    r"/(\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.htpasswd|chap-secrets|pap-secrets|chrony\.keys"
    r"|\.aws/credentials|\.docker/config\.json|\.npmrc|\.pypirc|\.(?:bash|zsh|python|psql|mysql)_history)$"
)
_AUTHENTICATOR: Final = re.compile(r"/\.google_authenticator$|/users\.oath$")
_NAME: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*\Z")
_LOCKS: Final = re.compile(rb"[!*x]*\Z")
_SCHEME: Final = re.compile(rb"(!*)(\$[A-Za-z0-9]{1,12}\$)")

# The head of OpenSSH's own format, up to the name of its cipher: it says whether there is a passphrase (PROTOCOL.key).
_PEM: Final = re.compile(
    rb"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----\s*"
    rb"(?:Proc-Type:[^\n]{0,80}\n|b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{25})?)"
    rb".*?(?=-----END |\Z)",
    re.DOTALL,
)
_PUTTY: Final = re.compile(rb"(Private-Lines: \d{1,4}\r?\n).*?(?=Private-MAC|\Z)", re.DOTALL)
_CRYPT: Final = re.compile(rb"(\$(?:y|gy|7|6|5|2[abxy]|1|sha1|argon2[id]{0,2})\$)[./A-Za-z0-9$=,+]{8,}")
_ASSIGNED: Final = re.compile(
    rb"((?:passw(?:or)?d|passphrase|secret|token|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|preshared[-_ ]?key|_key"
    rb"|setcredential)[A-Za-z0-9_.-]{0,40}[\"']?\s{0,4}=\s{0,4})"
    rb"(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)",
    re.IGNORECASE,
)
_IN_QUOTES: Final = re.compile(  # Environment="NAME=a value with blanks" of a unit (systemd.exec(5))
    rb"([\"'][A-Za-z0-9_]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api_?key|_key)[A-Za-z0-9_]{0,40}=)[^\"'\n]+(?=[\"'])",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    rb"((?:password|passphrase|secret|token|api[-_ ]?key|private[-_ ]?key|_key)[A-Za-z0-9_.-]{0,40}[\"']?"
    rb"\s{0,4}:\s{0,4})(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;{\[]{6,})",
    re.IGNORECASE,
)
_PHRASE: Final = re.compile(
    rb"((?:mnemonic|(?:seed|recovery)[-_ ]?(?:phrase|words?))[\"']?\s{0,4}[=:]\s{0,4})[^\n]+", re.IGNORECASE
)
_OPTION: Final = re.compile(
    rb"((?<![^\s\0\"'])--?(?:[a-z]{1,20}-){0,3}(?:password|passphrase|secret|token|(?:api|secret|private|access)-?key)"
    rb"[ \t\0]+)([^\s\0]+)",
    re.IGNORECASE,
)
_TOKENS: Final = re.compile(
    rb"(?<![A-Za-z0-9_-])(?:AGE-SECRET-KEY-1[A-Z0-9]{20,}|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
    rb"|A[KS]IA[A-Z0-9]{16}|xox[a-z]-[A-Za-z0-9-]{10,}|sk-(?!ssh-|ecdsa-)[A-Za-z0-9_-]{20,}|tskey-[\w-]{10,}"
    rb"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\d{8,11}:[A-Za-z0-9_-]{35}|(?:0x)?[0-9a-fA-F]{64})(?![A-Za-z0-9_-])"
)
_USERINFO: Final = re.compile(rb"(://[^/\s:@]{0,80}:)[^/\s@]{1,200}(?=@)")


def of_file(path: str, data: bytes) -> bytes:
    """Cut what is secret out of a file; `path` is where it stands on the server."""
    if _ENVIRON.fullmatch(path):
        return b"\0".join(_variable(one) for one in data.split(b"\0"))
    if _SHADOW.search(path):
        return text(b"\n".join(map(_account, data.split(b"\n"))))
    if _SECRET_FILES.search(path):
        return CUT if data.strip() else data
    if _AUTHENTICATOR.search(path):
        return b"\n".join(line if line.startswith(b'"') else CUT for line in data.split(b"\n"))
    return text(data)


def of_output(words: tuple[str, ...], out: bytes) -> bytes:
    """Cut what is secret out of what a command printed; `wg` prints its keys as columns."""
    if words[:1] == ("wg",):
        out = b"\n".join(map(_tunnel, out.split(b"\n")))
    return text(out)


def text(data: bytes) -> bytes:
    """Cut out what has the shape of a secret, or stands where one would."""
    for kept in (_PEM, _PUTTY, _CRYPT, _PHRASE, _IN_QUOTES, _ASSIGNED, _QUOTED, _OPTION, _USERINFO):
        data = kept.sub(rb"\1" + CUT, data)
    return _TOKENS.sub(CUT, data)


def _variable(entry: bytes) -> bytes:
    """Keep the name of a variable; what is no variable is the memory of a program that has written over its own."""
    name, equals, value = entry.partition(b"=")
    if not equals or not _NAME.match(name):
        return CUT if entry else entry
    return name + equals + (text(value) if name.decode() in LOADS_CODE else CUT if value else value)


def _account(line: bytes) -> bytes:
    """Keep of a hash its scheme, and of a line that is none of the file's nothing."""
    name, colon, rest = line.partition(b":")
    held, more, others = rest.partition(b":")
    if not colon or not more:
        return CUT if line else line
    return name + colon + _hash(held) + more + others


def _hash(held: bytes) -> bytes:
    if _LOCKS.match(held):
        return held
    found = _SCHEME.match(held)
    return (found[0] if found else b"") + CUT


def _tunnel(line: bytes) -> bytes:
    """Cut the private key of an interface (5 columns) and the shared key of a peer (9 columns): wg(8), dump."""
    row = line.split(b"\t")
    column = {5: 1, 9: 2}.get(len(row))
    if column is None:
        return re.sub(rb"[A-Za-z0-9+/]{42,43}=", CUT, line)
    return b"\t".join(CUT if index == column and one != b"(none)" else one for index, one in enumerate(row))
