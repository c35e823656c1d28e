"""Some of the tests here are coroutines."""

from tests.loop import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
