"""Ringfence beside plain proxies, on loopback, in one run: `make bench`."""
