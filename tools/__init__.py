"""What the Makefile runs: set-up, locks, budgets, house rules, reference pages."""
