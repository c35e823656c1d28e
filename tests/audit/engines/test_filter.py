"""The filter for what Landlock does not cover, as bytes; what it does is shown in test_alone.py."""

import struct

import pytest

from ringfence.audit.engines import filter as filter_
from ringfence.confine import seccomp

ROWS = (filter_.REFUSED, filter_.UNKNOWN, filter_.SIGNALS)


@pytest.mark.parametrize("column", [0, 1])
def test_every_jump_lands_in_the_program_and_every_end_is_a_return(column: int) -> None:
    code = list(struct.iter_unpack("<HBBI", filter_.assemble(4_711, column)))
    assert len(code) < 4_096  # BPF_MAXINSNS
    for at, (kind, then, otherwise, _) in enumerate(code):
        if kind in (0x15, 0x45):
            assert at + 1 + max(then, otherwise) < len(code)
    assert code[-1] == (0x06, 0, 0, 0x7FFF0000)


@pytest.mark.parametrize("column", [0, 1])
def test_no_number_means_two_calls(column: int) -> None:
    tables = [seccomp.DENIED, *ROWS]
    numbers = [row[column] for table in tables for row in table.values() if row[column] is not None]
    assert len(set(numbers)) == len(numbers)


def test_it_names_the_process_that_may_be_signalled() -> None:
    assert struct.pack("<HBBI", 0x15, 1, 0, 4_711) in filter_.assemble(4_711, 0)
    assert struct.pack("<HBBI", 0x15, 1, 0, 4_711) not in filter_.assemble(4_712, 0)
