# Every target makes .venv by itself when it is missing, broken or made from other locks or by another Python, and only
# then. PYTHON=python3.13 picks another interpreter.
PYTHON ?= python3
# Processes of pytest: much of the suite waits, so there is one more than the two cores it is made for.
WORKERS ?= 3
BIN := .venv/bin
# Hundreds of Python processes are started: without bytecode each would compile numpy, scipy and the rest anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: setup setup-dev lock wheel tornado aiohttp both bench report test test-long test-full coverage check matrix fuzz mutants clean help

# Quick when .venv is whole: the script compares what was made with what is wanted.
MAKE_VENV = @command -v $(PYTHON) >/dev/null || { echo "Error: there is no $(PYTHON): install Python 3.11 or newer, or name another, such as PYTHON=python3.13." >&2; exit 1; }; \
	$(PYTHON) setup_venv.py

setup:  ## make .venv with what serving and measuring need, pinned in requirements/bench.lock
	$(MAKE_VENV) bench

setup-dev:  ## add what tests and checks need, pinned in requirements/dev.lock
	$(MAKE_VENV) dev

tornado: setup  ## serve the Tornado app on port 8001 (ARGS="--port 9001 --loop uvloop" and so on)
	$(BIN)/compare serve tornado $(ARGS)

aiohttp: setup  ## serve the aiohttp app on port 8002
	$(BIN)/compare serve aiohttp $(ARGS)

# `set -m` gives each server a process group of its own: a Ctrl-C that reached it too would be its second signal.
both: SHELL := bash
both: setup  ## serve both side by side, with one secret; either page shows the other
	@export COMPARE_COOKIE_SECRET=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))'); \
	set -m; $(BIN)/compare serve tornado --beside http://localhost:8002 $(ARGS) & first=$$!; \
	$(BIN)/compare serve aiohttp --beside http://localhost:8001 $(ARGS) & second=$$!; \
	stop() { set +m; kill $$first $$second 2>/dev/null; wait; }; trap 'stop; exit 0' INT TERM HUP; \
	echo "Open http://localhost:8001 (Tornado) or http://localhost:8002 (aiohttp). Ctrl-C stops both."; \
	wait -n; code=$$?; stop; exit $$code

bench: setup  ## measure and draw charts into results/ (ARGS="--quick", ARGS="concurrency --full")
	$(BIN)/compare bench $(ARGS)

report: setup  ## redraw your newest run from its files and open its report
	$(BIN)/compare report --open $(ARGS)

# Both parts run whatever the first one finds. A file stays with one process, and with the servers its tests share. The
# second part reads only the files it has tests in: collecting all takes ten seconds.
PARTS = failed=0; \
	$(BIN)/pytest -m "$(1) and not alone" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS) || failed=$$?; \
	$(BIN)/pytest -m "$(1) and alone" $(or $(ARGS),$$(grep -rl --include='*.py' 'mark\.alone' tests)) || failed=$$?; \
	exit $$failed

test: setup-dev  ## the shared suite, on both servers; then what needs the machine to itself
	@$(call PARTS,not full)

test-long: setup-dev  ## what takes long, at full length: long soaks and selftest, 5,000 examples for each fuzz test
	@export FULL=1; $(call PARTS,(full or longer))

test-full: test test-long  ## the suite, then at full length what has one

# It weighs servers, in which what counts their lines would weigh more than what is measured.
FAT := tests/contract/test_departures.py::test_clients_that_do_not_read_cost_less_than_300_kb_each
coverage: setup-dev  ## how much of compare/ the suite reaches; fails below the floor in pyproject.toml
	$(BIN)/pytest -m "not full and not alone and not browser" -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term --deselect $(FAT) $(ARGS)

check: setup-dev  ## ruff, mypy, and the prose of pages, docstrings, comments and messages
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/pytest -q -p no:cacheprovider tests/house/test_prose.py

# uv comes from PyPI: pip install uv. The second lock holds only what the first one lacks.
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package tornado-cookies --group build --extra bench --extra http --extra postgres
lock:  ## write the locks anew with the newest releases (ARGS="--upgrade-package NAME" for one)
	$(LOCK) $(or $(ARGS),--upgrade) --output-file requirements/bench.lock
	$(LOCK) $(or $(ARGS),--upgrade) --extra dev --extra cluster --constraint requirements/bench.lock $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements/bench.lock | sort -u) --output-file requirements/dev.lock
	printf 'aiohttp\npytest\npytest-aiohttp\n' | uv pip compile - --quiet --universal --python-version 3.9 --generate-hashes --no-emit-index-url --no-header --no-annotate $(or $(ARGS),--upgrade) --output-file requirements/kit-oldest.lock
	printf 'atheris==3.0.0\ntornado\n' | uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(or $(ARGS),--upgrade) --output-file requirements/fuzz.lock
	printf 'mutmut==3.8.1\n' | uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(or $(ARGS),--upgrade) --constraint requirements/bench.lock --constraint requirements/dev.lock $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements/bench.lock requirements/dev.lock | sort -u) --output-file requirements/mutants.lock

wheel:  ## build both wheels and use them in empty environments, as CI does
	.ci/wheel

matrix: setup-dev  ## the kit against many Pythons, Tornados and aiohttps; prints the table of kit/README.md (ARGS=--short)
	$(BIN)/python kit/matrix.py $(ARGS)

fuzz:  ## five minutes of guided fuzzing of the kit (ARGS="60 --keep" for one, and to keep what it found)
	.ci/fuzz $(or $(ARGS),300)

mutants: setup-dev  ## change the cookie codec and the numbers one place at a time (ARGS="codec", ARGS="numbers decide"); an hour
	.ci/mutants $(ARGS)

clean:  ## remove .venv and caches; results stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* && find . -name __pycache__ -prune -exec rm -rf {} +

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 11
