"""Ringfence: a bot trades; Ringfence decides what trading means, and holds the key."""

__version__ = "0.1.0"
