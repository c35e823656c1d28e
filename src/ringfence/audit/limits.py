"""How much an audit reads at most. A tree may be made to break whoever reads it; what is beyond these is unanswered."""

FILE = 32 << 20
"""Bytes of one file, or of one member of an archive: a log of a month; source code is a hundredth of it."""

ARCHIVE = 512 << 20
"""Bytes that come out of one archive: the largest wheels of the field have 300 MiB."""

MEMBERS = 50_000
"""Members of one archive: ccxt has 2,000, a node_modules 40,000."""

NESTED = 2
"""Archives within archives."""

FILES = 1_000_000
"""Files of a tree."""

DEPTH = 128
"""Directories within directories; a node_modules has thirty."""

NAME = 4_096
"""Bytes of a path (PATH_MAX of linux/limits.h)."""

SECONDS = 60.0
"""For one file, or one archive; the largest source files of ccxt take two."""

MEMORY = 1 << 30
"""Bytes of address space of a process that reads; ccxt's largest file takes a quarter of it."""
