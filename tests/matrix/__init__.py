"""Crash and fault matrix: every process, every step of an order's way, everything that can go wrong there.

A case is a plan made from a number (plan.py). Faults come from outside the programs: signals, a relay on each socket
(relay.py), a library that is loaded before libc (shim.c). What happened is judged by a checker that knows nothing of
how the programs work (checker/). `python -m tests.matrix 17 42` runs cases by number.
"""
