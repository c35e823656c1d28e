"""Data that does more than data should: runs code, hides it, or sends a bot elsewhere. It is never loaded."""
