"""Some of the tests here are coroutines, and all open vaults."""

from tests.derived import derived_once
from tests.loop import pytest_pyfunc_call

__all__ = ["derived_once", "pytest_pyfunc_call"]
