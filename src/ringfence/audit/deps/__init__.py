"""What a bot is made of: where each part comes from, what is known against it, and what is not known."""
