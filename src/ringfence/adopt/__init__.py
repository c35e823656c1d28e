"""Taking a real key out of a bot's configuration: finding it, changing it in place, keeping what was there.

It must never write a file that it has not shown, and never keep an old one in the clear.
"""
