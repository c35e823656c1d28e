from tests.cli.conftest import home, made

__all__ = ["home", "made"]
