"""Three bots, mixed load and faults, for as long as you like: nothing may grow, be lost, or go wrong without reason."""
