"""`ringfence status`: what runs, what is off, what is missing."""

from collections.abc import Iterable

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from ringfence.cli import control, radius, show
from ringfence.cli.answers import Bot, PolicyText, Radius, Status, read
from ringfence.ipc.messages import AskPolicy, AskStatus
from ringfence.model.facts import Switch
from ringfence.model.names import REHEARSAL
from ringfence.policy.load import load as load_policy
from ringfence.settings import load

_FRESH_SECONDS = 5.0  # docs/reference/policy.md: older prices let only exits pass
_MASKED = 12
_SWITCHES = {Switch.TRADING: "bold green", Switch.EXITS_ONLY: "bold yellow", Switch.HALTED: "bold red"}


def status(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Show processes, switch, policy, prices, limits used, alarms and protections."""
    settings = load(context.obj)
    body = control.ask(settings, AskStatus())
    if as_json:
        return show.document(body)
    found = read(body, Status)
    text = None if found.policy is None else read(control.ask(settings, AskPolicy()), PolicyText).text
    return show.out().print(picture(found, None if text is None else radius.of_policy(load_policy(text), found.proven)))


def picture(found: Status, cost: Radius | None) -> RenderableType:
    """Draw a status, with what a captured bot could cost by the policy in force."""
    parts: list[RenderableType] = [
        show.facts(
            ("switch", _switch(found)),
            ("processes", _lamps((("signer", True), *found.processes.items()))),
            ("policy", _policy(found)),
            ("stealable", Text("nothing may be placed") if cost is None else _cost(cost)),
            ("confined", _walls(found)),
            ("prices", _prices(found)),
            ("accounts", Text("\n").join(_accounts(found)) or Text("none; `ringfence key add`", "yellow")),
            ("journal", f"{found.journal.size} entries, root {found.journal.root[:_MASKED]}…"),
            ("key memory", found.memory),
            ("protections", _lamps((one.name, one.live) for one in found.protections)),
        ),
        "",
        _bots(found.bots) if found.bots else "no bots; add one with `ringfence bot add`",
    ]
    if _unsecured(found):
        parts.append(Text("\nno second factor, so no policy can be widened; `ringfence second-factor new`", "yellow"))
    if found.suspect:
        parts.append(Text(f"\nsuspect: {show.plain(found.suspect)}", "bold red"))
    for bot in found.bots:
        if bot.stopped:
            lift = f"`ringfence resume {bot.bot}` lets it go on"
            parts.append(Text("\n" + show.plain(f"bot {bot.bot} may only leave: {bot.stopped}; {lift}"), "bold yellow"))
        if bot.shadow_until > (found.now or 0):
            until = f"until {show.at(bot.shadow_until)}; `ringfence why {bot.bot}` shows what they would refuse"
            watch = f"bot {bot.bot}: the limits that may be left out only watch {until}"
            parts.append(Text("\n" + show.plain(watch), "yellow"))
    if found.alarms:
        parts.append(Text(f"\nalarms ({len(found.alarms)}, newest first)", "bold red"))
        parts += [Text(show.plain(f"  {show.at(one.at)}  {one.text}")) for one in reversed(found.alarms)]
    return Group(*parts)


def line(found: Status) -> str:
    """Say a status in one line."""
    fresh = sum(age is not None and age < _FRESH_SECONDS for age in found.warm_up.values())
    missing = [name for name, up in found.processes.items() if not up]
    parts = [
        found.switch,
        "no policy" if found.policy is None else f"policy {found.policy.digest[:_MASKED]}",
        f"{fresh} of {len(found.warm_up)} prices fresh",
        f"{sum(bot.refused for bot in found.bots)} refused",
        *(["a wider policy waits"] if found.change else ()),
        *([f"missing: {', '.join(missing)}"] if missing else ()),
        *([f"{len(found.alarms)} alarms"] if found.alarms else ()),
    ]
    return show.plain(" · ".join(parts))


def _switch(found: Status) -> Text:
    style = _SWITCHES.get(Switch(found.switch), "") if found.switch in set(Switch) else ""
    text = Text(show.plain(found.switch), style)
    if found.since:
        text.append(f"  since {show.ago(found.since, found.now)}", "dim")
    if found.why:
        text.append(f"  {show.plain(found.why)}")
    return text


def _unsecured(found: Status) -> bool:
    """Whether there is real money and no second factor: a rehearsal needs none."""
    return not found.second_factor and not all(one.exchange.startswith(REHEARSAL) for one in found.accounts)


def _policy(found: Status) -> Text:
    if found.policy is None:
        return Text("none, so nothing may be placed; `ringfence policy apply`", "yellow")
    applied = show.ago(found.policy.applied_at, found.now)
    text = Text(f"{found.policy.digest[:_MASKED]}  entry {found.policy.seq}, applied {applied}")
    if found.change is not None:
        left = show.left(found.change.due - (found.now or 0))
        text.append(f"\na wider one waits, {left} left; `ringfence policy pending` shows it", "yellow")
    return text


def _cost(cost: Radius) -> Text:
    """Say what can be stolen in a day from each bot that trades: what holds, and what its limits make of it."""
    lines = []
    for bot in cost.bots:
        limits = bot.stealable if bot.if_confined is None else bot.if_confined.stealable
        if limits.amount is not None and not float(limits.amount):
            continue
        alone = "" if limits == bot.stealable else f"; {radius.say(limits)} by its limits, were it confined"
        lines.append(Text(show.plain(f"{bot.bot} {radius.say(bot.stealable)} a day{alone}")))
    return Text("\n").join(lines) or Text("nothing: no bot may trade")


def _walls(found: Status) -> Text:
    """Say of which bots it is proven that they reach nothing but Ringfence."""
    if not found.walls:
        return Text("not proven of any bot; `ringfence deploy` makes and proves it", "yellow")
    held, open_ = [one for one in found.walls if one.held], [one for one in found.walls if not one.held]
    lines = [Text(show.plain(f"{one.bot}, tried {one.age_s // 60} min ago"), "green") for one in held]
    lines += [Text(show.plain(f"{one.bot}: {radius.why(one)}"), "bold red") for one in open_]
    return Text("\n").join(lines)


def _prices(found: Status) -> Text:
    if not found.warm_up:
        return Text("none asked for")
    return Text("  ").join(_price(symbol, age) for symbol, age in sorted(found.warm_up.items()))


def _price(symbol: str, age: float | None) -> Text:
    lit = age is not None and age < _FRESH_SECONDS
    said = "none yet, so only exits pass" if age is None else f"{age:g} s old"
    return show.lamp(show.plain(f"{symbol} {said}"), lit)


def _accounts(found: Status) -> list[Text]:
    return [
        Text(
            show.plain(
                f"{one.account}  {one.exchange}  key {one.key}  "
                + (f"events by {one.read_only_key}  " if one.read_only_key else "")
                + (
                    "its clock is not known yet, so only exits pass"
                    if one.venue_offset_ms is None
                    else f"clock {one.venue_offset_ms:+d} ms"
                )
                + (f"  asked for {one.waiting_s} s of quiet" if one.waiting_s else "")
                + ("" if one.unfit == "" else f"  only exits: {one.unfit or 'what the key may do is not known yet'}")
            )
        )
        for one in found.accounts
    ]


def _bots(bots: tuple[Bot, ...]) -> RenderableType:
    figures = ("24 h turnover", "loss", "exposure", "open", "refused", "unknown")
    rows = show.table("bot", "account", "role", *figures, right=figures)
    for bot in bots:
        used = (show.used(pair) for pair in (bot.window_notional, bot.loss, bot.exposure, bot.open_orders))
        name = Text(show.plain(bot.bot), "" if bot.in_policy else "yellow")
        if not bot.in_policy:
            name.append(" (in no policy)")
        unknown = Text(str(bot.unknown_outcomes), "bold yellow" if bot.unknown_outcomes else "")
        rows.add_row(name, show.plain(bot.account), bot.role, *used, str(bot.refused), unknown)
    return rows


def _lamps(lamps: Iterable[tuple[str, bool]]) -> Text:
    return Text("  ").join(show.lamp(show.plain(name), lit) for name, lit in lamps)
