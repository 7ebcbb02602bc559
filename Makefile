# Midline. `make demo` shows it, `make test` proves it.
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-long test-policy test-mutants test-fuzz bench-list bench-setups bench-timing bench-sharing install build messages format clean

help:
	@echo "make demo          install, build, load the demo and serve it (PORT, HOST, MIDLINE_DATA)"
	@echo "make test          every check and test, on SQLite and PostgreSQL, in Chromium"
	@echo "make test-fast     checks and unit tests on SQLite, for daily work"
	@echo "make test-long     the long proofs in full"
	@echo "make test-policy   200,000 questions of access against an independent oracle, on SQLite and PostgreSQL (minutes)"
	@echo "make test-mutants  changes of the policy, each of which the truth table must notice (minutes)"
	@echo "make test-fuzz     10,000 malformed models and packages against every reader, each within 5 s and 512 MB (minutes)"
	@echo "make bench-list, bench-setups, bench-sharing, bench-timing   what lists, setups and sharing cost, what timing tells; docs/performance.md"
	@echo "make messages      bring the catalogues of translations to today's texts (docs/translating.md)"
	@echo "make format        put Python, TypeScript and templates into the house's form"

demo:
	@$(PYTHON) bin/demo.py

test:
	@$(PYTHON) bin/check.py

test-fast:
	@$(PYTHON) bin/check.py --fast

test-long: install
	@MIDLINE_LONG=1 .venv/bin/pytest -q -n 2 midline meshes

test-policy: install
	@.venv/bin/python bin/policy.py

test-mutants: install
	@.venv/bin/python bin/mutants.py

test-fuzz: install
	@.venv/bin/python -W error -m meshes.fuzz --files 10000 --seconds 900

bench-list: build
	@.venv/bin/python -m bench.lists

bench-sharing: install
	@.venv/bin/python -m bench.sharing

bench-setups: install bench/pages/node_modules/.package-lock.json
	@.venv/bin/python -m bench.setups

# What setups are compared with in the browser stays apart from the product's packages.
bench/pages/node_modules/.package-lock.json: bench/pages/package-lock.json
	@npm ci --prefix bench/pages --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-timing: install
	@.venv/bin/python -m bench.timing

install:
	@$(PYTHON) bin/prepare.py tests

build: install
	@npx vite build

messages: install
	@.venv/bin/python bin/messages.py update
	@.venv/bin/python bin/messages.py compile

format: install
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .
	@npx biome check --write --log-level=error
	@.venv/bin/djade --target-version 5.2 $$(git ls-files '*/templates/*.html') || true

clean:
	@rm -rf .venv node_modules midline/web/static/dist staticfiles
