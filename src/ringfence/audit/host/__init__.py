"""The audit of a server: what is asked of the machine that a bot runs on, and what it answers."""
