# Every target sets up what it needs, from nothing; a second run starts in seconds.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
HOME_DIR ?= .yunzu
ESTATE ?=
AT_ONCE ?= 3
export UV_NO_PROGRESS := 1

.PHONY: help setup servers demo test rows faults e2e check fmt lock schema tour bench clean

help: ## Explain each target
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "==> Python environment (locked)"
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Python %d.%d is too old; install Python 3.11 or newer" % v[:2])'
	@test -x $(BIN)/pip || test -x $(BIN)/uv || $(PYTHON) -m venv --clear $(VENV)  # half of one has no pip
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q infra/yunzu stacks cli
	@touch $@

setup: servers ## Python environment and server binaries; leaves the command at .venv/bin/yunzu

servers: $(VENV)/.ready
	@$(BIN)/yunzu tools build

demo: setup ## Start a centre, onboard seven departments of Nantong and prove it (ESTATE=FILE adds ten of an estate)
	@$(BIN)/yunzu up --home $(HOME_DIR)
	@$(BIN)/yunzu demo nantong --home $(HOME_DIR)
ifneq ($(ESTATE),)
	@$(BIN)/yunzu import estate $(ESTATE) --into $(HOME_DIR)/estate --where has=database,bucket \
	    --where plan=small,standard --limit 10
	@for department in $(HOME_DIR)/estate/*/; do $(BIN)/yunzu onboard $$department --home $(HOME_DIR) || exit; done
endif

test: check servers ## All checks, then the tests against real servers, AT_ONCE=3 files at a time
	@$(BIN)/yunzu tools build versitygw
	@$(BIN)/pytest -n $(AT_ONCE) --dist loadfile

rows: servers ## What the platform is for, row by row, with the tests that prove it and how they end
	@$(BIN)/python -m tests.support.rows

faults: servers ## Every fault: killed after each side effect, servers down, answers lost (long)
	@$(BIN)/pytest -m faults -n $(AT_ONCE) --dist loadfile

e2e: servers ## Whole centres on other grounds: fresh clone, another user, no PostgreSQL, two at once, the tour (long)
	@$(BIN)/yunzu tools build versitygw
	@$(BIN)/pytest tests/e2e/grounds.py tests/e2e/demonstration.py

check: $(VENV)/.ready ## Format, lint, types, import contracts
	@$(BIN)/ruff format --check --quiet && $(BIN)/ruff check --quiet && $(BIN)/mypy && $(BIN)/lint-imports

fmt: $(VENV)/.ready ## Format the code and fix what can be fixed
	@$(BIN)/ruff format --quiet && $(BIN)/ruff check --fix

lock: ## Pin every dependency anew, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --group dev --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements.lock

schema: $(VENV)/.ready ## Write the JSON Schemas, the API's OpenAPI document and the generated pages of the reference
	@$(BIN)/yunzu schema --into docs/reference/schemas --pages docs/reference

tour: setup ## Write the README's tour anew from what the commands print on the demonstration's centre
	@YUNZU_HOME=$(HOME_DIR) $(BIN)/python -m tests.support.tour

bench: setup ## Benchmark beside the raw limit, a runbook and the engine as documented (N=10 OUT=bench.json)
	@$(BIN)/python -m tests.bench N=$(or $(N),10) OUT=$(or $(OUT),bench.json)

clean: ## Remove the Python environment and caches; server binaries and centres stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
