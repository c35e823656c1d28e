"""The wallet side (sapi): what clients ask at their start, what a key may do, and the ways out for money.

A withdrawal here really moves the money to an outside address, where no one gets it back: that is the point.
"""

import secrets
from decimal import Decimal

from ringfence.paper.accounts import FEE_RATE, Flow, Movement
from ringfence.paper.call import Call, Json, money
from ringfence.paper.orders import ZERO
from ringfence.paper.refused import Refused

_WALLETS = {"MAIN": "", "FUNDING": ":funding", "UMFUTURE": ":umfuture", "CMFUTURE": ":cmfuture", "MARGIN": ":margin"}


def coins(call: Call) -> Json:
    """GET /sapi/v1/capital/config/getall."""
    return [_coin(call, asset) for asset in _assets(call)]


def no_pairs(_call: Call) -> Json:
    """GET /sapi/v1/margin/allPairs and isolated/allPairs: there is no margin trading here."""
    return []


def status(_call: Call) -> Json:
    """GET /sapi/v1/account/status."""
    return {"data": "Normal"}


def fees(call: Call) -> Json:
    """GET /sapi/v1/asset/tradeFee."""
    symbols = [call.symbol()] if call.params.has("symbol") else list(call.exchange.instruments)
    rate = f"{FEE_RATE:f}"
    return [{"symbol": symbol, "makerCommission": rate, "takerCommission": rate} for symbol in symbols]


def withdraw(call: Call) -> Json:
    """POST /sapi/v1/capital/withdraw/apply."""
    coin, amount = _coin_and_amount(call, "coin")
    address = call.params.need("address")
    try:
        call.exchange.accounts.withdraw(call.account, coin, amount, address, call.now)
    except Refused:
        raise Refused(-4026, "The user has insufficient balance available.") from None
    return {"id": secrets.token_hex(16)}


def withdrawals(call: Call) -> Json:
    """GET /sapi/v1/capital/withdraw/history, newest first."""
    return [
        {
            "id": str(number),
            "amount": f"{each.amount:f}",
            "transactionFee": "0",
            "coin": each.asset,
            "status": 6,
            "address": each.other,
            "txId": f"paper-{number}",
            "applyTime": each.time,
            "network": each.asset,
            "transferType": 0,
        }
        for number, each in _moves(call, Flow.WITHDRAWAL)
    ]


def deposits(call: Call) -> Json:
    """GET /sapi/v1/capital/deposit/hisrec, newest first."""
    return [
        {
            "id": str(number),
            "amount": f"{each.amount:f}",
            "coin": each.asset,
            "network": each.asset,
            "status": 1,
            "address": f"paper-{call.account}",
            "txId": f"paper-{number}",
            "insertTime": each.time,
            "transferType": 0,
        }
        for number, each in _moves(call, Flow.DEPOSIT)
    ]


def transfer(call: Call) -> Json:
    """POST /sapi/v1/asset/transfer: between the wallets of one account, out of the reach of spot orders."""
    asset, amount = _coin_and_amount(call, "asset")
    kind = call.params.need("type")
    source, _, target = kind.partition("_")
    if source not in _WALLETS or target not in _WALLETS or source == target:
        raise Refused(-1102, "Mandatory parameter 'type' was not sent, was empty/null, or malformed.")
    accounts, name = call.exchange.accounts, call.account
    try:
        accounts.move(f"{name}{_WALLETS[source]}", f"{name}{_WALLETS[target]}", asset, amount, call.now)
    except Refused:
        raise Refused(-5013, "Asset transfer failed: insufficient balance") from None
    return {"tranId": len(accounts.movements)}


def transfers(call: Call) -> Json:
    """GET /sapi/v1/asset/transfer, newest first."""
    call.params.need("type")
    rows: list[Json] = [
        {"asset": each.asset, "amount": f"{each.amount:f}", "status": "CONFIRMED", "tranId": number,
         "timestamp": each.time}
        for number, each in _moves(call, Flow.WALLET)
    ]  # fmt: skip
    return {"total": len(rows), "rows": rows}


def _assets(call: Call) -> list[str]:
    return sorted({asset for each in call.exchange.instruments.values() for asset in (each.base, each.quote)})


def _coin_and_amount(call: Call, name: str) -> tuple[str, Decimal]:
    asset = call.params.need(name)
    if asset not in _assets(call):
        raise Refused(-4019, "The current currency is not open for withdrawal")
    call.params.need("amount")
    amount = call.params.amount("amount") or ZERO
    if amount == ZERO:
        raise Refused(-1102, "Mandatory parameter 'amount' was not sent, was empty/null, or malformed.")
    return asset, amount


def _moves(call: Call, flow: Flow) -> list[tuple[int, Movement]]:
    rows = [row for row in enumerate(call.exchange.accounts.movements, 1) if row[1].flow is flow]
    own = [row for row in rows if row[1].account.partition(":")[0] == call.account]
    return own[::-1]


def _coin(call: Call, asset: str) -> Json:
    accounts, name, none = call.exchange.accounts, call.account, money(ZERO)
    return {
        "coin": asset,
        "name": asset,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "free": money(accounts.free(name, asset)),
        "locked": money(accounts.locked(name, asset)),
        "freeze": none,
        "withdrawing": none,
        "ipoing": none,
        "ipoable": none,
        "storage": none,
        "isLegalMoney": False,
        "trading": True,
        "networkList": [
            {
                "network": asset,
                "coin": asset,
                "name": asset,
                "isDefault": True,
                "depositEnable": True,
                "withdrawEnable": True,
                "withdrawFee": none,
                "withdrawMin": "0.00000001",
                "withdrawMax": "1000000000",
                "withdrawIntegerMultiple": "0.00000001",
                "minConfirm": 1,
                "unLockConfirm": 1,
                "sameAddress": False,
                "estimatedArrivalTime": 1,
                "busy": False,
            }
        ],
    }
