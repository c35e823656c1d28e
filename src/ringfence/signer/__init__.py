"""The process that holds the key: decide, record, sign. It reaches no network."""
