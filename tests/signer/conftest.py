from tests.derived import derived_once
from tests.signer.owner import house, vault_file

__all__ = ["derived_once", "house", "vault_file"]
