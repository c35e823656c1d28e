"""The format's document is read as its readers will: its examples must hold."""

import re
from pathlib import Path

from ringfence.journal.checkpoint import Verifier
from ringfence.journal.tree import leaf_hash
from ringfence.model.entry import EntryKind
from tests.journal.world import KEY, ORIGIN, VERIFIER, open_store, write

PAGE = (Path(__file__).parents[2] / "docs" / "format" / "journal.md").read_text("utf-8")
BLOCKS = [block.encode() for block in re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


def test_the_example_is_what_the_program_writes(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    write(store, 3)
    entry = store.entry(0)
    assert entry is not None
    assert entry.text + b"\n" in BLOCKS
    assert leaf_hash(entry.text).hex() in PAGE
    assert store.checkpoint() in BLOCKS
    store.close()


def test_the_examples_public_key_verifies_its_checkpoint() -> None:
    assert VERIFIER.text.encode() + b"\n" in BLOCKS
    assert any(b"\xe2\x80\x94" in block and Verifier.parse(VERIFIER.text).open(block).size == 3 for block in BLOCKS)
    assert (VERIFIER.name, VERIFIER.public) == (ORIGIN, KEY.public_key().public_bytes_raw())


def test_every_kind_of_entry_is_described() -> None:
    assert re.findall(r"^\| `([\w-]+)` \| ", PAGE.split("fields of its kind")[1].split("## ")[0], re.MULTILINE) == [
        kind.value for kind in EntryKind
    ]
