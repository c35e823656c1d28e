"""What the bot sent, kept exactly as it was sent."""

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One HTTP request: nothing normalised, nothing reordered, nothing dropped.

    Exchanges sign the text they receive, so a tidied request is a different request. `path` is the raw
    target up to the first `?`, `query` the raw bytes after it; header names keep their case.
    """

    method: str
    host: str
    path: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the one value of a header, or None where it is absent or sent more than once."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if len(values) == 1 else None
