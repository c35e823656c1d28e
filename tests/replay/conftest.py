from tests.replay.world import desk
from tests.signer.owner import vault_file

__all__ = ["desk", "vault_file"]
