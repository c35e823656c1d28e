"""The wall: which of our users may send what. A bot's user may send nothing at all outside its own network.

It stands beside the networks of their own, and holds where something runs as a bot's user and not in its unit.
"""

from collections.abc import Iterable

from ringfence.deploy import names
from ringfence.settings import Paper

_REJECT = "counter reject with icmpx type admin-prohibited"
_DNS = 53


def wall(users: Iterable[str], ports: Iterable[int], paper: Paper | None) -> str:
    """Write the table. `users` may send nothing; `ports` are those that exchanges serve on.

    It is loaded whole or not at all; the first two lines make that so whether it is there or not (nft(8), Debian 12's
    has no `destroy`). The rules stand before any that lets established connections through.
    """
    lines = "\n".join(f'    meta skuid "{user}" {_REJECT}' for user in users)
    played = _paper(paper)
    return f"""\
# Written by `ringfence deploy`.
table inet {names.TABLE}
delete table inet {names.TABLE}
table inet {names.TABLE} {{
  chain courier {{
{played.courier}    tcp dport {{ {", ".join(map(str, sorted(ports)))} }} counter accept
    meta l4proto {{ tcp, udp }} th dport {_DNS} counter accept
    {_REJECT}
  }}
{played.chain}  chain out {{
    type filter hook output priority filter - 10; policy accept;
{lines}
    meta skuid "{names.user("courier")}" goto courier
{played.jump}  }}
}}
"""


class _Played:
    """What the rehearsal exchange adds: it answers on loopback, and the courier reaches it there."""

    def __init__(self, courier: str = "", chain: str = "", jump: str = "") -> None:
        self.courier, self.chain, self.jump = courier, chain, jump


def _paper(paper: Paper | None) -> _Played:
    if paper is None:
        return _Played()
    ports = ", ".join(map(str, (paper.port, paper.plain_port, paper.east_port, paper.west_port)))
    return _Played(
        f'    oif "lo" tcp dport {{ {ports} }} counter accept\n',
        f'  chain paper {{\n    oif "lo" ct state established,related counter accept\n    {_REJECT}\n  }}\n',
        f'    meta skuid "{names.user(names.PAPER)}" goto paper\n',
    )
