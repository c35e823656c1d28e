"""Can the bot be trusted? Looks for leaked secrets, hostile code and bad dependencies in files that somebody else wrote.

It must never import, run or build what it reads, never follow it out of the tree, and never show a secret.
"""
