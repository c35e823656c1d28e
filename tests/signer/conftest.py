from tests.signer.owner import house, vault_file

__all__ = ["house", "vault_file"]
