from tests.cli.conftest import home, made
from tests.derived import derived_once

__all__ = ["derived_once", "home", "made"]
