"""The addon that mitmproxy runs: put the real key in, sign anew, and nothing else.

This is the least that a script in place of Ringfence would do: it reads nothing, limits nothing, records nothing.
"""

import hashlib
import hmac
import os
from collections.abc import MutableMapping
from typing import Protocol


class Request(Protocol):
    """What the addon touches of mitmproxy's request."""

    headers: MutableMapping[str, str]
    content: bytes | None


class Flow(Protocol):
    """What the addon touches of mitmproxy's flow."""

    request: Request


class Resign:
    """Replaces key and signature of every request."""

    def __init__(self, key: str, secret: bytes) -> None:
        self._key = key
        self._secret = secret

    def request(self, flow: Flow) -> None:
        """Called by mitmproxy for every request that it has read."""
        text = (flow.request.content or b"").rpartition(b"&signature=")[0]
        signature = hmac.new(self._secret, text, hashlib.sha256).hexdigest().encode()
        flow.request.headers["X-MBX-APIKEY"] = self._key
        flow.request.content = text + b"&signature=" + signature


addons = [Resign(os.environ["BENCH_KEY"], os.environ["BENCH_SECRET"].encode())] if "BENCH_KEY" in os.environ else []
