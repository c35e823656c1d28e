"""`ringfence second-factor`: what a policy that lets more happen needs beside the passphrase.

Its secrets are shown once, when they are made. Whoever has the vault's file and its passphrase can read them, and the
exchange keys too; they are against everybody who has come by less than both.
"""

import base64
import io
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

import segno
import typer

from ringfence.cli import control, show
from ringfence.cli.unlock import PassphraseFd, open_vault, proof_by, secret
from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskCode
from ringfence.settings import load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import Secret, wipe
from ringfence.vault.totp import RECOVERY_BYTES, SEED_BYTES, matching_step, recovery_hash
from ringfence.vault.totp import read as read_code
from ringfence.vault.vault import Vault

app = typer.Typer(help="The second factor, which a wider policy needs.", no_args_is_help=True)

CodeFd = Annotated[
    int | None,
    typer.Option(metavar="N", help="Read the second factor's code from file descriptor N instead of asking."),
]

_MAX_CODE = 64
_TRIES = 3
_NEW = "`ringfence second-factor new` makes one"
_WRONG = "the code is wrong; is this machine's clock right?"
_LOST = (
    "Write the recovery code on paper, and keep it where this machine is not. Without app and recovery code no policy\n"
    "can be widened any more: that takes a new vault and a new exchange key."
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A second factor as it is shown, once: the app's secret in base32, and the recovery code."""

    seed: str
    recovery: str

    def address(self, name: str) -> str:
        """Write what an authenticator app takes in (the key URI format of Google Authenticator)."""
        return f"otpauth://totp/{quote(f'Ringfence:{name}')}?secret={self.seed}&issuer=Ringfence"

    def document(self, name: str) -> dict[str, str]:
        """Say it for a program."""
        return {"address": self.address(name), "secret": self.seed, "recovery_code": self.recovery}


@app.command("new")
def new(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """Make a second factor for a vault that has none, and show it once."""
    settings = load(context.obj)
    with open_vault(settings, passphrase_fd) as vault:
        if record_of(vault) is not None:
            raise Misconfigured("the vault has a second factor", hint="`ringfence second-factor renew` replaces it")
        fresh = make(vault)
        control.reload(settings)
    tell(fresh, settings.home.name, as_json=as_json)
    if not as_json:
        enrol(fresh)


@app.command("renew")
def renew(
    context: typer.Context,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
    code_fd: CodeFd = None,
) -> None:
    """Replace the second factor, by a code of the app or by the recovery code; the signer must be running."""
    settings = load(context.obj)
    with open_vault(settings, passphrase_fd) as vault:
        code = ask_code(vault, code_fd)
        control.ask(settings, AskCode(code, proof_by(vault, settings, "code", code.encode())))
        fresh = make(vault)
        control.reload(settings)
    tell(fresh, settings.home.name, as_json=as_json)
    if not as_json:
        enrol(fresh)


@app.command("check")
def check(
    context: typer.Context,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
    code_fd: CodeFd = None,
) -> None:
    """See whether an app shows the right codes; the code is not used up. Exit code 1 where it does not."""
    with open_vault(load(context.obj), passphrase_fd) as vault:
        code = ask_code(vault, code_fd)
        with vault.reveal(RecordKind.TOTP) as seed:
            fits = _fits(seed.view(), code)
    if as_json:
        show.value({"right": fits})
    else:
        typer.echo("the code is right" if fits else _WRONG)
    raise typer.Exit(0 if fits else 1)


def record_of(vault: Vault) -> Record | None:
    """Find the second factor of a vault."""
    return next((record for record in vault.records if record.kind is RecordKind.TOTP), None)


def ask_code(vault: Vault, fd: int | None) -> str:
    """Ask for a code; raises `Misconfigured` where there is nothing that it could be a code of."""
    if record_of(vault) is None:
        raise Misconfigured("the vault has no second factor, and this needs one", hint=_NEW)
    given = secret("code of the second factor", fd, most=_MAX_CODE)
    try:
        return given.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Misconfigured("this is no code", hint="six digits of the app, or the recovery code") from None
    finally:
        wipe(given)


def make(vault: Vault) -> Fresh:
    """Draw a second factor and a recovery code, and seal them in place of any before."""
    now = int(time.time())
    with Secret.random(SEED_BYTES) as seed, Secret.random(RECOVERY_BYTES) as drawn:
        packed = base64.b32encode(drawn.view()).decode()
        fresh = Fresh(base64.b32encode(seed.view()).decode(), "-".join(_groups(packed)))
        with Secret.take(bytearray(recovery_hash(packed))) as kept:
            vault.renew((_record(RecordKind.TOTP, now), seed), (_record(RecordKind.RECOVERY, now), kept))
    return fresh


def tell(fresh: Fresh, name: str, *, as_json: bool) -> None:
    """Show a new second factor; it is not shown again."""
    if as_json:
        return show.value(fresh.document(name))
    if show.terminal():
        drawn = io.StringIO()
        segno.make(fresh.address(name), error="m").terminal(drawn, compact=True)
        typer.echo(f"\n{drawn.getvalue()}")
    typer.echo("The second factor. It is shown now and never again; a policy that lets more happen needs it.\n")
    typer.echo(f"  for an authenticator app  {fresh.address(name)}")
    typer.echo(f"  or typed in               {' '.join(_groups(fresh.seed))}")
    typer.echo(f"  recovery code, good once  {fresh.recovery}\n")
    return typer.echo(_LOST)


def enrol(fresh: Fresh) -> None:
    """See at a terminal that the app has taken it in; a person may put that off."""
    if not (show.terminal() and sys.stdin.isatty()):
        return
    for _ in range(_TRIES):
        typed = typer.prompt("\nthe code that the app shows (Enter: later)", default="", show_default=False)
        if not typed:
            break
        if _fits(memoryview(base64.b32decode(fresh.seed)), typed):
            typer.echo("the code is right")
            return
        typer.echo(_WRONG)
    typer.echo("`ringfence second-factor check` tries it later")


def _fits(seed: memoryview, typed: str) -> bool:
    code = read_code(typed)
    return code is not None and matching_step(seed, code.digits, int(time.time())) is not None


def _record(kind: RecordKind, now: int) -> Record:
    return Record(id=kind.value, kind=kind, key=secrets.token_hex(8), created=now)


def _groups(text: str) -> list[str]:
    return [text[first : first + 4] for first in range(0, len(text), 4)]
