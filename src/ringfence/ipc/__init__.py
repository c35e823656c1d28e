"""The sockets between processes: typed, bounded messages; the peer's user is checked."""
