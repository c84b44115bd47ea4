# The targets use the environment that the README's first command makes.
# `make BIN= test` uses the programs on the PATH instead.
BIN ?= .venv/bin/

.PHONY: help check test lint types demo pictures bench

help: ## print these targets
	@sed -nE 's/^([a-z]+): ## (.*)/\1	\2/p' Makefile | expand -t 12

check: ## everything that CI runs, in a new environment (about five minutes)
	.ci/run

test: ## the tests
	$(BIN)pytest -q -n auto

lint: ## ruff, the format and the import contracts
	$(BIN)ruff check . && $(BIN)ruff format --check .
	$(BIN)lint-imports

types: ## mypy for Linux, macOS and Windows
	for system in linux darwin win32; do $(BIN)mypy --platform $$system || exit 1; done

demo: ## the program with made-up runs
	$(BIN)whitetail --demo

pictures: ## draw the pictures of the README again
	$(BIN)python -m screenshots.take

bench: ## the measurements of the README
	for name in store tui overview reach commands sql; do $(BIN)python -m tests.bench.bench_$$name || exit 1; done
