# Everything here needs only python3 >= 3.11 and make: the first target that runs builds .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
NATIVE := .venv/.native
BENCHMARKS := $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py))

.PHONY: help .venv native demo demo-kafka test test-all test-deep check bench fuzz clean

help:
	@echo "make demo      build a sample project in demo/ and run the whole job in it"
	@echo "make demo-kafka  the same through a Kafka broker of its own (needs Java and Maven)"
	@echo "make test      the fast tests"
	@echo "make test-all  every test, as in CI"
	@echo "make test-deep  the same with every real text, hundreds of kills and many more made-up cases"
	@echo "make check     lint, format, types and the direction of imports"
	@echo "make native    build the native scorer, where there is a Rust toolchain"
	@echo "make bench     every benchmark, quick"
	@echo "make fuzz      ten minutes of hostile texts against the native scorer"
	@echo "make clean     remove what these made"

.venv: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: Surtitle needs Python 3.11; try: make PYTHON=python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]'
	touch $@

# The native scorer wants a Rust toolchain; without one everything works, more slowly.
native: $(NATIVE)

$(NATIVE): $(STAMP) native/Cargo.toml native/pyproject.toml $(shell find native/src -name '*.rs')
	@if command -v cargo >/dev/null; then \
		echo "building the native scorer"; \
		VIRTUAL_ENV=.venv $(BIN)/maturin develop --quiet --release --manifest-path native/Cargo.toml; \
	elif [ -n "$$CI" ]; then \
		echo "no Rust toolchain here, and CI must not go on without one"; exit 1; \
	else \
		echo "no Rust toolchain here: going on without the native scorer; see docs/how-to/install-the-native-scorer.md"; \
	fi
	@touch $@

demo: $(NATIVE)
	$(BIN)/surtitle demo demo

demo-kafka: $(NATIVE)
	$(BIN)/python -m tests.kafka.demo

test: $(NATIVE)
	$(BIN)/python -m pytest -q -n auto
	@echo "The slow tests run in CI, and here with: make test-all"

test-all: $(NATIVE)
	$(BIN)/python -m pytest -q -n auto --slow

test-deep: $(NATIVE)
	$(BIN)/python -m pytest -q -n auto --slow --deep

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@if command -v cargo >/dev/null; then \
		cd native && cargo fmt --check && PYO3_PYTHON=$(abspath $(BIN))/python cargo clippy --quiet --all-targets -- -D warnings \
			&& cargo test --quiet --no-default-features; \
	else \
		echo "no Rust toolchain here: native/ was not checked"; \
	fi

bench: $(NATIVE)
	@set -e; for script in $(BENCHMARKS); do echo "$$script"; $(BIN)/python $$script --quick; done

fuzz: $(NATIVE)
	$(BIN)/python native/fuzz/make_spec.py
	cd native && for target in texts programs; do cargo +nightly fuzz run $$target -- -max_total_time=300 || exit 1; done

clean:
	rm -rf .venv demo build dist native/target .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
