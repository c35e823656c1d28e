# Everything a person or CI does here. Each target sets up what it needs; a second run finds it ready.
#
#   make demo            see it at work, on a rehearsal exchange         KEEP=1 keeps what it made
#   make test            the tests                                       T=tests/policy for one part
#   make check           format, lint, types, layers, lines, house, docs-check: all, or one by its name
#   make test-deep       the same tests and the long ones, many more examples
#   make test-real       real bots trade through it: freqtrade, hummingbot, ... (a quarter of an hour at first)  BOTS=freqtrade for one
#   make test-host       a Debian that is really booted: deployed, attacked, taken out (as root, with systemd-nspawn)
#   make soak            three bots among faults                 MINUTES=10
#   make fuzz            look for bytes that break a reader      SECONDS=60 for each of them
#   make bench           compare with plain proxies on this machine      ARGS="--json bench.json"
#   make score           score the audits beside other scanners          ARGS="--only secrets --no-anchors"
#   make audit           hold the audits against this repository itself
#   make docs            print the reference pages from the program
#   make lock            lock the dependencies anew, each at least a week old
#   make clean           remove what these made

.PHONY: help audit demo test test-real test-host test-deep check format lint types layers lines house docs-check docs bench score fuzz soak lock clean
.DEFAULT_GOAL := help

PY := .venv/bin/python
RUFF := .venv/bin/ruff
T ?= tests
SECONDS ?= 20
MINUTES ?= 10
BOTS ?= ccxt-js freqtrade hummingbot nautilus octobot
# One more than there are processors: what runs whole deployments waits for their clocks most of the time.
WORKERS ?= $(shell expr $$(nproc) + 1)

help:
	@sed -n 's/^#   //p' Makefile

.venv/.ready-%: requirements/%.txt tools/setup tools/setup.py
	@tools/setup $*

.venv-%/.ready: requirements/%.txt tools/setup tools/setup.py
	@tools/setup $*

.venv-ccxt-js/.ready: requirements/ccxt-js/package-lock.json tools/setup tools/setup.py
	@tools/setup ccxt-js

demo: .venv/.ready-demo
	@.venv/bin/ringfence demo $(if $(KEEP),--keep)

# Compiled first, for the many processes that the tests start, also where PYTHONDONTWRITEBYTECODE is set.
test: .venv/.ready-dev .venv-connector/.ready
	@$(PY) -m compileall -q src tests
	@$(PY) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(T)

test-real: .venv/.ready-dev .venv-connector/.ready $(BOTS:%=.venv-%/.ready)
	@RINGFENCE_BOTS="$(BOTS)" $(PY) -m pytest --timeout 600 -m "real or not real" tests/real

test-host: .venv/.ready-dev
	@$(PY) -m pytest --timeout 600 -p no:randomly -m host tests/hostbox

test-deep: .venv/.ready-dev .venv-connector/.ready
	@HYPOTHESIS_PROFILE=deep $(PY) -m pytest -m "deep or not deep" --timeout 1800 $(T)

check: format lint types layers lines house docs-check

format: .venv/.ready-dev
	@$(RUFF) format --check .

lint: .venv/.ready-dev
	@$(RUFF) check .

types: .venv/.ready-dev
	@.venv/bin/mypy

layers: .venv/.ready-dev
	@.venv/bin/lint-imports --no-logo

lines: .venv/.ready-dev
	@$(PY) tools/lines.py

house: .venv/.ready-dev
	@$(PY) tools/house.py

docs-check: .venv/.ready-dev
	@$(PY) tools/reference.py --check

# What is committed, and what it is installed from; 5 says that not everything could be asked, as old advisories cannot be.
audit: .venv/.ready-dev
	@$(PY) tools/self_audit.py

docs: .venv/.ready-dev
	@$(PY) tools/reference.py

bench: .venv/.ready-dev .venv-bench/.ready
	@$(PY) -m tests.bench $(ARGS)

score: .venv/.ready-dev .venv-anchors/.ready
	@$(PY) -m tests.bench.score $(ARGS)

soak: .venv/.ready-dev
	@$(PY) -m tests.soak --minutes $(MINUTES)

fuzz: .venv-fuzz/.ready
	@for target in $$(sed -n 's/^    "\([a-z]*\)": [a-z]*,$$/\1/p' tests/fuzz/targets.py); do \
	    echo "fuzz: $$target"; PYTHONPATH=src:. .venv-fuzz/bin/python -m tests.fuzz $$target --seconds $(SECONDS) || exit 1; done

lock: .venv-lock/.ready
	@.venv-lock/bin/python tools/lock.py

clean:
	rm -rf .venv .hostbox .venv-anchors .venv-bench .venv-ccxt-js .venv-connector .venv-freqtrade .venv-fuzz .venv-hummingbot .venv-lock .venv-nautilus .venv-octobot .score-cache build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +
