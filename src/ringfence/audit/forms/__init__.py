"""A report, written for programs (SARIF) and for people (a page). The terminal's form is in the cli."""
