"""The process that faces the bot: hostile bytes in, answers out. It holds no key and no signature."""
