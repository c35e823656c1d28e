"""Can the bot be trusted? Leaked secrets, hostile code and bad dependencies in files that strangers wrote.

It must never import, run or build what it reads, never follow it out of the tree, and never show a secret.
"""
