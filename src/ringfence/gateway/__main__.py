"""The gateway's entry."""

from ringfence.gateway.main import main

main()
