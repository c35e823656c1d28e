"""Say what a signer has loaded, started as the supervisor starts one: its flags, then every top-level module."""

import sys

import ringfence.signer.main  # noqa: F401  # what it loads is what is asked

print(f"no_site={sys.flags.no_site},isolated={sys.flags.isolated}")
print("\n".join(sorted({name.partition(".")[0] for name in sys.modules})))
