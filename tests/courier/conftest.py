"""What the tests here share: they are coroutines, and their exchanges have a certificate."""

import pytest

from tests.courier.exchange import Identity, make_identity
from tests.loop import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """The certificate that is believed."""
    return make_identity(tmp_path_factory.mktemp("tls"), "right")
