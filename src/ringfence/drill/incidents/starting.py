"""The two files of a replay's deployment: the policy that `ringfence init` wrote, for every bot, and the scenario.

Pure. No limit is copied from anywhere: the policy's text is an argument.
"""

import re
from collections.abc import Mapping, Sequence

from ringfence.drill.incidents.incident import Incident, Market, as_pair
from ringfence.errors import Broken

FIRST_BOT = "grid"  # as the starting policy calls its bot
_SECTION = f"[bot.{FIRST_BOT}]"
_LISTED = re.compile(r"^(symbols\s*=\s*)\[(?P<list>[^\]]*)\]", re.MULTILINE)
# So that a replay takes seconds, the exchange counts none of its requests as too many. Ringfence's own limits stand.
_SCENARIO = "freeze = true\nweight_limit = 1000000\norders_per_10s = 10000\n"


def bots(incidents: Sequence[Incident], text: str) -> dict[str, tuple[str, ...]]:
    """Name the bots of all incidents, each with the pairs that the owner must have added to the starting policy's."""
    found: dict[str, tuple[str, ...]] = {}
    for incident in incidents:
        found[usual(incident, text)] = ()
        if more := unlisted(incident, text):
            found[allowing(incident)] = more
    return found


def usual(incident: Incident, text: str) -> str:
    """Name the bot that has the policy as it was written.

    Incidents that trade nothing of what it lists share one: all their orders are refused, and use no limit up.
    """
    trades = {as_pair(phase.symbol) for phase in incident.record.phases}
    return FIRST_BOT if trades <= set(unlisted(incident, text)) else incident.id.lower()


def allowing(incident: Incident) -> str:
    """Name the bot that may trade the incident's pairs as well."""
    return f"{incident.id.lower()}-allowed"


def unlisted(incident: Incident, text: str) -> tuple[str, ...]:
    """List the pairs of an incident that a policy does not."""
    return tuple(pair for pair in incident.pairs if f'"{pair}"' not in _symbols(text))


def policy(text: str, wanted: Mapping[str, tuple[str, ...]]) -> str:
    """Give every bot what the policy gives its one bot, and the pairs that are its own besides."""
    head, found, body = text.partition(_SECTION)
    if not found or _SECTION in body:
        raise Broken(f"the starting policy has not one {_SECTION}")
    return "\n".join((head, *(_bot(f"{_SECTION}{body}", name, more) for name, more in wanted.items())))


def _bot(section: str, name: str, more: Sequence[str]) -> str:
    """Write the one bot's tables for another name, with more pairs on its list."""
    listed = ", ".join((_symbols(section), *(f'"{pair}"' for pair in more)))
    return _LISTED.sub(rf"\g<1>[{listed}]", section).replace(f"bot.{FIRST_BOT}", f"bot.{name}")


def scenario(incidents: Sequence[Incident]) -> str:
    """Write how the rehearsal exchange begins: with the incidents' pairs, at their prices."""
    markets = {symbol: market for incident in incidents for symbol, market in incident.record.markets.items()}
    prices = [f'{symbol} = "{market.price.value:f}"' for symbol, market in markets.items()]
    return "\n".join((_SCENARIO, *(_listed(symbol, each) for symbol, each in markets.items()), "[prices]", *prices, ""))


def _symbols(text: str) -> str:
    found = _LISTED.search(text)
    if found is None:
        raise Broken("the starting policy lists no symbols")
    return found["list"].strip().rstrip(",")


def _listed(symbol: str, market: Market) -> str:
    if market.spread is None or market.depth is None:
        return ""  # the rehearsal exchange always has it
    rows = {"tick": market.tick, "step": market.step, "max_price": market.max_price}
    rows |= {"spread": f"{market.spread.value:f}", "depth": f"{market.depth.value:f}"}
    rows |= {"price": f"{market.price.value:f}"}
    return "\n".join((f"[markets.{symbol}]", *(f'{name} = "{value}"' for name, value in rows.items())))
