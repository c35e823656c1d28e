"""What a notebook printed: a value is called by what its cell showed, though it stands before the code in the file."""

import json
import time

import pytest

from ringfence.audit.finding import Finding
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import EXCHANGES, Drawn


def notebook(code: list[str], *outputs: dict[str, object]) -> str:
    """Write a notebook as Jupyter does: keys in order, one blank for each step in."""
    other = {"cell_type": "markdown", "metadata": {}, "source": ["# api secret\n", "print(api_secret)"]}
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": code}
    return json.dumps({"cells": [other, cell, other], "metadata": {}, "nbformat": 4}, indent=1)


def printed(*lines: str) -> dict[str, object]:
    return {"name": "stdout", "output_type": "stream", "text": [f"{line}\n" for line in lines]}


def result(text: str) -> dict[str, object]:
    return {"data": {"text/plain": [f"'{text}'"]}, "metadata": {}, "output_type": "execute_result"}


def found(text: str) -> list[tuple[str, int]]:
    return [(one.rule, one.place.line) for one in scan("a.ipynb", text.encode()) if isinstance(one, Finding)]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize(
    ("code", "form"),
    [
        (["import ccxt\n", "print(exchange.secret)"], printed),
        (["print(os.environ['API_SECRET'])\n", "x = 1"], printed),
        (["display(config['exchange']['secret']);\n"], printed),
        (["x = 1\n", "exchange.secret\n"], result),
        (["api_secret"], result),
    ],
)
def test_a_secret_that_was_shown_is_found(exchange: str, code: list[str], form: object) -> None:
    _, secret = Drawn().pair(exchange)
    text = notebook(code, form(secret))  # type: ignore[operator]
    assert found(text) == [("secrets/exchange-secret", line_of(text, secret))]


def test_of_several_lines_each_has_its_own_name() -> None:
    _, secret = Drawn().pair("bybit")
    order, _ = Drawn().pair("kucoin")
    code = ["print(order_id)\n", "print(exchange.secret)\n"]
    text = notebook(code, printed(order, secret))
    assert found(text) == [("secrets/exchange-secret", line_of(text, secret))]
    turned = notebook(code, printed(secret, order))
    assert found(turned) == [("secrets/exchange-secret", line_of(turned, order))]


@pytest.mark.parametrize("code", [["print(tx_hash)"], ["print(order_id)"], ["print(x)"], ["secret = 1"], []])
def test_what_has_another_name_is_no_secret(code: list[str]) -> None:
    _, secret = Drawn().pair("bybit")
    assert found(notebook(code, printed(secret))) == []


def test_what_another_cell_shows_names_nothing() -> None:
    _, secret = Drawn().pair("bybit")
    whole = json.loads(notebook(["print(api_secret)"], printed("1")))
    whole["cells"].append({"cell_type": "code", "metadata": {}, "outputs": [printed(secret)], "source": ["go()"]})
    assert found(json.dumps(whole, indent=1)) == []


@pytest.mark.parametrize(
    "piece", ['"print(a)\\n",', '"\\n",', '{"text": ["a\\n"]},', '{"source": "print(s)", "text": "s"},', "[", '["']
)
def test_a_notebook_of_one_thing_ends_soon(piece: str) -> None:
    for head in ('{"cells": [{"source": [', '{"cells": [{"outputs": [', '{"cells": [{"outputs": [{"text": ['):
        start = time.process_time()
        list(scan("a.ipynb", (head + piece * (2_000_000 // len(piece))).encode()))
        assert time.process_time() - start < 6
