import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal import tree
from ringfence.journal.tree import Frontier, leaf_hash
from tests.journal import proofs

# The test leaves and roots that Certificate Transparency publishes with its reference implementation.
CT_ENTRIES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
CT_ENTRIES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(entry) for entry in CT_ENTRIES]
MANY = [leaf_hash(number.to_bytes(2, "big")) for number in range(70)]


def naive(leaves: Sequence[bytes]) -> bytes:
    """The definition in RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = max(1 << bit for bit in range(len(leaves).bit_length()) if 1 << bit < len(leaves))
    return hashlib.sha256(b"\x01" + naive(leaves[:half]) + naive(leaves[half:])).digest()


@pytest.mark.parametrize(("size", "expected"), list(enumerate(CT_ROOTS)))
def test_the_root_is_the_one_that_certificate_transparency_publishes(size: int, expected: str) -> None:
    assert tree.root(LEAVES[:size]).hex() == expected


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_an_inclusion_proof_is_the_one_that_certificate_transparency_publishes(
    index: int, size: int, proof: list[str]
) -> None:
    assert [step.hex() for step in proofs.inclusion(LEAVES[:size], index)] == proof


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_a_consistency_proof_is_the_one_that_certificate_transparency_publishes(
    old: int, new: int, proof: list[str]
) -> None:
    assert [step.hex() for step in proofs.consistency(LEAVES[:new], old)] == proof


@pytest.mark.parametrize("size", range(71))
def test_appending_gives_the_root_that_the_definition_gives(size: int) -> None:
    assert tree.root(MANY[:size]) == naive(MANY[:size])


def test_appending_leaves_the_frontier_it_started_from_alone() -> None:
    before = Frontier().append(MANY[0])
    before.append(MANY[1])
    assert (before.size, before.root) == (1, MANY[0])


def test_an_entry_that_looks_like_two_hashes_is_not_a_node() -> None:
    left, right = MANY[:2]
    assert leaf_hash(left + right) != tree.node_hash(left, right)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_inclusion_proof_verifies_and_no_other_index_or_size_does(size: int) -> None:
    root = tree.root(MANY[:size])
    for index in range(size):
        proof = proofs.inclusion(MANY[:size], index)
        assert proofs.verify_inclusion(MANY[index], index, size, proof, root)
        assert not proofs.verify_inclusion(MANY[index], index + 1, size, proof, root)
        assert not proofs.verify_inclusion(MANY[index], index - 1, size, proof, root)
        assert not proofs.verify_inclusion(MANY[index], index, 2 * size + 1, proof, root)
        assert not proofs.verify_inclusion(leaf_hash(b"another"), index, size, proof, root)


@pytest.mark.parametrize("new", range(1, 34))
def test_every_consistency_proof_verifies_and_no_other_old_tree_does(new: int) -> None:
    root = tree.root(MANY[:new])
    for old in range(new + 1):
        proof = proofs.consistency(MANY[:new], old)
        assert proofs.verify_consistency(old, tree.root(MANY[:old]), new, root, proof)
        forged = tree.root([leaf_hash(b"another"), *MANY[1:old]])
        assert not proofs.verify_consistency(old, forged, new, root, proof)


@given(
    old=st.integers(1, 69),
    data=st.data(),
)
def test_a_consistency_proof_with_one_bit_changed_cut_or_extended_is_refused(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old + 1, 70))
    proof = proofs.consistency(MANY[:new], old)
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    for bad in ([*proof[:at], flipped, *proof[at + 1 :]], proof[:-1], [*proof, proof[-1]], []):
        assert not proofs.verify_consistency(old, tree.root(MANY[:old]), new, tree.root(MANY[:new]), bad)


@given(size=st.integers(1, 70), data=st.data())
def test_an_inclusion_proof_with_one_bit_changed_cut_or_extended_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = proofs.inclusion(MANY[:size], index)
    bad = [[*proof, MANY[0]]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
        bad += [[*proof[:at], flipped, *proof[at + 1 :]], proof[:-1]]
    for steps in bad:
        assert not proofs.verify_inclusion(MANY[index], index, size, steps, tree.root(MANY[:size]))


@pytest.mark.parametrize(
    ("old", "new"), [(2, 1), (-1, 3), (0, 3)], ids=["shrunk", "negative", "empty tree with another root"]
)
def test_a_tree_that_cannot_be_a_beginning_is_refused(old: int, new: int) -> None:
    assert not proofs.verify_consistency(old, MANY[0], new, MANY[1], [])


@pytest.mark.parametrize("index", [-1, 3])
def test_no_inclusion_is_proved_for_an_entry_that_is_not_there(index: int) -> None:
    with pytest.raises(Broken, match="is not in a tree of 3"):
        proofs.inclusion(MANY[:3], index)


@pytest.mark.parametrize("old", [-1, 4])
def test_no_consistency_is_proved_with_a_tree_that_is_not_a_beginning(old: int) -> None:
    with pytest.raises(Broken, match="not the beginning of a tree of 3"):
        proofs.consistency(MANY[:3], old)


@pytest.mark.parametrize(
    ("index", "width", "expected"),
    [
        (0, 256, "tile/0/000"),
        (0, 1, "tile/0/000.p/1"),
        (999, 255, "tile/0/999.p/255"),
        (1000, 256, "tile/0/x001/000"),
        (1_234_067, 112, "tile/0/x001/x234/067.p/112"),  # the example of tlog-tiles
    ],
)
def test_a_tile_is_named_as_tlog_tiles_says(index: int, width: int, expected: str) -> None:
    assert tree.tile_path(0, index, width) == expected


def test_a_tree_of_seventy_thousand_has_the_tiles_that_tlog_tiles_counts() -> None:
    shape: dict[tuple[int, int], int] = {}
    for level, _, hashes in tree.tiles(bytes([0]) * 32 for _ in range(70_000)):
        shape[level, len(hashes)] = shape.get((level, len(hashes)), 0) + 1
    assert shape == {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}


@pytest.mark.parametrize(("size", "count"), [(0, 0), (1, 1), (255, 1), (256, 2), (257, 3)])
def test_there_are_no_empty_tiles(size: int, count: int) -> None:
    found = list(tree.tiles(bytes(32) for _ in range(size)))
    assert len(found) == count
    assert all(hashes for _, _, hashes in found)


def test_a_hash_in_a_higher_tile_is_the_root_of_the_tile_below() -> None:
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(600)]
    found = {(level, index): hashes for level, index, hashes in tree.tiles(leaves)}
    assert found[1, 0] == [naive(leaves[:256]), naive(leaves[256:512])]
    assert found[0, 2] == leaves[512:]
