"""How a plan looks: what goes, what is made with the lines that change, and what starts."""

from rich.text import Text

from ringfence.cli import show
from ringfence.deploy import undo
from ringfence.deploy.apply import Plan


def draw(chosen: Plan, *, whole: bool = True) -> None:
    """Show every step, and what changes in files: of new ones only where the `whole` plan is asked for."""
    console = show.out()
    for done in chosen.out:
        if said := undo.words(done):
            console.print(Text(f"- {show.plain(said)}", "red"))
    for change in chosen.changes:
        console.print(Text(f"+ {show.plain(change.words)}", "green"), soft_wrap=True)
        new = change.diff[:1] == ("--- /dev/null",)
        for line in change.diff[2:] if whole or not new else ():
            style = {"+": "dim green", "-": "dim red"}.get(line[:1], "dim")
            console.print(Text(f"    {show.plain(line)}", style), soft_wrap=True)
    for change in chosen.starts:
        console.print(Text(f"~ {change.words}", "yellow"))
    if not whole and any(change.diff for change in chosen.changes):
        console.print("`--plan` shows what is in every new file.", style="dim")
