"""The tests here may be coroutines."""

from tests.loop import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
