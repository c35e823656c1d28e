"""How the demo looks: lines while it runs; then a table, a comparison and a verdict. Nothing is decided here."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringfence.drill.attack import Attack
from ringfence.drill.measure import Effect, stopped_by
from ringfence.drill.promise import Journal, Radius
from ringfence.drill.verdict import Evidence, Result

_UNIT = "USDT"
_INDENT = 2
_ID = 5  # the longest id, and a space


class Report:
    """What a person sees. On a terminal a line moves while something goes on; elsewhere it is said once."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)

    def title(self, text: str) -> None:
        """Begin a part."""
        self._console.print(Text(f"\n{text}", "bold"))

    def line(self, text: str, style: str = "") -> None:
        """Say one thing."""
        self._print(Text(text, style))

    def raw(self, text: str) -> None:
        """Print something that is to be copied: in one line, however long."""
        self._console.print(Text(text), soft_wrap=True)

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say what goes on for as long as it does, and leave it said."""
        if self._console.is_terminal:
            with self._console.status(Text(text, "dim"), spinner="line"):
                yield
            self.line(text)
        else:
            self.line(text)
            yield

    def attack(self, attack: Attack) -> AbstractContextManager[None]:
        """Say which attack goes on."""
        return self.busy(f"{attack.id:<{_ID}}{attack.title}")

    def stopped(self, result: Result) -> None:
        """Say in one line what stopped it."""
        rule, why = stopped_by(result.guarded, result.bare)
        text = Text.assemble(rule, ": ", why, style="dim", no_wrap=True, overflow="ellipsis")
        self._print(text, _INDENT + _ID)

    def table(self, results: Sequence[Result]) -> None:
        """Show every attack with what it cost on both sides."""
        rows = Table(
            box=box.SIMPLE_HEAD,
            header_style="dim",
            show_edge=False,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            show_footer=True,
        )
        rows.add_column("attack", Text("together", "bold"))
        for name, lost in (("without", [one.bare for one in results]), ("with", [one.guarded for one in results])):
            total = sum((max(each.lost, Decimal(0)) for each in lost), Decimal(0))
            rows.add_column(name, Text(f"{total:,.2f}", "bold"), justify="right", no_wrap=True)
        rows.add_column("what stopped it", no_wrap=True)
        for result in results:
            rule, _ = stopped_by(result.guarded, result.bare)
            rows.add_row(_name(result.attack), _without(result.bare), _cost(result.guarded), rule)
        self.title(f"What each attack took without Ringfence and with it, in {_UNIT}")
        self._print(rows)

    def notes(self, results: Sequence[Result]) -> None:
        """Explain what in the table is not plain."""
        self._console.print()
        self.line(
            "Without Ringfence the account was filled up to 10,000 USDT before each attack; with it, never.", "dim"
        )
        if any(result.attack.full_key for result in results):
            self.line("* needs a key that may do more than trade, which the bot without Ringfence had.", "dim")
        if any(_is_refused(result.bare) for result in results):
            self.line("refused: the exchange would not have it either; a guard might let it pass.", "dim")
        if not all(result.bare.possible for result in results):
            self.line("not there: the rehearsal exchange has no such thing, so nothing could be lost.", "dim")

    def comparison(self, radius: Radius, evidence: Evidence) -> None:
        """Show what was promised beside what happened, and say what is compared."""
        rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        rows.add_column(no_wrap=True)
        rows.add_column(justify="right", no_wrap=True)
        rows.add_column(style="dim")
        rows.add_row(
            "promised at most", Text(_money(radius.by_limits.amount), "bold"), "stealable in a day, by the limits"
        )
        for term in radius.by_limits.terms:
            rows.add_row("", Text(_money(term.amount), "dim"), term.name)
        rows.add_row("lost", Text(_money(str(evidence.lost)), "bold"), "to all attacks together")
        self._print(rows)
        self._console.print()
        self.line(_COMPARED)
        if radius.as_it_is.amount is None:
            self._console.print()
            self.line(_ONE_USER)

    def journal(self, journal: Journal) -> None:
        """Show the journal that was verified."""
        self.line(f"{journal.size} entries, exported, and each checked against the signed checkpoint:")
        for text in filter(None, journal.checkpoint):
            self._print(Text(text, "dim", no_wrap=True, overflow="ellipsis"), 2 * _INDENT)

    def verdict(self, faults: Sequence[str], evidence: Evidence) -> None:
        """Say whether what was promised was kept."""
        for fault in faults:
            self.line(fault, "red")
        if faults:
            self.line("Not as promised.", "bold red")
            return
        promised = _money(None if evidence.promised is None else str(evidence.promised))
        self.line(
            f"As promised: {_money(str(evidence.lost))} lost of {promised} at most, and the journal verifies.", "green"
        )

    def _print(self, what: RenderableType, indent: int = _INDENT) -> None:
        self._console.print(Padding(what, (0, 0, 0, indent), expand=False))


_COMPARED = (
    "Compared are the losses above and `stealable` of `ringfence radius`: what orders that pass the policy can hand"
    " to an accomplice within 24 hours. Prices stood still, so none of the loss is the market's."
)
_ONE_USER = (
    "That holds for a bot that has only its virtual key. Here everything runs as one user, who could reach the real key"
    " as well, so `ringfence radius` says: the whole account, until separation is proven."
)


def _name(attack: Attack) -> Text:
    return Text.assemble((f"{attack.id:<{_ID}}", "dim"), attack.title, "*" if attack.full_key else "")


def _without(found: Effect) -> Text:
    if not found.possible:
        return Text("not there", "dim")
    return Text("refused", "dim") if _is_refused(found) else Text(_cost(found), "" if found.harmless else "red")


def _is_refused(found: Effect) -> bool:
    return found.possible and found.turned_down and found.harmless


def _cost(found: Effect) -> str:
    if found.cancelled:
        return "1 order" if found.cancelled == 1 else f"{found.cancelled} orders"
    return f"{found.lost:,.2f}"


def _money(amount: str | None) -> str:
    return "the whole account" if amount is None else f"{Decimal(amount):,.2f} {_UNIT}"
