# Everything here needs only python3 >= 3.11 and make: the first target that runs builds .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
BENCHMARKS := $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py))

.PHONY: help .venv demo test test-all check bench clean

help:
	@echo "make demo      build a sample project in demo/ and run the whole job in it"
	@echo "make test      the fast tests"
	@echo "make test-all  every test, as in CI"
	@echo "make check     lint, format, types and the direction of imports"
	@echo "make bench     every benchmark, quick"
	@echo "make clean     remove what these made"

.venv: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: Surtitle needs Python 3.11; try: make PYTHON=python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/surtitle demo demo

test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto
	@echo "The slow tests run in CI, and here with: make test-all"

test-all: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --slow

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)
	@set -e; for script in $(BENCHMARKS); do echo "$$script"; $(BIN)/python $$script --quick; done

clean:
	rm -rf .venv demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
