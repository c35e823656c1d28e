"""What a socket that carries streams may be asked, and what it answers to everything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.subscribing import Carried


def ask(carried: Carried, **frame: object) -> Any:
    return carried.answer(json.dumps(frame).encode())


def test_streams_are_subscribed_listed_and_unsubscribed_in_their_order() -> None:
    carried = Carried({"a@trade": None})
    assert ask(carried, id=1, method="SUBSCRIBE", params=["b@trade", "c@trade", "b@trade"]) == {"id": 1, "result": None}
    listed = ask(carried, id="x-2", method="LIST_SUBSCRIPTIONS")
    assert listed == {"id": "x-2", "result": ["a@trade", "b@trade", "c@trade"]}
    assert ask(carried, id=None, method="UNSUBSCRIBE", params=["a@trade", "z@trade"]) == {"id": None, "result": None}
    assert list(carried.names) == ["b@trade", "c@trade"]
    assert ask(carried, id=4, method="LIST_SUBSCRIPTIONS", params=[])["result"] == ["b@trade", "c@trade"]


def test_whether_messages_say_whose_they_are_can_be_asked_and_set() -> None:
    carried = Carried()
    assert ask(carried, id=1, method="GET_PROPERTY", params=["combined"])["result"] is False
    assert ask(carried, id=2, method="SET_PROPERTY", params=["combined", True]) == {"id": 2, "result": None}
    assert ask(carried, id=3, method="GET_PROPERTY", params=["combined"])["result"] is True


NAMELESS = {"code": 2, "msg": "Invalid request: property name must be a string"}
ID = {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}
MANY = {"code": 2, "msg": "Invalid request: too many parameters"}
BOOLEAN = {"code": 1, "msg": "Invalid value type: expected Boolean"}
STREAM = {"code": 2, "msg": "Invalid request: invalid stream"}
WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"method": "SET_PROPERTY", "params": ["other", True]}, {"code": 0, "msg": "Unknown property"}),
    ({"method": "GET_PROPERTY", "params": ["other"]}, {"code": 0, "msg": "Unknown property"}),
    ({"method": "SET_PROPERTY", "params": ["combined", 1]}, BOOLEAN),
    ({"method": "SET_PROPERTY", "params": ["combined"]}, BOOLEAN),
    ({"method": "SET_PROPERTY", "params": ["combined", True, 1]}, MANY),
    ({"method": "GET_PROPERTY", "params": ["combined", True]}, MANY),
    ({"method": "LIST_SUBSCRIPTIONS", "params": ["a"]}, MANY),
    ({"method": "SET_PROPERTY", "params": []}, NAMELESS),
    ({"method": "GET_PROPERTY"}, NAMELESS),
    ({"method": "GET_PROPERTY", "params": [7]}, NAMELESS),
    ({"method": "GET_PROPERTY", "params": {"combined": 1}}, NAMELESS),
    ({"method": "SUBSCRIBE", "params": "a@trade"}, STREAM),
    ({"method": "SUBSCRIBE", "params": ["a@trade", 7]}, STREAM),
]
NUMBERS: tuple[object, ...] = (1.5, True, [], {}, "", "a" * 37, "a b", 2**63)
NO_ID: list[dict[str, object]] = [{}, *({"id": each} for each in NUMBERS)]


@pytest.mark.parametrize(("frame", "error"), WRONG)
def test_what_cannot_be_done_is_answered_as_is_documented_and_changes_nothing(
    frame: dict[str, Any], error: dict[str, Any]
) -> None:
    carried = Carried({"a@trade": None})
    assert ask(carried, id=5, **frame) == {"error": error, "id": 5}
    assert carried == Carried({"a@trade": None})


@pytest.mark.parametrize("number", NO_ID)
def test_an_id_of_another_kind_or_none_at_all_is_refused(number: dict[str, object]) -> None:
    carried = Carried()
    assert ask(carried, method="SUBSCRIBE", params=["a@trade"], **number) == {"error": ID, "id": None}
    assert not carried.names


@pytest.mark.parametrize("number", [0, -(2**63), 2**63 - 1, "a" * 36, "7d3b9b46-5f4f-4c8b", None])
def test_an_id_is_given_back_as_it_came(number: object) -> None:
    assert ask(Carried(), id=number, method="LIST_SUBSCRIPTIONS") == {"id": number, "result": []}


def test_an_unknown_method_and_a_missing_one_are_told_apart() -> None:
    told = ask(Carried(), id=1, method="subscribe", params=[])["error"]
    assert told["code"] == 2
    assert told["msg"].startswith("Invalid request: unknown variant 'subscribe', expected one of `SUBSCRIBE`, ")
    told = ask(Carried(), id=1, method=["SUBSCRIBE"])["error"]
    assert told["msg"].startswith("Invalid request: unknown variant ['SUBSCRIBE']")
    assert ask(Carried(), id=1)["error"]["msg"].startswith("Invalid request: missing field `method` at line 1 column ")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"7", b"null", b'{"id":NaN}', b'{"id":"\\ud800"}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_json_object_is_said_to_be_none(text: bytes) -> None:
    told = {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}, "id": None}
    assert Carried().answer(text) == told


def test_one_socket_carries_1024_streams_and_not_one_more() -> None:
    carried = Carried()
    names = [f"s{number}@trade" for number in range(1025)]
    assert ask(carried, id=1, method="SUBSCRIBE", params=names)["error"]["code"] == 2
    assert not carried.names
    assert ask(carried, id=2, method="SUBSCRIBE", params=names[:1024])["result"] is None
    assert ask(carried, id=3, method="SUBSCRIBE", params=names[:1])["result"] is None
    assert ask(carried, id=4, method="SUBSCRIBE", params=names[1024:])["error"]["code"] == 2
    assert len(carried.names) == 1024


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
METHODS = st.sampled_from(["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"])


@given(st.fixed_dictionaries({}, optional={"id": JSON, "method": JSON | METHODS, "params": JSON}))
def test_every_frame_has_an_answer_that_is_json_itself(frame: dict[str, Any]) -> None:
    told: Any = Carried().answer(json.dumps(frame).encode())
    assert json.loads(json.dumps(told)) == told
    assert told.keys() in ({"result", "id"}, {"error", "id"})
