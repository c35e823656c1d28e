"""The courier process's entry."""

from ringfence.courier.main import main

main()
