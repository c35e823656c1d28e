"""What an audit looks for: a rule each, with its reason in words. Printed as docs/reference/findings.md."""

import msgspec

from ringfence.audit.finding import Finding, Place, Severity, Step


class Rule(msgspec.Struct, frozen=True):
    """One thing that is looked for.

    `id` is `audit/name`: `secrets/exchange-pair`, `code/withdraw-call`, `deps/look-alike`. `title` says in a few words
    what was found, `why` in a sentence or two why it matters, `fix` what to do. `example` is a text that the rule finds
    (`{secret}` and the like stand for values that no example may hold). `stopped` says what Ringfence does about it at
    run time; empty where it does nothing.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    example: str
    stopped: str = ""
    reference: str = ""

    def found(self, place: Place, text: str = "", subject: str = "", way: tuple[Step, ...] = ()) -> Finding:
        """Say that it was found there; `text` where there is more to say than the title."""
        return Finding(self.id, self.severity, place, text or self.title, self.fix, subject, way, self.stopped)
