"""Fixes of the server that are offered, never forced; what could lock somebody out goes back unless it is kept."""
