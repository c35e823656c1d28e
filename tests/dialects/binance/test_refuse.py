"""Our refusals make ccxt raise ordinary errors, with its own URLs and with overridden ones."""

import json
import tomllib
from importlib.resources import files
from typing import Any

import ccxt
import pytest

from ringfence.dialects.dialect import Answer
from ringfence.model.decision import Code, Reason
from tests.dialects.binance.asks import DIALECT

ROWS = tomllib.loads(files("ringfence.dialects.binance").joinpath("refusals.toml").read_text("utf-8"))["answer"]
EXPECTED = {Code(reason): row["ccxt"] for row in ROWS for reason in row["reasons"]}
IDENTITY = {Code.KEY, Code.SIGNATURE}  # the two that are about the key itself
# What no bot of this key may ever do; ccxt's PermissionDenied is a child of its AuthenticationError.
NEVER = {Code.WITHDRAW, Code.TRANSFER, Code.ACCOUNT, Code.ROLE, Code.NO_POLICY}
URLS = {
    "its own URLs": "https://api.binance.com/api/v3/order",
    "overridden URLs": "http://127.0.0.1:8300/api/v3/order",
}


def handle(url: str, status: int, body: bytes) -> None:
    """Let ccxt handle an answer as its `fetch` does: by the body first, then by the status."""
    exchange: Any = ccxt.binance()
    exchange.options["hasAlreadyAuthenticatedSuccessfully"] = True
    text = body.decode()
    exchange.handle_errors(status, "", url, "POST", {}, text, json.loads(text), {}, None)
    exchange.handle_http_status_code(status, "", url, "POST", text)


def raised(url: str, status: int, body: bytes) -> BaseException:
    with pytest.raises(ccxt.BaseError) as error:
        handle(url, status, body)
    caught: BaseException = error.value
    return caught


@pytest.mark.parametrize("url", URLS.values(), ids=list(URLS))
@pytest.mark.parametrize("code", Code)
def test_ccxt_raises_the_class_that_the_table_names(code: Code, url: str) -> None:
    answer = DIALECT.refuse(Reason(code, "6,000 USDT of 5,000 in 24 hours"))
    error = raised(url, answer.status, answer.body)
    assert type(error).__name__ == EXPECTED[code]
    assert f"ringfence refused: {code.value}: 6,000 USDT of 5,000 in 24 hours" in str(error)


@pytest.mark.parametrize("url", URLS.values(), ids=list(URLS))
@pytest.mark.parametrize("code", sorted(set(Code) - IDENTITY))
def test_no_policy_refusal_tells_a_bot_that_its_key_is_broken(code: Code, url: str) -> None:
    answer = DIALECT.refuse(Reason(code, ""))
    assert answer.status not in {401, 407, 511}
    error = raised(url, answer.status, answer.body)
    assert type(error) is not ccxt.AuthenticationError
    assert isinstance(error, ccxt.AuthenticationError) is (code in NEVER)


@pytest.mark.parametrize("code", Code)
def test_only_an_unknown_outcome_is_a_5xx(code: Code) -> None:
    assert (DIALECT.refuse(Reason(code, "")).status >= 500) is (code is Code.UPSTREAM)


def test_a_reason_with_hostile_text_is_still_one_json_object_of_plain_ascii() -> None:
    answer = DIALECT.refuse(Reason(Code.UNKNOWN, '","code":200,"x":"\x1b[0m\u202eü' + "x" * 9_000))
    told = json.loads(answer.body)
    assert set(told) == {"code", "msg"}
    assert told["code"] == -1104
    assert answer.body.isascii()
    assert len(answer.body) < 400


DONE = Answer(200, b'{"orderId":1}')
FAILED = Answer(400, b'{"code":-2010,"msg":"no"}')
PAGE = Answer(403, b"<html>")
SILENT = "the exchange gave no reason"


@pytest.mark.parametrize(
    ("cancelled", "placed", "status", "code", "results", "message"),
    [
        (DONE, DONE, 200, None, ("SUCCESS", "SUCCESS"), None),
        (DONE, FAILED, 409, -2021, ("SUCCESS", "FAILURE"), "Order cancel-replace partially failed. no"),
        (FAILED, DONE, 409, -2021, ("FAILURE", "SUCCESS"), "Order cancel-replace partially failed. no"),
        (FAILED, FAILED, 400, -2022, ("FAILURE", "FAILURE"), "Order cancel-replace failed. no no"),
        (
            DONE,
            PAGE,
            409,
            -2021,
            ("SUCCESS", "FAILURE"),
            "Order cancel-replace partially failed. the exchange gave no reason",
        ),
        (FAILED, None, 400, -2022, ("FAILURE", "NOT_ATTEMPTED"), "Order cancel-replace failed. no"),
    ],
)
def test_a_replacement_is_told_as_binance_tells_it(
    cancelled: Answer,
    placed: Answer | None,
    status: int,
    code: int | None,
    results: tuple[str, str],
    message: str | None,
) -> None:
    answer = DIALECT.replaced(cancelled, placed)
    body = json.loads(answer.body)
    assert (answer.status, body.get("code"), body.get("msg")) == (status, code, message)
    told = body if code is None else body["data"]
    assert (told["cancelResult"], told["newOrderResult"]) == results
    assert (told["newOrderResponse"] is None) is (placed is None)
    assert told["cancelResponse"] == json.loads(cancelled.body)


LOST = Answer(504, b'{"code":-1007,"msg":"unknown"}')


@pytest.mark.parametrize(("cancelled", "placed"), [(LOST, None), (LOST, DONE), (DONE, LOST), (FAILED, LOST)])
def test_a_replacement_of_which_a_part_is_not_known_is_not_known(cancelled: Answer, placed: Answer | None) -> None:
    assert DIALECT.replaced(cancelled, placed) == LOST
