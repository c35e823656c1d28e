"""The exchange's own way to say no.

Codes and texts are those of Binance's documents (errors.md in binance/binance-spot-api-docs).
"""

from collections.abc import Mapping


class Refused(Exception):
    """A request that the exchange did not do: its code, its text, and the HTTP status that goes with it.

    `data` is what the answer says besides, of a request that was done in part.
    """

    def __init__(
        self,
        code: int,
        text: str,
        status: int = 400,
        retry_after: int | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.retry_after = retry_after
        self.data = data

    def told(self) -> dict[str, object]:
        """The body of the answer."""
        body: dict[str, object] = {"code": self.code, "msg": self.text}
        return body if self.data is None else {**body, "data": self.data}


def insufficient() -> Refused:
    """Not enough free balance for an order."""
    return Refused(-2010, "Account has insufficient balance for requested action.")


def failed_filter(name: str) -> Refused:
    """A price or amount that a symbol's filter does not let through."""
    return Refused(-1013, f"Filter failure: {name}")


def missing(name: str) -> Refused:
    """A parameter that has to be there and is not."""
    return Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def not_required(name: str) -> Refused:
    """A parameter that has no place in this kind of request."""
    return Refused(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, legal: str) -> Refused:
    """A parameter whose characters are not legal."""
    return Refused(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def no_permission() -> Refused:
    """A key that is unknown, comes from the wrong address, or may not do this: Binance does not say which."""
    return Refused(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
