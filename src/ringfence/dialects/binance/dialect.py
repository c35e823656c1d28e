"""The Binance dialect as one object: nothing but the table of what does what."""

from typing import Final

from ringfence.dialects import own_ids
from ringfence.dialects.binance import envelope, feed, hear, instruments, names, read, refuse, write
from ringfence.dialects.binance.catalogue import MARKET_DATA, RIGHTS

# The documented hosts of one and the same API (docs/explanation/sources.md, Binance's documentation).
HOSTS: Final = frozenset({f"api{which}.binance.com" for which in ("", "-gcp", "1", "2", "3", "4")})


class Binance:
    """Binance spot under one name; the rehearsal exchange speaks the same and has no hosts that a key could go to."""

    weight_per_minute = 6_000  # documented REQUEST_WEIGHT of one address

    def __init__(self, name: str, hosts: frozenset[str]) -> None:
        self.name = name
        self.hosts = hosts

    # A method that has its module's name comes after the others of that module.
    verify = staticmethod(envelope.verify)
    sign = staticmethod(envelope.sign)
    envelope = staticmethod(envelope.envelope)
    read = staticmethod(read.read)
    query = staticmethod(write.query)
    write = staticmethod(write.write)
    weight = staticmethod(MARKET_DATA.weight)
    reports = staticmethod(hear.reports)
    hear_balances = staticmethod(hear.balances)
    hear_fills = staticmethod(hear.fills)
    hear = staticmethod(hear.hear)
    follow = staticmethod(feed.follow)
    hear_feed = staticmethod(feed.hear_feed)
    replaced = staticmethod(refuse.replaced)
    refuse = staticmethod(refuse.refuse)
    hear_rights = staticmethod(RIGHTS.hear)
    hear_owner = staticmethod(RIGHTS.owner_of)
    time = staticmethod(instruments.time)
    hear_time = staticmethod(instruments.hear_time)
    hear_instruments = staticmethod(instruments.hear_instruments)
    volumes = staticmethod(instruments.volumes)
    hear_volumes = staticmethod(instruments.hear_volumes)
    first_day = staticmethod(instruments.first_day)
    hear_first_day = staticmethod(instruments.hear_first_day)
    instruments = staticmethod(instruments.instruments)
    native = staticmethod(names.native)
    client_id = staticmethod(own_ids.client_id)
    is_own_client_id = staticmethod(own_ids.is_own_client_id)
    read_public = staticmethod(MARKET_DATA.read)
    write_public = staticmethod(MARKET_DATA.write)
    public_host = staticmethod(MARKET_DATA.host_of)
