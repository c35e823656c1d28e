import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec

from ringfence.journal.store import Store
from ringfence.model.decision import Code, Reason
from ringfence.model.entry import EntryKind
from ringfence.signer.refusals import VERBATIM_PER_SECOND, Refusal, Refusals
from tests.signer.test_writer import open_store, running

SECOND = 1_800_000_000_000


def refusal(at: int, bot: str = "grid") -> Refusal:
    return Refusal(at, bot, "BUY", "00", (Reason(Code.COLLAR, "x" * 10_000),))


def journalled(directory: Path, ats: list[int]) -> list[dict[str, object]]:
    async def go() -> list[dict[str, object]]:
        async with running(open_store(directory), []) as writer:
            refusals = Refusals(writer)
            for at in ats:
                refusals.add(refusal(at))
            await writer.write(lambda store: None)
            assert refusals.total == {"grid": len(ats)}
            entries = await writer.read(lambda store: store.entries(-1, 1000))
            return [msgspec.json.decode(entry.text) for entry in entries]

    return asyncio.run(go())


def test_the_first_in_a_second_are_written_out_and_the_rest_are_counted(tmp_path: Path) -> None:
    flood = [SECOND] * (VERBATIM_PER_SECOND + 80)
    entries = journalled(tmp_path, [*flood, SECOND + 1_000])
    assert [entry["kind"] for entry in entries] == ["refusal"] * VERBATIM_PER_SECOND + ["refusals", "refusal"]
    assert entries[VERBATIM_PER_SECOND]["count"] == 80


def test_what_a_bot_made_long_does_not_make_the_journal_long(tmp_path: Path) -> None:
    [entry] = journalled(tmp_path, [SECOND])
    assert len(msgspec.json.encode(entry)) < 1_000


def test_the_newest_come_first_and_only_the_bots_own(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(open_store(tmp_path), []) as writer:
            refusals = Refusals(writer)
            for number, bot in enumerate(["a", "b", "a"]):
                refusals.add(refusal(SECOND + number, bot))
            assert [each["at"] for each in refusals.last("a", 10)] == [SECOND + 2, SECOND]
            assert [each["at"] for each in refusals.last(None, 2)] == [SECOND + 2, SECOND + 1]

    asyncio.run(go())


def test_one_that_is_decided_in_a_transaction_is_written_in_it(tmp_path: Path) -> None:
    async def go() -> list[dict[str, object]]:
        async with running(open_store(tmp_path), []) as writer:
            refusals = Refusals(writer)

            def decide(store: Store) -> None:
                refusals.add(replace(refusal(SECOND), order={"account": "main"}), store)
                store.append(EntryKind.START, "signer", {})

            await writer.write(decide)
            entries = await writer.read(lambda store: store.entries(-1, 10))
            return [msgspec.json.decode(entry.text) for entry in entries]

    first, second = asyncio.run(go())
    assert (first["kind"], first["account"], second["kind"]) == ("refusal", "main", "start")
