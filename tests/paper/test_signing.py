import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ringfence.paper import signing
from ringfence.paper.keys import ApiKey, Type
from ringfence.paper.refused import Refused
from tests.keypairs import Pair, ed25519_pair, rsa_pair
from tests.paper.venue import MAIN, NOW, WATCH, Venue, sign

# The key of Binance's own examples (rest-api.md, "SIGNED Endpoint Examples for POST /api/v3/order").
DOCUMENTED = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
WHOLE = (
    b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
)
ONE = b"&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
QUERY = b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
BODY = b"quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
MIXED = b"&signature=0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"

HOLDER = ApiKey("k", "main", "k" * 64, DOCUMENTED, frozenset())

GOOD = [
    (b"", WHOLE + ONE),
    (WHOLE + ONE, b""),
    (QUERY, BODY + MIXED),
    (QUERY + MIXED, BODY),
    (WHOLE + ONE.upper().replace(b"SIGNATURE", b"signature"), b""),
    (ONE[1:] + b"&" + WHOLE, b""),
]


@pytest.mark.parametrize(("query", "body"), GOOD)
def test_the_signatures_of_the_documents_hold_wherever_they_stand(query: bytes, body: bytes) -> None:
    signing.verify(HOLDER, query, body)


BAD = [
    (WHOLE, b"", -1102),
    (WHOLE + b"&signature=", b"", -1102),
    (WHOLE + ONE[:-1] + b"0", b"", -1022),
    (WHOLE + b"&signature=zz", b"", -1022),
    (WHOLE.replace(b"quantity=1", b"quantity=2") + ONE, b"", -1022),
    (QUERY + b"&", BODY + MIXED, -1022),
    (WHOLE + ONE, b"quantity=9", -1022),
    (WHOLE + ONE, ONE[1:], -1101),
    (WHOLE + b"&note=\xc3\xa9" + ONE, b"", -1022),
    (b"", WHOLE + b"&note=\xc3\xa9" + ONE, -1022),
]


@pytest.mark.parametrize(("query", "body", "code"), BAD)
def test_a_text_that_is_not_the_signed_one_is_refused(query: bytes, body: bytes, code: int) -> None:
    with pytest.raises(Refused) as refused:
        signing.verify(HOLDER, query, body)
    assert refused.value.code == code


def test_query_and_body_are_signed_as_one_text_with_nothing_between() -> None:
    """S42: what is signed as quantity=10 is read as a quantity of 1 and a parameter 0."""
    query, body = b"symbol=LTCBTC&quantity=1", b"0&price=5"
    signature = sign(DOCUMENTED, "symbol=LTCBTC&quantity=10&price=5").encode()
    signing.verify(HOLDER, query, body + b"&signature=" + signature)
    assert signing.read(query, body) == {"symbol": "LTCBTC", "quantity": "1", "0": "", "price": "5"}


READ = [
    (b"a=1", b"a=2&b=3", {"a": "1", "b": "3"}),
    (b"%71uantity=1", b"quantity=2", {"quantity": "1"}),
    (b"a=x%20y+z", b"", {"a": "x y z"}),
    (b"a=%C3%A9", b"", {"a": "é"}),
    (b"a", b"", {"a": ""}),
]


@pytest.mark.parametrize(("query", "body", "found"), READ)
def test_a_name_in_both_places_has_the_value_of_the_query(query: bytes, body: bytes, found: dict[str, str]) -> None:
    assert signing.read(query, body) == found


@pytest.mark.parametrize("query", [b"a=1&a=1", b"quantity=1&%71uantity=2", b"a=1&b=2&a="])
def test_a_name_twice_in_one_place_is_refused(query: bytes) -> None:
    for place in ((query, b""), (b"", query)):
        with pytest.raises(Refused) as refused:
            signing.read(*place)
        assert refused.value.code == -1101


TIMES = [
    # milliseconds before (or after) the server's time, the window, and the code
    (0, None, None),
    (5000, None, None),
    (5001, None, -1021),
    (-999, None, None),
    (-1000, None, -1021),
    (60_000, "60000", None),
    (60_001, "60000", -1021),
    (0, "60001", -1131),
    (0, "0", None),
    (1, "0", -1021),
    (0, "-1", -1100),
    (0, "5e3", -1100),
    (0, "٣", -1100),
]


@pytest.mark.parametrize(("age", "window", "code"), TIMES)
def test_a_request_is_good_for_its_window_and_not_a_millisecond_more(
    age: int, window: str | None, code: int | None
) -> None:
    params = {"timestamp": str(NOW - age)} | ({} if window is None else {"recvWindow": window})
    if code is None:
        signing.check_time(params, NOW)
        return
    with pytest.raises(Refused) as refused:
        signing.check_time(params, NOW)
    assert refused.value.code == code


def test_a_time_in_microseconds_is_understood() -> None:
    signing.check_time({"timestamp": str(NOW * 1000 + 999)}, NOW)
    with pytest.raises(Refused):
        signing.check_time({"timestamp": str((NOW - 5001) * 1000)}, NOW)


def test_without_a_time_nothing_is_done() -> None:
    with pytest.raises(Refused, match="timestamp"):
        signing.check_time({}, NOW)


@pytest.mark.parametrize("in_body", [False, True])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_parameters_may_be_in_the_body_of_every_verb_but_get(method: str, in_body: bool) -> None:
    venue = Venue.make()
    path = "/api/v3/order/test" if method == "POST" else "/api/v3/order"
    text = f"symbol=VIAUSDT&timestamp={NOW}&" + ("side=UP" if method == "POST" else "orderId=1")
    signed = f"{text}&signature={sign(MAIN.secret, text)}"
    target, body = (path, signed.encode()) if in_body else (f"{path}?{signed}", b"")
    assert venue.raw(method, target, MAIN.key, body)[1]["code"] == (-1102 if method == "POST" else -2011)


def test_the_body_of_a_get_is_signed_and_not_read() -> None:
    venue = Venue.make()
    query, body = f"timestamp={NOW}", "symbol=NOSUCH"
    signature = sign(MAIN.secret, query + body)
    target = f"/api/v3/openOrders?{query}&signature={signature}"
    assert venue.raw("GET", target, MAIN.key, body.encode()) == (200, [])


KEYS = [
    (None, -2014),
    ("", -2014),
    ("short", -2014),
    ("-" * 64, -2014),
    ("é" * 64, -2014),
    ("x" * 64, -2015),
]


@pytest.mark.parametrize(("key", "code"), KEYS)
def test_a_key_that_is_malformed_and_one_that_is_unknown_have_codes_of_their_own(key: str | None, code: int) -> None:
    status, body = Venue.make().raw("GET", f"/api/v3/account?timestamp={NOW}&signature=00", key)
    assert (status, body["code"]) == (401, code)


def test_a_key_that_is_bound_to_addresses_is_good_from_nowhere_else() -> None:
    venue = Venue.make()
    by = next(key for key in venue.exchange.keys.all() if key.addresses)
    assert venue.signed("GET", "/api/v3/account", by)[0] == 200
    venue.address = "127.0.0.2"
    status, body = venue.signed("GET", "/api/v3/account", by)
    assert (status, body["code"]) == (401, -2015)


def test_a_right_that_a_key_lacks_is_refused() -> None:
    venue = Venue.make()
    status, body = venue.limit("BUY", "100", "0.3", by=WATCH)
    assert (status, body["code"]) == (401, -2015)
    assert venue.signed("GET", "/api/v3/account", WATCH)[0] == 200


def test_a_request_that_is_sent_again_within_its_window_is_done_again() -> None:
    """S51: the exchange does not remember signatures; whoever has a signed request has an order."""
    venue = Venue.make()
    query = f"symbol=VIAUSDT&side=BUY&type=MARKET&quoteOrderQty=10&timestamp={NOW}"
    target = f"/api/v3/order?{query}&signature={sign(MAIN.secret, query)}"
    ids = {venue.raw("POST", target, MAIN.key)[1]["orderId"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(("kind", "pair"), [(Type.ED25519, ed25519_pair(bytes(32))), (Type.RSA, rsa_pair())])
def test_a_key_pair_signs_the_same_text_in_base64(kind: Type, pair: Pair) -> None:
    holder = replace(HOLDER, secret=pair.secret, type=kind)
    signature = quote(b64encode(pair.ours.sign(QUERY + BODY)).decode(), safe="")
    signing.verify(holder, QUERY + f"&signature={signature}".encode(), BODY)
    hexed = hmac.new(pair.secret.encode(), QUERY + BODY, hashlib.sha256).hexdigest()
    for wrong in (signature[:-6] + "AA%3D%3D", hexed, "x"):
        with pytest.raises(Refused) as refused:
            signing.verify(holder, QUERY + f"&signature={wrong}".encode(), BODY)
        assert refused.value.code == -1022


# What ccxt signed at a fixed time with the Ed25519 key of the seed 00 01 ... 1f.
SEEDED = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
SENT = b"timestamp=1700000000123&symbol=LTCBTC&recvWindow=5000"
SEEDED_SIGNATURE = "cU0T9QZguxe/JPTZVTG8UzOv6bOITfQ22F1VCIi0DohVFpq4AbhMNu7Efa6n9kFeop3YaqSz2zBBrUIWZIzrAA=="


def ed25519_vector() -> tuple[ApiKey, str]:
    return replace(HOLDER, secret=SEEDED, type=Type.ED25519), SEEDED_SIGNATURE


def rsa_vector() -> tuple[ApiKey, str]:
    """RSASSA-PKCS1-v1_5 with SHA-256 by RFC 8017, 8.2 and 9.2, in plain arithmetic."""
    key = generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(SENT).digest()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
    signature = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(256)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return replace(HOLDER, secret=pem, type=Type.RSA), b64encode(signature).decode()


@pytest.mark.parametrize("vector", [ed25519_vector, rsa_vector])
def test_signatures_that_others_made_hold_wherever_they_stand_and_for_their_text_alone(
    vector: Callable[[], tuple[ApiKey, str]],
) -> None:
    holder, signature = vector()
    encoded = b"signature=" + quote(signature, safe="").encode()
    for query, body in (
        (SENT + b"&" + encoded, b""),
        (b"", SENT + b"&" + encoded),
        (SENT[:20] + b"&" + encoded, SENT[20:]),
        (SENT[:20], SENT[20:] + b"&" + encoded),
        (encoded, SENT),
        (SENT, encoded),
    ):
        signing.verify(holder, query, body)
    for query, given in (
        (SENT.replace(b"LTC", b"ETH"), encoded),
        (SENT + b"&", encoded),
        (SENT, encoded.lower()),
        (SENT, encoded.replace(b"%3D%3D", b"!%3D%3D")),
        (SENT, b"signature=" + quote(b64encode(b"x" * 64).decode()).encode()),
        (SENT, b"signature=%FF"),
    ):
        with pytest.raises(Refused) as refused:
            signing.verify(holder, query, given)
        assert refused.value.code == -1022


def test_a_signature_by_a_key_of_another_type_is_refused() -> None:
    (seeded, ed25519), (rsa, by_rsa) = ed25519_vector(), rsa_vector()
    by_secret = sign(DOCUMENTED, SENT.decode())
    for holder, signature in (
        (seeded, by_rsa), (seeded, by_secret), (rsa, ed25519), (rsa, by_secret), (HOLDER, ed25519), (HOLDER, by_rsa),
    ):  # fmt: skip
        with pytest.raises(Refused):
            signing.verify(holder, SENT, b"signature=" + quote(signature, safe="").encode())
