"""`ringfence policy new`, `test` and `schema`: writing a policy, and trying it before it counts."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from ringfence.cli import radius, show
from ringfence.errors import Misconfigured
from ringfence.policy.amounts import amount
from ringfence.policy.draft import load_draft
from ringfence.policy.fixtures import Fixture, Result, load_fixtures, run
from ringfence.policy.policy import Policy
from ringfence.policy.profiles import PROFILES, policy_text
from ringfence.policy.schema import schema as policy_schema
from ringfence.policy.symbols import SYMBOL
from ringfence.settings import load

DraftFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The draft; without it, policy.toml of the deployment.")
]
_UNEXPECTED = 1
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)

_STARTER = """\
# Cases for `ringfence policy test`: an order, what is so at that moment, and what must come of it.

[case."a small order near the price passes"]
bot    = "{bot}"
order  = {{ symbol = "{symbol}", side = "buy", type = "limit", quantity = "0.1", price = "100" }}
given  = {{ price = "100" }}
expect = "allow"

[case."a coin that is not on the list does not"]
bot    = "{bot}"
order  = {{ symbol = "VIA/{currency}", side = "buy", type = "limit", quantity = "0.1", price = "100" }}
given  = {{ price = "100" }}
expect = "refuse"
code   = "symbol"

[case."nor does fifty times the price"]
bot    = "{bot}"
order  = {{ symbol = "{symbol}", side = "buy", type = "limit", quantity = "0.1", price = "5000" }}
given  = {{ price = "100" }}
expect = "refuse"
code   = "collar"
"""


def new(  # noqa: PLR0913, PLR0917  # one option each
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; nothing is overwritten.")],
    profile: Annotated[str, typer.Option(help=f"How the bot trades: {', '.join(PROFILES)}.")] = "grid",
    capital: Annotated[str, typer.Option(metavar="AMOUNT", help="What the account holds, in its currency.")] = "10000",
    symbols: Annotated[str, typer.Option(metavar="LIST", help="Where it trades.")] = "BTC/USDT,ETH/USDT",
    bot: Annotated[str, typer.Option(help="The bot's name.")] = "grid",
    exchange: Annotated[str, typer.Option(help="The account's exchange.")] = "binance",
    with_tests: Annotated[bool, typer.Option("--with-tests", help="And cases to begin with, beside it.")] = False,
) -> None:
    """Write a policy to begin with, scaled to the money in the account, and show what it would let a bot cost."""
    money, named = amount(capital), tuple(symbol.strip() for symbol in symbols.split(","))
    if profile not in PROFILES:
        raise Misconfigured(f"there is no profile {profile}", hint=f"there is {', '.join(PROFILES)}")
    if money is None or money < _LEAST_CAPITAL:
        raise Misconfigured(f"{capital} is no capital", hint=f'an amount from {_LEAST_CAPITAL}, such as "10000"')
    for what, words, pattern in (("name", (bot, exchange), _NAME), ("symbol such as BTC/USDT", named, SYMBOL)):
        for word in words:
            if not pattern.fullmatch(word):
                raise Misconfigured(f"{word} is no {what}")
    currency = named[0].rpartition("/")[2]
    text = policy_text(profile, exchange, money, currency, named, bot)
    policy = load_draft(text)  # what cannot be meant is not written
    cases = file.with_name(f"{file.stem}-tests.toml")
    _write(file, text)
    if with_tests:
        _write(cases, _STARTER.format(bot=bot, symbol=named[0], currency=currency))
    radius.draw(radius.of_policy(policy))
    typer.echo(f"\n{file}: {PROFILES[profile].what}" + (f"; cases in {cases}" if with_tests else ""))


_LEAST_CAPITAL = Decimal(500)  # below it a twentieth is close to what an exchange takes at least


def try_cases(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of cases.")],
    policy: Annotated[
        Path | None, typer.Option(help="The policy to try; without it, policy.toml of the deployment.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Ask a draft about cases that you wrote; exit code 1 where one is not as expected, 2 where one cannot be read."""
    tried = draft(context, policy)
    results = [run(case, tried) for file in files for case in _cases(file)]
    if as_json:
        show.value(results)
    else:
        _draw(results)
    raise typer.Exit(0 if all(result.ok for result in results) else _UNEXPECTED)


def schema() -> None:
    """Print a JSON Schema of the policy file, for editors."""
    typer.echo(msgspec.json.format(msgspec.json.encode(policy_schema()), indent=2).decode())


def _draw(results: list[Result]) -> None:
    rows = show.table("", "case", "decided", "why")
    for result in results:
        mark = Text("ok", "green") if result.ok else Text("FAILED", "bold red")
        rows.add_row(mark, *map(show.plain, (result.name, result.decided.value, result.why)))
    show.out().print(rows)
    failed = sum(not result.ok for result in results)
    typer.echo(f"{len(results)} cases, {failed} not as expected")


def draft(context: typer.Context, file: Path | None) -> Policy:
    """Read the draft that is named, or else the deployment's; raises `Misconfigured` with its file, and line if any."""
    file = load(context.obj).policy_draft if file is None else file
    text = _read(file)
    try:
        return load_draft(text)
    except Misconfigured as error:
        raise Misconfigured(f"{file}: {error}", hint=error.hint) from None


def _cases(file: Path) -> tuple[Fixture, ...]:
    text = _read(file)
    try:
        return load_fixtures(text)
    except Misconfigured as error:
        raise Misconfigured(f"{file}: {error}", hint=error.hint) from None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not text in UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from None


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise Misconfigured(f"{file} is there already", hint="nothing is overwritten; give another name") from None
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from None
