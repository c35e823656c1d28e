"""Running a bot where nothing but Ringfence can be reached, and listing what it tried besides.

It must never keep what the bot sent: of every connection only its name, its target and its kind.
"""
