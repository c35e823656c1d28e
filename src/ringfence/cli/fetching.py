"""Fetching one large file for `ringfence audit update`: verified TLS, no redirects, no more than was expected."""

import http.client
import ssl
import tempfile
from collections.abc import Callable
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from ringfence.errors import Misconfigured, Unreachable

_PATIENCE = 30.0  # seconds without a byte
_PIECE = 1 << 18
_OK = 200


def fetch(base: str, path: str, most: int, tell: Callable[[str], None]) -> BinaryIO:
    """Fetch a file into a temporary one, which the caller closes; raises `Misconfigured` or `Unreachable`."""
    address = urlsplit(base)
    if address.scheme != "https" or not address.hostname or address.username or address.query:
        raise Misconfigured(f"{base} is no address to fetch from", hint="an address is https://host/path")
    asked = f"{address.path.rstrip('/')}/{path}"
    reach = http.client.HTTPSConnection(
        address.hostname, address.port, timeout=_PATIENCE, context=ssl.create_default_context()
    )
    try:
        reach.request("GET", asked, headers={"Accept-Encoding": "identity", "User-Agent": "ringfence"})
        answer = reach.getresponse()
        if answer.status != _OK:
            raise Unreachable(f"{address.hostname} answered {answer.status} for {path}")
        return _taken(answer, path, most, tell)
    except (OSError, http.client.HTTPException) as error:
        hint = "on a machine without a network: `ringfence audit update --from FILE`"
        raise Unreachable(f"{path} cannot be fetched from {address.hostname}: {error}", hint=hint) from None
    finally:
        reach.close()


def _taken(answer: http.client.HTTPResponse, path: str, most: int, tell: Callable[[str], None]) -> BinaryIO:
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  # the caller closes it
    try:
        _copy(answer, file, path, most, tell)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, path: str, most: int, tell: Callable[[str], None]) -> None:
    size = 0
    while piece := answer.read(_PIECE):
        size += len(piece)
        if size > most:
            raise Unreachable(f"{path} has more than {most >> 20} MiB; nothing of it was used")
        file.write(piece)
        tell(f"{path}: {size / 1e6:,.0f} MB")
    if answer.length:  # what was announced and did not come
        raise Unreachable(f"{path} ended {answer.length:,} bytes early; nothing of it was used")
