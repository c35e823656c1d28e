"""`python -m ringfence.signer`."""

from ringfence.signer.main import main

main()
