"""The audit of a bot's settings: what its configuration, its containers and its files let others do."""
