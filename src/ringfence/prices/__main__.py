"""The prices process's entry."""

from ringfence.prices.main import main

main()
