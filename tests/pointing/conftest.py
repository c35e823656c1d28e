from tests.derived import derived_once

__all__ = ["derived_once"]
