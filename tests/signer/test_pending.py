"""G12 as an attacker tries it: narrowing comes at once, widening waits and needs two proofs, and nothing helps."""

import asyncio
import sqlite3
from typing import Any

import msgspec
import pytest

from ringfence.ipc.messages import AskApply, AskCode, AskDrop, AskPending, AskReload, AskStatus, Proof, apply_content
from ringfence.journal import canonical
from ringfence.journal.tree import leaf_hash
from ringfence.model.entry import Value
from ringfence.model.names import AccountName, Symbol
from ringfence.signer import records
from tests.signer.owner import DAY, HOUR, MINUTE, NARROWER, POLICY, WIDER, WIDEST, House, Refused

NO_CODE = "code of the second factor"


# narrowing
def test_narrowing_comes_at_once_and_needs_nobody(house: House) -> None:
    assert house.apply(NARROWER, proven=False)["done"]
    assert house.in_force == NARROWER


def test_narrowing_needs_no_exchange(house: House) -> None:
    house.exchange.up = False
    before = house.exchange.asked
    assert house.apply(NARROWER, proven=False)["done"]
    assert house.exchange.asked == before
    assert house.in_force == NARROWER


def test_what_a_narrower_policy_leaves_out_can_still_be_cancelled(house: House) -> None:
    both = POLICY.replace('["BTC/USDT"]', '["BTC/USDT", "ETH/USDT"]')
    house.wide(both)
    house.pass_(HOUR)
    assert house.in_force == both
    house.apply(POLICY, proven=False)
    assert house.in_force == POLICY
    assert "ETHUSDT" in house.desk.world.symbols(AccountName("main"))


def test_only_who_has_the_passphrase_ends_a_drift_by_pinning_anew(house: House) -> None:
    """What trades otherwise than was pinned is refused until a person has looked; anybody may narrow (S40)."""
    drifts = house.desk.world.drifts
    drifts[AccountName("main"), Symbol("BTC/USDT")] = "tick 0.01 to 0.1"
    house.apply(NARROWER, proven=False)
    assert drifts
    house.apply(NARROWER)
    assert not drifts


def test_a_wrong_proof_is_worse_than_none(house: House) -> None:
    with pytest.raises(Refused, match="does not fit"):
        house.ask(AskApply(NARROWER, Proof(bytes(32), bytes(32))))
    assert house.in_force == POLICY


# widening
def test_widening_needs_the_passphrase_and_a_code_and_then_waits(house: House) -> None:
    said = house.wide()
    assert (said["done"], said["due"] - said["now"]) == (False, HOUR)
    assert house.in_force == POLICY
    assert "was asked for and waits" in house.alarms
    house.pass_(HOUR - 1)
    assert house.in_force == POLICY
    house.pass_(1)
    assert house.in_force == WIDER
    assert "has waited and is in force" in house.alarms
    assert not house.waits


@pytest.mark.parametrize("proven", [True, False])
def test_widening_without_a_code_is_refused(house: House, proven: bool) -> None:
    with pytest.raises(Refused, match=NO_CODE if proven else "passphrase"):
        house.apply(WIDER, proven=proven)
    assert not house.waits


def test_a_code_alone_is_not_enough(house: House) -> None:
    with pytest.raises(Refused, match="passphrase"):
        house.apply(WIDER, house.code(), proven=False)
    assert house.wide()["due"]


def test_a_code_works_once(house: House) -> None:
    code = house.code()
    house.apply(WIDER, code)
    house.ask(AskDrop())
    with pytest.raises(Refused, match="wrong, or was used before"):
        house.apply(WIDER, code)


def test_a_code_from_before_the_last_one_that_was_used_is_used_up_too(house: House) -> None:
    earlier = house.code(-1)
    house.apply(WIDER, house.code())
    house.ask(AskDrop())
    with pytest.raises(Refused, match="wrong"):
        house.apply(WIDER, earlier)


@pytest.mark.parametrize(("steps", "works"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_one_step_either_way(house: House, steps: int, works: bool) -> None:
    if works:
        assert house.apply(WIDER, house.code(steps))["due"]
    else:
        with pytest.raises(Refused, match="wrong"):
            house.apply(WIDER, house.code(steps))


def test_proof_and_code_are_for_the_text_that_was_shown_and_no_other(house: House) -> None:
    code = house.code()
    proof = house.prove("apply", apply_content(WIDER, code))
    with pytest.raises(Refused, match="does not fit"):
        house.ask(AskApply(WIDEST, proof, code))
    again = house.prove("apply", WIDER.encode())  # of one who was only asked for the passphrase
    with pytest.raises(Refused, match="does not fit"):
        house.ask(AskApply(WIDER, again, code))
    assert house.apply(WIDER, code)["due"]  # neither used it up


def test_a_policy_that_cannot_be_pinned_uses_no_code_up(house: House) -> None:
    code = house.code()
    with pytest.raises(Refused, match="cannot be traded"):
        house.apply(WIDER.replace("BTC/USDT", "NOPE/USDT"), code)
    assert house.apply(WIDER, code)["due"]


def test_without_a_second_factor_nothing_widens_and_the_hint_says_what_to_do(house: House) -> None:
    vault = house._open[5]
    vault.remove("second-factor")
    house.ask(AskReload())
    with pytest.raises(Refused, match="second-factor new"):
        house.apply(WIDER, "123456")
    assert "another second factor" in house.alarms
    assert house.apply(NARROWER, proven=False)["done"]


# the recovery code
def test_the_recovery_code_stands_in_once(house: House) -> None:
    assert house.fresh is not None
    house.apply(WIDER, house.fresh.recovery.lower())
    house.ask(AskDrop())
    house.again()
    with pytest.raises(Refused, match="wrong, or was used before"):
        house.apply(WIDER, house.fresh.recovery)
    assert house.wide()["due"]  # the app goes on


def test_a_code_that_was_used_to_renew_is_used_up(house: House) -> None:
    code = house.code()
    house.ask(AskCode(code, house.prove("code", code.encode())))
    with pytest.raises(Refused, match="wrong"):
        house.apply(WIDER, code)
    with pytest.raises(Refused, match="does not fit"):
        house.ask(AskCode(house.code(1), house.prove("code", code.encode())))


# guessing
def test_five_wrong_codes_close_the_door_for_ten_minutes_even_to_the_right_one(house: House) -> None:
    for wrong in range(5):
        with pytest.raises(Refused, match="the code is wrong"):
            house.apply(WIDER, f"{(int(house.code()) + 500_000 + wrong) % 1_000_000:06}")
        house.machine.wait(MINUTE)
    assert "5 codes of the second factor were wrong so far" in house.alarms
    house.machine.wait(9 * MINUTE - 1)
    with pytest.raises(Refused, match="no code is looked at"):
        house.apply(WIDER, house.code())
    house.machine.wait(1)
    assert house.apply(WIDER, house.code())["due"]


def test_a_restart_forgets_no_wrong_code(house: House) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="the code is wrong"):
            house.apply(WIDER, "no code")
        house.again()
    with pytest.raises(Refused, match="no code is looked at"):
        house.apply(WIDER, house.code())


def test_a_hundred_guesses_at_once_are_five_guesses(house: House) -> None:
    proofs = [house.prove("apply", apply_content(WIDER, f"{guess:06}")) for guess in range(60)]

    async def all_at_once() -> list[dict[str, Any] | BaseException]:
        asks = (house._ask(AskApply(WIDER, proof, f"{guess:06}")) for guess, proof in enumerate(proofs))
        return await asyncio.gather(*asks, return_exceptions=True)

    said = [str(answer) for answer in house.run(all_at_once())]
    assert sum("the code is wrong" in answer for answer in said) == 5
    assert sum("no code is looked at" in answer for answer in said) == 55


def test_wrong_codes_that_are_far_apart_close_nothing(house: House) -> None:
    for _ in range(12):
        with pytest.raises(Refused, match="the code is wrong"):
            house.apply(WIDER, "000")
        house.machine.wait(3 * MINUTE)
    assert house.apply(WIDER, house.code())["due"]


# one at a time
def test_a_second_change_has_to_wait_until_the_first_has_gone(house: House) -> None:
    house.wide()
    with pytest.raises(Refused, match="another change waits already"):
        house.wide(WIDEST)
    house.ask(AskDrop())
    house.wide(WIDEST)
    house.pass_(HOUR)
    assert house.in_force == WIDEST


def test_two_changes_that_race_are_one(house: House) -> None:
    codes = (house.code(), house.code(1))
    texts = (WIDER, WIDEST)
    asks = [
        AskApply(text, house.prove("apply", apply_content(text, code)), code)
        for text, code in zip(texts, codes, strict=True)
    ]

    async def race() -> list[dict[str, Any] | BaseException]:
        return await asyncio.gather(*map(house._ask, asks), return_exceptions=True)

    said = house.run(race())
    assert [isinstance(answer, Refused) for answer in said].count(True) == 1
    assert house.waits


def test_a_change_that_was_compared_with_a_policy_that_is_just_going_does_not_wait(house: House) -> None:
    code = house.code()
    wider = AskApply(WIDER, house.prove("apply", apply_content(WIDER, code)), code)

    async def race() -> list[dict[str, Any] | BaseException]:
        asks = (house._ask(message) for message in (wider, AskApply(NARROWER, None)))
        return await asyncio.gather(*asks, return_exceptions=True)

    refused, narrowed = house.run(race())  # the exchange is asked about the one, and nobody about the other
    assert "another policy has come into force meanwhile" in str(refused)
    assert not isinstance(narrowed, BaseException)
    assert house.in_force == NARROWER
    assert not house.waits
    assert house.apply(WIDER, code)["due"]  # and its code was not used up


def test_narrowing_meanwhile_drops_the_change_that_waits(house: House) -> None:
    house.wide()
    house.apply(NARROWER, proven=False)
    assert not house.waits
    assert "has been replaced" in house.alarms
    house.again()
    assert not house.waits
    house.pass_(2 * HOUR)
    assert house.in_force == NARROWER


def test_narrowing_and_then_back_has_to_wait(house: House) -> None:
    house.apply(NARROWER, proven=False)
    with pytest.raises(Refused, match="passphrase"):
        house.apply(POLICY, proven=False)
    with pytest.raises(Refused, match=NO_CODE):
        house.apply(POLICY)
    house.wide(POLICY)
    house.pass_(HOUR - MINUTE)
    assert house.in_force == NARROWER


def test_a_policy_that_narrows_and_waits_longer_cannot_be_shortened_at_once(house: House) -> None:
    week = '[change]\nwait = "7d"\n' + POLICY
    house.apply(week, proven=False)
    for back in (POLICY, '[change]\nwait = "10m"\n' + POLICY):
        with pytest.raises(Refused, match="passphrase"):
            house.apply(back, proven=False)
    said = house.wide(POLICY)
    assert said["due"] - said["now"] == 7 * DAY


def test_anyone_may_cancel(house: House) -> None:
    with pytest.raises(Refused, match="no change waits"):
        house.ask(AskDrop())
    house.wide()
    assert house.ask(AskDrop())["done"]
    house.again()
    house.pass_(2 * HOUR)
    assert house.in_force == POLICY


def test_what_waits_is_shown_whole(house: House) -> None:
    assert house.ask(AskPending())["change"] is None
    said = house.wide()
    shown = house.ask(AskPending())
    assert shown["change"]["text"] == WIDER
    assert (shown["change"]["seq"], shown["change"]["due"]) == (said["seq"], said["due"])
    assert house.ask(AskStatus())["change"]["due"] == said["due"]


# clocks and restarts
@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_setting_the_clock_ends_no_wait(house: House, jump: int) -> None:
    house.wide()
    house.machine.set_clock(jump)
    house.look()
    assert house.in_force == POLICY
    house.again()
    house.look()
    assert house.in_force == POLICY
    house.pass_(HOUR - 1)
    assert house.in_force == POLICY
    house.pass_(1)
    assert house.in_force == WIDER


def test_a_restart_neither_loses_nor_lengthens_a_wait(house: House) -> None:
    house.wide()
    house.pass_(HOUR // 2)
    house.stop()
    house.machine.wait(HOUR // 2 - 1)
    house.start()
    house.look()
    assert house.in_force == POLICY
    house.pass_(1)
    assert house.in_force == WIDER


def test_time_in_which_the_machine_was_off_does_not_count_however_often(house: House) -> None:
    house.wide()
    for _ in range(3):
        house.pass_(10 * MINUTE)
        house.stop()
        house.machine.reboot(5 * HOUR)  # or its clock was set before it started
        house.start()
        house.look()
        assert house.in_force == POLICY
        house.again()
    house.pass_(HOUR)
    assert house.in_force == WIDER


def test_a_change_that_was_due_more_than_a_day_ago_does_not_come_in(house: House) -> None:
    house.wide()
    house.stop()
    house.machine.wait(HOUR + DAY + MINUTE)
    house.start()
    house.look()
    assert house.in_force == POLICY
    assert "due more than a day ago" in house.alarms
    assert not house.waits


def test_a_change_that_came_in_is_in_force_after_a_restart(house: House) -> None:
    house.wide()
    house.pass_(HOUR)
    house.again()
    assert house.in_force == WIDER


def test_a_kill_before_the_entry_was_signed_drops_it(house: House) -> None:
    house.machine.wait(2 * MINUTE)
    code = house.code()
    proof = house.prove("apply", apply_content(WIDER, code))
    house.run(house.ask_unsigned(AskApply(WIDER, proof, code)))
    house.kill()
    house.start()
    assert not house.waits
    assert "before its entry was signed" in house.alarms
    house.again()
    assert not house.waits
    with pytest.raises(Refused, match="wrong"):  # and the code is used up all the same
        house.apply(WIDER, code)


# when it is due
def test_an_exchange_that_cannot_be_asked_when_it_is_due_is_asked_again(house: House) -> None:
    house.wide()
    house.exchange.up = False
    house.pass_(HOUR)
    assert house.in_force == POLICY
    assert house.waits
    house.exchange.up = True
    house.pass_(MINUTE)
    assert house.in_force == WIDER


def test_what_cannot_be_traded_any_more_when_it_is_due_does_not_come_in(house: House) -> None:
    house.wide(WIDER.replace('["BTC/USDT"]', '["BTC/USDT", "ETH/USDT"]'))
    house.exchange.trades = {"BTCUSDT": "1"}
    house.pass_(HOUR)
    assert house.in_force == POLICY
    assert not house.waits
    assert "cannot be traded" in house.alarms


def test_an_account_whose_key_has_gone_when_it_is_due_does_not_come_in(house: House) -> None:
    house.wide()
    house._open[5].remove("main")
    house.ask(AskReload())
    house.pass_(HOUR)
    assert house.in_force == POLICY
    assert "has no key" in house.alarms


# state and journal
def stored(house: House, statement: str, *parameters: object) -> None:
    """Write the signer's database as somebody who can write its files, while it does not run."""
    with sqlite3.connect(house.home / "journal" / "journal.db") as db:
        db.execute(statement, parameters)
    db.close()


def test_nothing_in_the_state_makes_a_policy_wait(house: House) -> None:
    house.stop()
    for name in ("change", "waiting", "pending", "policy-change"):
        text = msgspec.json.encode({"seq": 1, "text": WIDEST, "base": 1, "at": 0, "due": 0}).decode()
        stored(house, "INSERT OR REPLACE INTO state VALUES (?, ?)", name, text)
    house.start()
    house.look()
    assert house.in_force == POLICY
    assert not house.waits


def test_an_older_and_wider_policy_does_not_come_back_through_the_state(house: House) -> None:
    was = records.get(house.desk.writer.store, "policy")
    house.apply(NARROWER, proven=False)
    house.stop()
    stored(house, "UPDATE state SET value = ? WHERE name = 'policy'", was)
    house.start()
    assert house.in_force == ""
    assert "cannot be read, so none is" in house.alarms


def test_taking_the_policy_out_of_the_state_makes_no_first_policy(house: House) -> None:
    house.stop()
    stored(house, "DELETE FROM state WHERE name = 'policy'")
    house.start()
    assert house.in_force == ""
    for text in (WIDER, POLICY, NARROWER):
        with pytest.raises(Refused, match="passphrase"):
            house.apply(text, proven=False)
    with pytest.raises(Refused, match=NO_CODE):
        house.apply(WIDER)
    assert house.apply(POLICY)["done"]  # no more than the newest that there was: the passphrase brings it back
    assert house.in_force == POLICY


def test_a_change_that_was_cancelled_or_has_come_in_does_not_wait_again(house: House) -> None:
    house.wide()
    house.ask(AskDrop())
    house.again()
    assert not house.waits
    house.wide()
    house.pass_(HOUR)
    house.again()
    assert not house.waits


def test_an_entry_that_was_put_behind_the_last_signed_one_lets_nothing_in(house: House) -> None:
    stamp: dict[str, Value] = {
        "seq": house.desk.writer.store.size,
        "t_wall": house.machine.wall,
        "t_boot": 1,
        "v": 1,
        "actor": "owner",
    }
    said: dict[str, Value] = {
        "kind": "policy-change",
        "state": "waiting",
        "text": WIDEST,
        "base": house.desk.world.newest,
    }
    entry = canonical.encode({**stamp, **said, "due": house.machine.wall + HOUR})
    house.stop()
    stored(house, "INSERT INTO log VALUES (?, ?, ?)", stamp["seq"], entry, leaf_hash(entry))
    for _ in range(2):  # the second start finds it signed, by the first
        house.start()
        assert house.desk.writer.store.suspect is None
        assert not house.waits
        house.pass_(HOUR)
        assert house.in_force == POLICY
        house.stop()
    house.start()


def test_an_entry_that_was_changed_makes_the_journal_suspect_and_the_change_goes(house: House) -> None:
    house.wide()
    house.stop()
    stored(house, "DROP TRIGGER log_unchanged")
    stored(
        house, "UPDATE log SET entry = CAST(replace(entry, '6000', '7000') AS BLOB) WHERE instr(entry, 'policy-change')"
    )
    house.start()
    house.look()
    house.pass_(2 * HOUR)
    assert house.in_force == POLICY
    assert not house.waits


def test_the_journal_tells_the_whole_story_and_never_a_code(house: House) -> None:
    code = house.code()
    house.apply(WIDER, code)
    house.ask(AskDrop())
    house.wide()
    house.pass_(HOUR)
    told = [(entry["kind"], entry.get("state")) for entry in house.entries if entry["kind"].startswith("policy")]
    assert told == [
        ("policy", None),
        ("policy-code", None),
        ("policy-change", "waiting"),
        ("policy-change", "dropped"),
        ("policy-code", None),
        ("policy-change", "waiting"),
        ("policy", None),
    ]
    last = [entry for entry in house.entries if entry["kind"] == "policy"][-1]
    waited = [entry for entry in house.entries if entry.get("state") == "waiting"][-1]
    assert (last["change"], last["actor"]) == (waited["seq"], "signer")
    assert waited["text"] == last["text"] == WIDER
    assert code not in str([entry for entry in house.entries if entry["kind"] == "policy-code"])


def test_the_first_policy_of_all_needs_neither_and_waits_for_nothing(house: House) -> None:
    kinds = [entry["kind"] for entry in house.entries if entry["kind"].startswith("policy")]
    assert kinds == ["policy"]


def test_two_first_policies_that_race_are_one(house: House) -> None:
    house.desk.world.newest = house.desk.world.in_force = None  # as before the first

    async def race() -> list[dict[str, Any] | BaseException]:
        asks = (house._ask(AskApply(text, None)) for text in (NARROWER, WIDEST))
        return await asyncio.gather(*asks, return_exceptions=True)

    said = house.run(race())
    assert [isinstance(answer, Refused) for answer in said].count(True) == 1
