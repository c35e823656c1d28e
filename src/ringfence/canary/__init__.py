"""The canary: tries, as a bot and from where the bot is, everything that a captured bot would try."""
