"""The deployments that bots are pointed at, one for all tests of a file."""

from collections.abc import Iterator

import pytest

from ringfence.pointing.clients import Way
from tests.deployment import Deployment
from tests.real.ground import deployment


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """With a plain listener, a proxy, and the exchange's names."""
    with deployment(tmp_path_factory.mktemp("bot") / "h") as made:
        yield made


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """With a listener with TLS."""
    with deployment(tmp_path_factory.mktemp("tls") / "h", tls=True) as made:
        yield made


@pytest.fixture
def there(request: pytest.FixtureRequest) -> Deployment:
    """The one that has the way of the test's `form`, the plain one where it has none."""
    form: Way | None = getattr(request.node, "callspec", None) and request.node.callspec.params.get("form")
    found: Deployment = request.getfixturevalue("secure" if form is not None and form.over_tls else "plain")
    return found
