"""`ringfence init`: make a deployment. It never overwrites anything."""

import os
import stat
import time
from pathlib import Path
from typing import Annotated

import typer

from ringfence.cli import certificates, digests, factor, radius, show, starter
from ringfence.cli.pointing import Pointing
from ringfence.cli.sealing import seal_paper_key
from ringfence.cli.unlock import PassphraseFd, create_vault, new_bot
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.paper import keyfile, tls
from ringfence.policy.load import load as load_policy
from ringfence.settings import Listener, load

_MADE = ("ringfence.toml", "policy.toml", "vault", "journal")
_OTHERS = 0o077
_LONGEST = 107  # a unix socket's path, with the zero at its end, has 108 bytes (unix(7))


def init(
    context: typer.Context,
    paper: Annotated[
        bool, typer.Option("--paper", help="With a rehearsal exchange, an account on it and a bot.")
    ] = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Make a deployment: settings, a vault, and a policy to edit."""
    home: Path = context.obj
    _refuse_existing(home)
    _make_home(home)
    name = "paper" if paper else "binance"
    exchange = ExchangeId("paper-binance" if paper else "binance")
    port, proxy, ports = starter.ports(paper)
    listener = Listener(name, exchange, port)
    _write(home / "ringfence.toml", starter.settings_text(listener, proxy, ports))
    try:
        bot, fresh = _fill(home, listener, passphrase_fd, paper=paper)
    except BaseException:
        (home / "ringfence.toml").unlink()  # so that a second try meets no half-made deployment
        raise
    policy = starter.policy_text(exchange)
    _write(home / "policy.toml", policy)
    _tell(home, bot)
    _tell_cost(policy)
    if fresh is not None:  # last, where nobody reads past it
        factor.tell(fresh, home.name, as_json=False)
        factor.enrol(fresh)


def _fill(
    home: Path, listener: Listener, passphrase_fd: int | None, *, paper: bool
) -> tuple[Pointing | None, factor.Fresh | None]:
    """Make the vault: for real money with a second factor, for a rehearsal with an exchange, its key and a bot."""
    settings = load(home)
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    with create_vault(settings, passphrase_fd) as vault:
        if not paper:
            certificates.make(settings, vault)
            return None, factor.make(vault)
        now = int(time.time() * 1000)
        keyfile.load_or_make(home / "paper" / "accounts.json", now)
        tls.context(home / "paper", now)
        seal_paper_key(settings, vault, "main", "main")
        with new_bot(vault, "grid", "main", "trade") as (record, secret):
            made = Pointing(record.bot, record.key, str(secret.view(), "ascii"), listener, settings.trust)
        digests.keep(settings, vault)
        certificates.make(settings, vault)
        return made, None


def _refuse_existing(home: Path) -> None:
    there = [name for name in _MADE if (home / name).exists()]
    if there:
        raise Misconfigured(
            f"there is already a deployment in {home}: {', '.join(there)}",
            hint="nothing was changed; give another --home, or move this one away",
        )


def _make_home(home: Path) -> None:
    socket = home / "run" / "tickers.sock"
    if len(os.fsencode(socket)) > _LONGEST:
        raise Misconfigured(f"{home} is too long a path for unix sockets", hint=f"{socket} may have {_LONGEST} bytes")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = home.stat()
    if stat.S_IMODE(status.st_mode) & _OTHERS or status.st_uid != os.geteuid():
        raise Misconfigured(f"others may look into {home}", hint=f"chmod 700 {home}")


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _tell_cost(policy: str) -> None:
    """Say what the draft lets a captured bot cost, so that whoever edits it knows where it began."""
    for bot in radius.of_policy(load_policy(policy)).bots:
        if bot.if_confined is not None:
            stolen, gambled = radius.say(bot.if_confined.stealable), radius.say(bot.if_confined.gambleable)
            typer.echo(
                f"\nBy policy.toml, whoever takes bot {bot.bot} over can steal at most {stolen} a day, and gamble away"
                f"\n{gambled}, once it is proven that it cannot reach the real key. `policy check` has more."
            )


def _tell(home: Path, bot: Pointing | None) -> None:
    made = "settings, a vault, a draft policy, certificates" + (", a rehearsal exchange" if bot else "")
    typer.echo(f"{home}: {made}\n")
    here = f"ringfence --home {home}"
    if bot is None:
        typer.echo(
            "Next:\n"
            f"  {here} key add main --exchange binance   # read what it says about one user first\n"
            f"  {here} bot add grid --account main       # a virtual key for the bot\n"
            f"  {here} run                               # leave it running\n"
            f"  {here} policy apply                      # after editing policy.toml"
        )
        return
    show.out().print(bot.text())
    typer.echo(
        "\nNext:\n"
        f"  {here} run                  # leave it running\n"
        f"  {here} policy apply         # after editing policy.toml; until then the bot may do nothing\n"
        f"  {here} bot env grid         # the virtual key again, and how to point a client at it"
    )
