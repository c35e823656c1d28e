"""One request, judged twice: by the policy of its time, which must say what really was said, and by the candidate."""

from dataclasses import dataclass
from enum import StrEnum

from ringfence.model.decision import Code, Reason
from ringfence.replay.asked import Request
from ringfence.replay.books import Answer, Books
from ringfence.replay.lacks import WHY, Lack, codes, setting

# What refused these is no limit of a policy, and would have refused them under any.
ELSEWHERE = frozenset(
    {
        Code.NOT_SENT, Code.BUSY, Code.WARM_UP, Code.KEY_RIGHTS, Code.CLIENT_ID, Code.REPLAY, Code.STALE,
        Code.SIGNATURE, Code.KEY, Code.JOURNAL, Code.DRIFT, Code.UPSTREAM,
    }
)  # fmt: skip


class Way(StrEnum):
    """How the candidate's answer differs from the one that was given, or why there is none."""

    SAME = "same"
    REFUSE = "refuse"
    HOLD = "hold"
    ALLOW = "allow"
    CANNOT = "cannot be judged"
    ELSEWHERE = "refused for another cause than the policy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the candidate says of one request: `because` are the limits, `answer` its charges where it allows it."""

    way: Way
    because: tuple[Reason, ...] = ()
    why: str = ""
    answer: Answer | None = None


def judge(request: Request, then: Books, would: Books, lacks: frozenset[Lack], *, granted: bool) -> Verdict:
    """Judge one request; without a difference that is sure, none is told."""
    if request.codes & ELSEWHERE:
        return Verdict(Way.ELSEWHERE)
    unseen = _unseen(request, would) if request.codes and request.seen is None else ""
    if unseen:
        return Verdict(Way.CANNOT, why=unseen)
    untold = _untold(request, then, lacks)
    was = [(action, then.ask(request, action, lacks, granted=granted)) for action in request.readings]
    fitting = [action for action, answer in was if _fits(request, answer, untold)]
    if not fitting:
        return Verdict(Way.CANNOT, why=_contradiction(was[0][1]))
    answers = [would.ask(request, action, lacks, granted=granted) for action in fitting]
    if len({(not answer.charges, answer.held) for answer in answers}) > 1:
        return Verdict(Way.CANNOT, why="its entry does not say whether it was a market order")
    return _compared(request, answers[0], _in_doubt(request, then, would, lacks))


def _unseen(request: Request, would: Books) -> str:
    """Say why nobody looked at a price for a request that the candidate may let go."""
    now = would.world.bot(request.bot)
    if now is None:
        return ""
    if Code.NO_POLICY in request.codes:
        return "no policy named its bot then, so no price was looked up"
    if Code.INSTRUMENT in request.codes and not set(now.symbols) <= would.world.instruments(now.account).keys():
        return "no policy named its symbol then, so neither its price nor how it trades was looked up"
    return ""


def _untold(request: Request, then: Books, lacks: frozenset[Lack]) -> frozenset[Code]:
    """Name the reasons that were given and cannot be asked for again; a stop for repeating oneself can.

    Where there are some, a hold may show from behind them: what is refused is not held.
    """
    known = {Code.STOPPED} if request.bot in then.world.stops else set()
    untold = request.codes & {code for lack in lacks for code in codes(lack)} - known
    return untold | {Code.HELD} if untold else untold


def _fits(request: Request, answer: Answer, untold: frozenset[Code]) -> bool:
    """Say whether the policy of the time, asked again, says what was said then."""
    return not answer.unsure and answer.codes - untold == request.codes - untold


def _contradiction(answer: Answer) -> str:
    said = ", ".join(sorted(answer.codes)) or "allowed"
    return f"the journal does not hold all that decided it: asked again, the policy of then says {said}"


def _compared(request: Request, answer: Answer, doubt: str) -> Verdict:
    if answer.unsure:
        return Verdict(Way.CANNOT, why=answer.unsure)
    if not request.codes:
        way = Way.SAME if answer.charges else Way.HOLD if answer.held else Way.REFUSE
        return Verdict(way, answer.because, answer=answer if answer.charges else None)
    if not answer.charges or doubt == _STANDS:
        return Verdict(Way.SAME)
    return Verdict(Way.CANNOT, why=doubt) if doubt else Verdict(Way.ALLOW, request.reasons, answer=answer)


_STANDS = "it would have been refused for the same"


def _in_doubt(request: Request, then: Books, would: Books, lacks: frozenset[Lack]) -> str:
    """Say why a refusal cannot be weighed against the candidate, where a limit gave it that cannot be asked."""
    untold = _untold(request, then, lacks)
    was, now = then.world.bot(request.bot), would.world.bot(request.bot)
    if was is None or now is None:
        return ""
    if Code.ROLE in request.codes:
        return "what its key is for is not in the journal"
    for lack in sorted(lacks):
        if untold & codes(lack) and setting(now, lack) is not None:
            return _STANDS if setting(now, lack) == setting(was, lack) else WHY[lack]
    return ""
