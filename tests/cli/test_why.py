"""`ringfence why`, as a person sees it."""

from pathlib import Path

from tests.cli.terminal import reply, ringfence, signer


def test_what_a_limit_in_shadow_let_pass_is_shown_as_that(home: Path) -> None:
    row = {"at": 1, "bot": "grid", "action": "BUY 1 BTC/USDT", "reasons": [{"code": "held", "text": "it is large"}]}
    with signer(home, AskWhy=reply({"refusals": [{**row, "shadow": True}, row]})):
        lines = ringfence(home, "why").out.splitlines()
    assert [" ".join(line.split()).endswith("passed, in shadow: it is large") for line in lines[2:]] == [True, False]
