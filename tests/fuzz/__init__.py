"""Arbitrary bytes at every door: `make test` a little, `make test-deep` more, `make fuzz` as long as you like."""
