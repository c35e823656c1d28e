"""Money out of the account, and keys into it."""

from ringfence.drill import calls
from ringfence.drill.attack import Attack
from ringfence.drill.thief import Thief
from ringfence.drill.venue import QUOTE

# As a guard sees it, a path below /api/v3; as the exchange sees it, the withdrawal.
HIDDEN = "/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply"


def _withdraw(thief: Thief) -> None:
    thief.bot.send(calls.withdrawal(QUOTE, thief.free(QUOTE)))


def _withdraw_by_another_path(thief: Thief) -> None:
    thief.bot.send(calls.withdrawal(QUOTE, thief.free(QUOTE), HIDDEN))


def _move_to_futures(thief: Thief) -> None:
    thief.bot.send(calls.wallet_transfer(QUOTE, thief.free(QUOTE), "MAIN_UMFUTURE"))


def _make_a_key(thief: Thief) -> None:
    thief.bot.send(calls.new_key())


LEAVING = (
    Attack("I3", "withdraw everything", _withdraw, full_key=True),
    Attack("S46", "withdraw by an encoded path", _withdraw_by_another_path, full_key=True),
    Attack("S24", "move all to another wallet", _move_to_futures, full_key=True),
    Attack("I12", "make a new API key", _make_a_key, full_key=True),
)
