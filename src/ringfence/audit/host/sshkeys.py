"""Public keys of SSH: what kind and how long, by which fingerprint, and who may log in with which.

Only what is public is kept. Of a private key all that is told is whether a passphrase guards it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ringfence.audit.host import accounts, sshd
from ringfence.audit.host.accounts import Account
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_DEFAULT = (".ssh/authorized_keys", ".ssh/authorized_keys2")  # sshd_config(5), AuthorizedKeysFile
_KIND = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[\w.@-]+")
_OPTIONS = re.compile(r'(?P<options>(?:"(?:\\.|[^"\\])*"|[^\s"])+)\s+(?P<rest>.*)')
_OPTION = re.compile(r'((?:"(?:\\.|[^"\\])*"|[^,"])+)')
_RSA_PARTS = 3  # RFC 4253, 6.6: kind, e, n
_MAGIC = b"openssh-key-v1\0"  # PROTOCOL.key of OpenSSH


class Key(NamedTuple):
    """One public key; `bits` is 0 where its kind has but one length. `options` are as the line says them."""

    kind: str
    bits: int
    fingerprint: str
    options: tuple[str, ...] = ()

    def has(self, option: str) -> bool:
        """Say whether the line has this option; names have no case."""
        return any(each.partition("=")[0].lower() == option for each in self.options)


class Grant(NamedTuple):
    """One line that lets somebody in; `key` is None where this is no line that can be read."""

    account: Account
    path: str
    line: int
    key: Key | None


def parse(text: str) -> Key | None:
    """Read a line of authorized_keys, or of a .pub file; None for what is none."""
    rest, options = text.strip(), ""
    if not _KIND.match(rest):
        found = _OPTIONS.match(rest)
        if found is None:
            return None
        options, rest = found["options"], found["rest"]
    words = rest.split()
    blob = _decoded(words[1]) if len(words) > 1 and _KIND.fullmatch(words[0]) else b""
    parts = _parts(blob)
    if not parts or not _KIND.fullmatch(parts[0].decode("ascii", "replace")):
        return None
    kind = parts[0].decode("ascii")
    bits = int.from_bytes(parts[2]).bit_length() if kind == "ssh-rsa" and len(parts) >= _RSA_PARTS else 0
    told = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Key(kind, bits, f"SHA256:{told}", tuple(_OPTION.findall(options)))


def grants(host: Host) -> tuple[Grant, ...]:
    """List every line of every account's authorized keys; raises `Unseen` where a key can also come from elsewhere."""
    patterns: tuple[str, ...] = _DEFAULT
    if sshd.installed(host):
        server = sshd.read(host)
        _nowhere_else(server)
        patterns = tuple(dict.fromkeys(each for one in server.says("authorizedkeysfile") for each in one.value.split()))
    return tuple(
        Grant(account, path, number, parse(line))
        for account in accounts.accounts(host)
        for path in files(account, patterns)
        for number, line in enumerate((host.text(path) or "").split("\n"), 1)
        if line.strip() and not line.strip().startswith("#")
    )


def files(account: Account, patterns: tuple[str, ...]) -> Iterator[str]:
    """List where an account's keys are, by sshd_config(5): its %h, %u and %U, and what is not absolute is at home."""
    told = {"%": "%", "h": account.home, "u": account.name, "U": str(account.uid)}
    for pattern in patterns:
        if pattern.lower() != "none":
            path = re.sub("%(.)", lambda found: told.get(found[1], found[0]), pattern)
            yield path if path.startswith("/") else f"{account.home.rstrip('/')}/{path}"


_ELSEWHERE: Final = ("authorizedkeyscommand", "trustedusercakeys")


def _nowhere_else(server: sshd.Sshd) -> None:
    for key in _ELSEWHERE:
        for one in server.says(key):
            if one.value.lower() != "none":
                raise Unseen(f"keys also come by {one}, which this check does not ask")


def guarded(text: str) -> bool | None:
    """Say whether a passphrase guards a private key, or a token's hardware does; None for what is no private key."""
    if "PRIVATE KEY-----" not in text[:200]:  # the first line
        return None
    if "BEGIN OPENSSH PRIVATE KEY" not in text:
        return "ENCRYPTED" in text[:400]  # RFC 1421 and RFC 5958: in one of the first lines
    body = "".join(line.strip() for line in text.splitlines() if "-----" not in line)
    parts = _parts(_decoded(body).removeprefix(_MAGIC), counted=3)
    if len(parts) <= 3:  # noqa: PLR2004  # PROTOCOL.key of OpenSSH: cipher, kdf, its options, the public key
        return False
    return parts[0] != b"none" or any(part.startswith(b"sk-") for part in _parts(parts[3])[:1])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _parts(blob: bytes, counted: int = -1) -> tuple[bytes, ...]:
    """Split what RFC 4251 calls strings, each after its length; up to the first that is cut short.

    After so many as `counted` says, there is a number that is no length.
    """
    parts, at = list[bytes](), 0
    while at + 4 <= len(blob):
        size = int.from_bytes(blob[at : at + 4])
        if at + 4 + size > len(blob):
            break
        parts.append(blob[at + 4 : at + 4 + size])
        at += 4 + size + (4 if len(parts) == counted else 0)
    return tuple(parts)
