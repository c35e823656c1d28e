# Everything a person or CI does here. Each target sets up what it needs; a second run finds it ready.
#
#   make demo            see it at work, on a rehearsal exchange         KEEP=1 keeps what it made
#   make test            the tests                                       T=tests/policy for one part
#   make check           format, lint, types, layers, budgets, docs
#   make test-deep       the same tests and the long ones, many more examples
#   make bench           compare with plain proxies on this machine      ARGS="--json bench.json"
#   make lines           code lines against their budgets
#   make docs            print the reference pages from the program
#   make lock            lock the dependencies anew, each at least a week old
#   make clean           remove what these made

.PHONY: help demo test test-deep check lines docs docs-check bench lock clean
.DEFAULT_GOAL := help

PY := .venv/bin/python
RUFF := .venv/bin/ruff
T ?= tests

help:
	@sed -n 's/^#   //p' Makefile

.venv/.ready-%: requirements/%.txt tools/setup tools/setup.py
	@tools/setup $*

.venv-%/.ready: requirements/%.txt tools/setup tools/setup.py
	@tools/setup $*

demo: .venv/.ready-demo
	@.venv/bin/ringfence demo $(if $(KEEP),--keep)

test: .venv/.ready-dev
	@$(PY) -m pytest $(T)

test-deep: .venv/.ready-dev
	@HYPOTHESIS_PROFILE=deep $(PY) -m pytest -m "deep or not deep" --timeout 1800 $(T)

check: .venv/.ready-dev
	@$(RUFF) format --check .
	@$(RUFF) check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) tools/lines.py
	@$(PY) tools/house.py
	@$(PY) tools/reference.py --check

lines: .venv/.ready-dev
	@$(PY) tools/lines.py

docs: .venv/.ready-dev
	@$(PY) tools/reference.py

docs-check: .venv/.ready-dev
	@$(PY) tools/reference.py --check

bench: .venv/.ready-dev .venv-bench/.ready
	@$(PY) -m tests.bench $(ARGS)

lock: .venv-lock/.ready
	@.venv-lock/bin/python tools/lock.py

clean:
	rm -rf .venv .venv-bench .venv-lock build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +
