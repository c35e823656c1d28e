"""The checks, a file each group; each asks one question."""
