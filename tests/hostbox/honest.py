"""An honest bot, which knows of Ringfence but an address and a key: it orders, and writes down what it hears."""

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

BASE = "http://127.0.0.1:8300"
KEY, SECRET = os.environ["BOT_KEY"], os.environ["BOT_SECRET"]


def call(method, path, params=None, signed=False):
    query = urllib.parse.urlencode(params or {})
    if signed:
        query += f"&timestamp={int(time.time() * 1000)}"
        query += f"&signature={hmac.digest(SECRET.encode(), query.encode(), hashlib.sha256).hex()}"
    request = urllib.request.Request(f"{BASE}{path}?{query}", method=method, headers={"X-MBX-APIKEY": KEY})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def order():
    _, ticker = call("GET", "/api/v3/ticker/bookTicker", {"symbol": "BTCUSDT"})
    price = f"{float(ticker['bidPrice']) * 0.999:.2f}"
    wanted = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
        "price": price,
    }
    return call("POST", "/api/v3/order", wanted, signed=True)


status, heard = 0, {}
for _ in range(60):  # until prices are fresh
    try:
        status, heard = order()
    except OSError as error:
        heard = {"error": str(error)}
    if status == 200:
        break
    time.sleep(0.5)
withdrawal = call(
    "POST", "/sapi/v1/capital/withdraw/apply", {"coin": "USDT", "address": "x", "amount": "1"}, signed=True
)
path = os.path.join(os.environ["HOME"], "heard.json")
with open(path + ".new", "w") as file:
    json.dump({"order": [status, heard], "withdrawal": withdrawal}, file)
os.rename(path + ".new", path)
while True:
    time.sleep(60)
