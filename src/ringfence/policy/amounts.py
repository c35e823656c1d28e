"""How a policy writes amounts, and how figures are written back. Text in, `Decimal` out; a float never gets in."""

import re
from decimal import ROUND_CEILING, ROUND_DOWN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

# ASCII plain digits before `Decimal` sees them: it would take "NaN", "1e3", "1_000" and full-width digits
# (docs/explanation/attacks.md, S44). 18 digits each side is more than any exchange states.
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,8})?%", re.ASCII)

# Products of three such amounts stay exact in 120 digits; a quotient is cut, so it never affords too much.
EXACT = Context(prec=120, rounding=ROUND_DOWN, traps=[InvalidOperation, DivisionByZero, Overflow])

_FINEST = Decimal("1e-18")


def ceiling(value: Decimal) -> Decimal:
    """Round a quotient up to eighteen places, so that sums of such come and go without a remainder."""
    return value.quantize(_FINEST, ROUND_CEILING)


def amount(text: str) -> Decimal | None:
    """Read "500" or "0.25"; None where it is not a plain positive amount."""
    value = Decimal(text) if _AMOUNT.fullmatch(text) else None
    return value or None


def percent(text: str) -> Decimal | None:
    """Read "0.5%" as 0.005; None where it is not a plain percentage."""
    return Decimal(text[:-1]) / 100 if _PERCENT.fullmatch(text) else None


def plain(value: Decimal) -> str:
    """Write an amount without exponent or idle zeros: 1E+3 as "1000", 0.500 as "0.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_percent(value: Decimal) -> str:
    """Write 0.005 as "0.5%"."""
    return f"{plain(value * 100)}%"
