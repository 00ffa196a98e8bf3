# One word each: `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup run test test-postgres check fmt story simulate soak bench bench-large migrate new lock ready ready-dev

# The first Python that is new enough.
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
T ?=
# Tests wait more than they compute: one worker more than cores.
N ?= 3
SEED ?= 1
PAIR ?=
SEEDS ?= 2000
KILLS ?= 200
FAILOVERS ?= 20
PART ?= 1
# What runs for hours is not ended as hanging.
SOAK := -o faulthandler_timeout=0

help: ## list the commands
	@echo "Hazina:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "%-16s %s\n", $$1, $$2}'

setup: ready ## install what it needs to run, and start nothing

run: ready ## start Hazina (without a token: the sandbox)
	@exec $(BIN)/python main.py run

test: ready-dev ## run the tests on both databases (T=tests/core for a part, on SQLite)
	@$(BIN)/python -m pytest -n $(N) $(T)
	@$(if $(T),,$(BIN)/python tools/on_postgres.py)

test-postgres: ready-dev ## run the tests on PostgreSQL only (T=tests/core for a part)
	@$(BIN)/python tools/on_postgres.py $(T)

check: ready-dev ## run the whole gate: format, lint, types, imports, tests
	@$(BIN)/python tools/gate.py

fmt: ready-dev ## format the code and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

story: ready-dev ## play the stories in a real Chromium
	@$(BIN)/python -m pytest -m browser $(T)

simulate: ready-dev ## replay one simulated world and print its trace (SEED=7, PAIR=1 for two providers)
	@$(BIN)/python -m tests.simulation --seed $(SEED) --trace $(if $(PAIR),--pair)

soak: ready-dev ## play many worlds (SEEDS=2000), kill at every commit and effect, by kill -9 (KILLS=200), and PostgreSQL too (FAILOVERS=20)
	@SEEDS=$(SEEDS) $(BIN)/python -m pytest $(SOAK) -n $(N) tests/simulation tests/model/test_both_databases.py
	@HAZINA_SOAK=1 $(BIN)/python -m pytest $(SOAK) -n $(N) tests/scripts/test_crash_stories.py tests/scripts/test_crash_refund.py tests/scripts/test_crash_two_providers.py
	@HAZINA_SOAK=1 KILLS=$(KILLS) $(BIN)/python -m pytest $(SOAK) tests/scripts/test_kill_nine.py tests/scripts/test_pin_guesses.py
	@FAILOVERS=$(FAILOVERS) $(BIN)/python -m pytest $(SOAK) tests/chaos
	@HAZINA_SOAK=1 KILLS=$(KILLS) $(BIN)/python -m pytest $(SOAK) tests/scripts/test_many_processes.py tests/scripts/test_server_crashes.py

bench: ready-dev ## print the benchmarks, one line a figure
	@$(BIN)/python tools/bench.py

bench-large: ready-dev ## print what grows or not at 1 M bills and 10 M entries (an hour, 20 GB of disk; PART=0.1 for a tenth)
	@HAZINA_BENCH_LARGE=$(PART) $(BIN)/python tools/bench.py bills statements

migrate: ready ## bring the database to the newest schema
	@$(BIN)/python main.py migrate

new: ready-dev ## lay out a new capability (NAME=loans)
	@$(BIN)/python tools/capability.py "$(NAME)"

lock: ## resolve requirements/*.in anew into the locked *.txt
	@$(if $(PYTHON),,$(error Hazina needs Python 3.11 or newer))
	@$(PYTHON) tools/lock.py

ready:
	@$(if $(PYTHON),,$(error Hazina needs Python 3.11 or newer; none found on the PATH))
	@$(PYTHON) tools/prepare.py run

ready-dev:
	@$(if $(PYTHON),,$(error Hazina needs Python 3.11 or newer; none found on the PATH))
	@$(PYTHON) tools/prepare.py dev
