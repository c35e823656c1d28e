"""`ringfence certificates`: what bots are to trust, what the gateway shows them, and their passes for the proxy.

The authority's key is in the vault alone: it is there while this command runs, and in no process that goes on.
"""

import datetime as dt
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import typer
from cryptography import x509

from ringfence import certificates as making
from ringfence import whole
from ringfence.cli import control, show
from ringfence.cli.unlock import PassphraseFd, keep_passes, open_vault
from ringfence.dialects.hosts import known_hosts
from ringfence.errors import Broken
from ringfence.policy.domains import OWN
from ringfence.settings import OWN_HOST, Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault

_NAME = "Ringfence on this machine"
_ID = RecordKind.AUTHORITY.value


def certificates(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """Make or add what bots need to come in by HTTPS: certificates to trust and to show, and passes for the proxy."""
    settings = load(context.obj)
    with open_vault(settings, passphrase_fd) as vault:
        before = vault.counter
        made = make(settings, vault)
        changed = vault.counter != before
    if changed:
        control.reload(settings)
    said = [str(path.relative_to(settings.home)) for path in made]
    if as_json:
        return show.value({"made": said, "authority": str(settings.authority), "bundle": str(settings.bundle)})
    for name in said:
        typer.echo(f"made {name}")
    typer.echo(f"{len(known_hosts())} hosts have a certificate from {settings.authority}")
    if settings.proxy is None:
        typer.echo("there is no proxy yet: add [proxy] with a port, such as 8118, to ringfence.toml")
    return None


def make(settings: Settings, vault: Vault) -> tuple[Path, ...]:
    """Make what is missing or no longer fits, and say which files that was."""
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    key = _key(vault)
    authority, made = _authority(settings, key, now)
    ours = making.pem(authority)
    shim = files("ringfence").joinpath("shim", "sitecustomize.py").read_bytes()
    wanted = {settings.bundle: making.system_roots() + ours, settings.trust / "python" / "sitecustomize.py": shim}
    made += [path for path, content in wanted.items() if whole.put(path, content, making.PUBLIC)]
    for host, names in _leaves():
        path = settings.leaf(host)
        if not path.exists() or not making.fits(path.read_bytes(), authority, names, now):
            whole.put(path, b"".join(making.leaf(authority, key, names, now)), making.PRIVATE)
            made.append(path)
    if keep_passes(settings, vault, mend=True):
        made.append(settings.passes)
    return tuple(made)


def _leaves() -> Iterator[tuple[str, tuple[str, ...]]]:
    """List the leaves there are to be, and the names that each is for: exchanges' hosts, and this machine."""
    yield from ((host, (host,)) for host in known_hosts())
    yield OWN_HOST, ("127.0.0.1", OWN_HOST)


def _key(vault: Vault) -> making.Key:
    """Return the authority's key; draws and seals one where there is none."""
    if not any(record.kind is RecordKind.AUTHORITY for record in vault.records):
        fresh = bytearray(making.private_pem(making.new_key()))
        vault.add(Record(_ID, RecordKind.AUTHORITY, created=int(time.time())), fresh)
    with vault.reveal(_ID) as sealed:
        key = making.load_key(bytes(sealed.view()))
    if key is None:
        raise Broken("the authority's key in the vault is no key")
    return key


def _authority(settings: Settings, key: making.Key, now: dt.datetime) -> tuple[x509.Certificate, list[Path]]:
    """Return the authority's certificate, and its file where that was made."""
    path = settings.authority
    there = making.load(path)
    if path.exists() and (there is None or not making.is_of(there, key)):
        hint = "find out who put it there; once it is away, `ringfence certificates` makes the right one"
        raise Broken(f"{path} is not the certificate of the authority in the vault", hint=hint)
    if there is not None and making.stands(there, key, OWN, now):
        return there, []
    made = making.authority(key, _NAME, OWN, now)
    whole.put(path, making.pem(made), making.PUBLIC)
    return made, [path]
