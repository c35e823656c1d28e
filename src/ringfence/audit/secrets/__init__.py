"""Keys, seeds and passwords that lie where they should not: which, where, and what to do. Never shows one."""
