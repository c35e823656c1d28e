"""Other people's scanners, asked for a second opinion, and trusted with nothing: no network, no keys, no writing."""
