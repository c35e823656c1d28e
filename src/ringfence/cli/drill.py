"""`ringfence drill`: sixty ways to attack a bot, tried against your own policy on the rehearsal exchange."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringfence.cli import control, show, starter
from ringfence.cli.answers import PolicyText, Status, read
from ringfence.cli.unlock import keep_passes, new_bot, open_vault
from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskPolicy, AskStatus, FromOwner
from ringfence.settings import Settings, load

if TYPE_CHECKING:
    from ringfence.drill.deployment import Deployment

_EXCHANGE = "paper-binance"


def drill(  # one option each
    context: typer.Context,
    scenario: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Explain and try these alone, such as S06.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Drill this policy in place of the one in force.")
    ] = None,
    bot: Annotated[
        str | None, typer.Option(metavar="NAME", help="Drill this bot; else the one that most can be stolen with.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the scenarios, and try none.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """Attack a copy of your bot in sixty ways, on the rehearsal exchange and under your policy; 1 where one succeeds.

    Nothing of your deployment is touched: everything happens in a directory of its own, which is removed in the end.
    """
    from ringfence.drill import rehearse, told  # noqa: PLC0415  # no other command should wait for sixty scenarios

    scenarios = rehearse.chosen(scenario or ())
    screen = told.Screen()
    if listing:
        return told.print_json([told.described(one) for one in scenarios]) if as_json else screen.listed(scenarios)
    text, origin = _policy(context.obj, policy)
    if scenario and not as_json:
        screen.explained(scenarios)
    wanted = rehearse.Wanted(text, origin, bot, scenarios)
    heard = told.Document() if as_json else screen
    raise typer.Exit(rehearse.drill(wanted, Owner(), heard, explained=bool(scenario)))


class Owner:
    """What the drill does as the owner of its own deployment."""

    def ask(self, settings: Settings, message: FromOwner) -> bytes:  # as a protocol has it
        """Ask the signer."""
        return control.ask(settings, message)

    def mint(  # the same
        self, deployment: "Deployment", names: Sequence[str]
    ) -> Mapping[str, tuple[str, str]]:
        """Make a virtual key and a pass for each bot, in one opening of the vault."""
        made: dict[str, tuple[str, str]] = {}
        with deployment.lent_passphrase() as reader, open_vault(deployment.settings, reader) as vault:
            for name in names:
                with new_bot(vault, name, "main", "trade") as (record, secret):
                    made[name] = (record.key, str(secret.view(), "ascii"))
            keep_passes(deployment.settings, vault)
        return made


def _policy(home: Path, file: Path | None) -> tuple[str, str]:
    """Find the policy: a file, the one in force, the draft, or what `init` would write; and say which it is."""
    if file is not None:
        return _text(file), str(file)
    if not (home / "ringfence.toml").exists():
        return starter.policy_text(_EXCHANGE), "the policy that `ringfence init` writes, since there is no deployment"
    settings = load(home)
    try:
        if read(control.ask(settings, AskStatus()), Status).policy is not None:
            return read(control.ask(settings, AskPolicy()), PolicyText).text, f"the policy in force in {home}"
    except control.NotRunning:
        return _text(settings.policy_draft), f"{settings.policy_draft}, a draft, since Ringfence is not running"
    return _text(settings.policy_draft), f"{settings.policy_draft}, a draft, since no policy is in force"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
