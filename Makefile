# Every target makes .venv by itself when it is missing, and only then. PYTHON=python3.13 picks another interpreter.
PYTHON ?= python3
BIN := .venv/bin
# Hundreds of Python processes are started: without bytecode each would compile numpy, scipy and the rest anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: setup tornado aiohttp bench report test check clean help

setup: .venv/ready  ## make .venv with everything pinned in requirements.lock

.venv/ready:
	$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable . && touch $@

tornado: .venv/ready  ## serve the Tornado app on port 8001 (ARGS="--port 9001 --loop uvloop" and so on)
	$(BIN)/compare serve tornado $(ARGS)

aiohttp: .venv/ready  ## serve the aiohttp app on port 8002
	$(BIN)/compare serve aiohttp $(ARGS)

bench: .venv/ready  ## measure and draw charts into results/ (ARGS="--quick", ARGS="concurrency --full")
	$(BIN)/compare bench $(ARGS)

report: .venv/ready  ## redraw the newest run from its files and open its report
	$(BIN)/compare report --open $(ARGS)

test: .venv/ready  ## the shared suite, on both servers; then what needs the machine to itself
	$(BIN)/pytest -m "not alone" -n 2 $(ARGS)
	$(BIN)/pytest -m alone $(ARGS)

check: .venv/ready  ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

clean:  ## remove .venv and caches; results stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* && find . -name __pycache__ -prune -exec rm -rf {} +

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 10
