# Quire from a bare clone: Python 3.11 or later, make, git and a C compiler. `make help` lists what there is.

# The first of these that is new enough; PYTHON=… names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done),python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# What `make demo` runs. SERVE=no ends after the account.
DEMO_BUILD = demo build
DEMO_SERVE = demo serve
DEMO_STOP = demo stop
DEMO_RESET = demo reset
SERVE ?= yes

# Passed on to pytest: make test PYTEST="tests/core -x"
PYTEST ?=
# Each worker starts a PostgreSQL of its own, and is given whole files, whose tests share what is built once,
# in the order of tests/conftest.py. WORKERS=0 runs the tests in one process.
WORKERS ?= 2
SHARED = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Tests run a hundred commands, each a process: what was compiled once is read by all.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
# Other people's clients, which some of the longer tests run: a Python of 3.12 or later, and npm.
CLIENTS := .venv-clients
PYTHON312 ?= $(shell for python in python3.14 python3.13 python3.12 python3 \
  $$HOME/.pyenv/versions/3.12*/bin/python $$HOME/.pyenv/versions/3.13*/bin/python; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $$python && break; done)

# A life at random: make sim SEED=7 YEARS=10. Without SEED: as many years, in lives of ten, from seed FIRST on.
SEED ?=
YEARS ?= 10
FIRST ?= 1000

.PHONY: help setup programs clients engines demo demo-reset test test-more sim check messages pictures bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install Quire in it; again only when pyproject.toml or constraints.txt change

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { \
	  echo "Quire needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo 'Name a newer one: make setup PYTHON=python3.11' >&2; exit 1; }
	@echo 'Setting up $(VENV): once, about a minute …'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# What some of the longer tests run beside Quire: the command, and Debian's package of it.
PROGRAMS := systemd-analyze:systemd chromium:chromium nginx:nginx-light caddy:caddy goaccess:goaccess npm:npm java:openjdk-17-jre-headless

programs: ## Install the programs that test-more and bench run (Debian's packages), where they are missing
	@missing=; for pair in $(PROGRAMS); do \
	  PATH=$$PATH:/usr/sbin command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
	test -z "$$missing" || { echo "Installing$$missing …"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; } || { \
	  echo "These are needed here and could not be installed:$$missing" >&2; exit 1; }

clients: $(CLIENTS)/.installed ## Install the clients by other people that test-more runs against a real server

$(CLIENTS)/.installed: tests/clients/packages.txt
	@test -n "$(PYTHON312)" || { \
	  echo "Supertab's SDK needs Python 3.12 or later; name one: make clients PYTHON312=python3.12" >&2; exit 1; }
	@command -v npm >/dev/null || { echo 'npm is missing; it comes with nodejs.' >&2; exit 1; }
	@$(PYTHON312) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install -qq --disable-pip-version-check -r tests/clients/packages.txt
	@npm install --silent --no-save --prefix $(CLIENTS) jose@6.2.17
	@touch $@

demo: setup ## Build the demonstration society, run its year, and serve it (SERVE=no: only the account)
	$(BIN)/quire $(DEMO_BUILD)
ifneq ($(SERVE),no)
	$(BIN)/quire $(DEMO_SERVE)
else
	$(BIN)/quire $(DEMO_STOP)
endif

demo-reset: setup ## Take the demonstration society away, to begin anew
	$(BIN)/quire $(DEMO_RESET)

test: setup check ## The house rules, then the default tests
	$(BIN)/pytest $(SHARED) $(PYTEST)

engines: setup programs ## Install Spark, which some of the longer tests count with beside DuckDB
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[spark]'

test-more: setup programs clients engines ## The longer tests: races, crashes, simulations, every example of a property
	$(BIN)/pytest $(SHARED) --whole -m "more or hypothesis" $(PYTEST)
	$(BIN)/pytest -n $(WORKERS) -m sim tests/sim

sim: setup ## A society's years at random: SEED=7 YEARS=10 lives one life, YEARS=1000 a hundred of ten years
	SEED=$(SEED) YEARS=$(YEARS) FIRST=$(FIRST) $(BIN)/pytest -rP -n $(if $(SEED),0,$(WORKERS)) -m sim tests/sim

check: setup ## Lint, format, types, imports, and tools/tidy.py
	$(BIN)/ruff check --quiet --output-format concise .
	$(BIN)/ruff format --check --quiet --output-format concise .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/tidy.py

messages: setup ## Extract the pages' words, merge them into every language's catalogue, and compile
	$(BIN)/python tools/messages.py

pictures: setup programs ## Make the README's picture anew, of the demonstration's tour (docs/pictures)
	$(BIN)/python -m tests.browser.pictures

bench: setup programs engines ## Every performance claim, beside a peer
	@ls bench/*.py >/dev/null
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@for claim in bench/*.py; do echo "$$claim"; $(BIN)/python "$$claim" || exit 1; done

clean: ## Remove .venv, .venv-clients and caches; var/ (books, keys, published bundles) stays
	rm -rf $(VENV) $(CLIENTS) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools -name __pycache__ -type d -exec rm -rf {} +
