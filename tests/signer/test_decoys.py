"""Who uses a decoy is told to the owner, at most once an hour, and drowns no other alarm (S57)."""

from dataclasses import replace

import pytest

from ringfence.ipc.messages import AskReload, AskStatus
from ringfence.model.names import KeyId
from ringfence.signer.decoys import QUIET_MS, Decoys
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault
from tests.signer.owner import HOUR, PASSPHRASE, House

LAPTOP = Record("decoy-laptop", RecordKind.DECOY, "binance", account="/home/owner/.env", bot="laptop", key="E" * 64)
OTHER = replace(LAPTOP, id="decoy-other", account="", bot="other", key="F" * 64)
NOW = 1_800_000_000_000


def use(house: House, decoy: Record, times: int = 1) -> None:
    """Do what the signer's door does where a key is nobody's."""
    for _ in range(times):
        before, text = house.desk.decoys.used(decoy, "paper", house.desk.timeline.now())
        if text:
            house.desk.alarm(text, instead=before)


def told(house: House) -> list[str]:
    return [text for _, text in house.desk.alarms if text.startswith("decoy ")]


def seal(house: House, *decoys: Record) -> None:
    with Vault.open(house.home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        for decoy in decoys:
            vault.add(decoy, bytearray(b"d" * 64))
    house.ask(AskReload())


def test_the_alarm_says_which_decoy_where_it_was_planted_and_how_it_came_in() -> None:
    before, text = Decoys().used(LAPTOP, "proxy/binance", NOW)
    what, _, place = text.partition(": ")
    assert before == ""
    assert what == "decoy laptop (binance key EEEE...) was used by way of proxy/binance, use 1"
    assert place == "somebody has read /home/owner/.env"
    _, text = Decoys().used(OTHER, "paper", NOW)
    assert text.endswith("somebody has read the place where you put it")


def test_the_longest_that_a_record_can_say_still_fits_an_alarm() -> None:
    _, text = Decoys().used(replace(LAPTOP, bot="x" * 32, account="/" * 256), "proxy/paper-binance", NOW)
    assert len(text) < 500
    assert text.endswith("/" * 256)


@pytest.mark.parametrize(("gap", "again"), [(0, False), (1, False), (QUIET_MS - 1, False), (QUIET_MS, True)])
def test_a_decoy_is_told_of_once_an_hour_and_the_count_goes_on(gap: int, again: bool) -> None:
    decoys = Decoys()
    _, first = decoys.used(LAPTOP, "paper", NOW)
    for _ in range(998):
        assert decoys.used(LAPTOP, "paper", NOW) == (first, "")
    before, text = decoys.used(LAPTOP, "paper", NOW + gap)
    assert before == first
    assert ("use 1000:" in text) is again
    assert decoys.uses == {KeyId(LAPTOP.key): 1000}


def test_the_hour_counts_from_what_was_told_and_not_from_the_last_use() -> None:
    """Whoever goes on without a pause is told of every hour all the same."""
    decoys = Decoys()
    alarms = [text for at in range(0, 3 * QUIET_MS, 60_000) if (text := decoys.used(LAPTOP, "paper", NOW + at)[1])]
    assert len(alarms) == 3


def test_one_decoy_does_not_keep_another_quiet() -> None:
    decoys = Decoys()
    assert decoys.used(LAPTOP, "paper", NOW)[1]
    assert decoys.used(OTHER, "paper", NOW)[1]


def test_a_flood_for_weeks_pushes_no_other_alarm_out(house: House) -> None:
    house.desk.alarm("the one that matters")
    for _ in range(300):
        use(house, LAPTOP, 5)
        use(house, OTHER, 5)
        house.machine.wait(HOUR)
    assert house.alarms.startswith("the one that matters")
    assert ["use 1496" in text for text in told(house)] == [True, True]


def test_every_telling_stays_in_the_journal(house: House) -> None:
    for _ in range(3):
        use(house, LAPTOP)
        house.machine.wait(HOUR)
    house.run(house.desk.writer.flush())
    texts = [entry["text"] for entry in house.entries if entry["kind"] == "alarm" and "decoy" in entry["text"]]
    assert ["use 1" in texts[0], "use 2" in texts[1], "use 3" in texts[2], len(texts)] == [True, True, True, 3]


def test_a_key_of_the_same_name_that_was_made_anew_is_told_of_at_once(house: House) -> None:
    use(house, LAPTOP)
    use(house, replace(LAPTOP, key="G" * 64))
    assert len(told(house)) == 2


def test_decoys_are_read_with_the_vault_and_show_their_uses_in_the_status(house: House) -> None:
    assert house.ask(AskStatus())["decoys"] == []
    bots = house.desk.keyring.bots
    seal(house, LAPTOP, OTHER)
    assert house.desk.keyring.bots == bots
    assert house.desk.keyring.decoys == {LAPTOP.key: LAPTOP, OTHER.key: OTHER}
    use(house, LAPTOP, 2)
    row = {"decoy": "laptop", "exchange": "binance", "place": "/home/owner/.env", "key": "EEEE\u2026EEEE", "used": 2}
    rows = [row, {**row, "decoy": "other", "place": "", "key": "FFFF\u2026FFFF", "used": 0}]
    assert house.ask(AskStatus())["decoys"] == rows


def test_one_that_was_removed_is_no_decoy_any_more(house: House) -> None:
    seal(house, LAPTOP)
    with Vault.open(house.home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        vault.remove(LAPTOP.id)
    house.ask(AskReload())
    assert house.desk.keyring.decoys == {}
