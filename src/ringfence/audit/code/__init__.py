"""What code can do to its owner's money: read as text, never run."""
