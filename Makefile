# What this project can do: `make` lists it. Needs Python 3.11 or newer; Node.js only if it happens to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GRAPHIQL := gateway/pages/static_files/graphiql/.installed
CHECKOUT := gateway/pages/static_files/checkout/.built
CONSOLE := gateway/pages/static_files/console/.built

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast check bench chaos draws histories mutations schema settings checkout console browser interop try-deploy clean

# They start processes by the hundred, each of which would compile what is not kept compiled.
test test-fast check chaos draws histories mutations: export PYTHONDONTWRITEBYTECODE :=

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed $(GRAPHIQL) $(CHECKOUT) $(CONSOLE) ## make .venv with everything in it, fetch GraphiQL, build /demo/ and /console/

PORT ?= 8000

run: $(VENV)/.installed-runtime $(GRAPHIQL) $(CHECKOUT) $(CONSOLE) ## start the demo gateway; it prints its address. PORT=8001 takes another port, 0 a free one
	$(BIN)/python -m gateway serve --demo --port $(PORT)

test: install ## run the tests
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-fast: install ## run those of one process, without PostgreSQL and random histories
	$(BIN)/python -m pytest -n 2 --dist worksteal --fast

check: install ## format, lint, types and tests, as CI runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 3 --dist worksteal

BENCH ?= peers

bench: install ## measure over HTTP on this machine, beside other servers; BENCH_SECONDS, BENCH_ROUNDS, BENCH_PEERS … vary it, see bench/README.md
	$(BIN)/python -m bench $(BENCH)

chaos: install ## 1,000 payments while providers fail and processes die, outages, floods, and clocks that leap; CHAOS_SEED, CHAOS_PAYMENTS and CHAOS_DATABASE vary it
	$(BIN)/python -m pytest -m chaos -s

draws: install ## try each property with ten times as many examples as everyday runs do; DRAWS varies it
	DRAWS=$(or $(DRAWS),10) $(BIN)/python -m pytest -n 2 --dist worksteal -m hypothesis

histories: install ## tell random histories, and events in any order, on all kinds of rows, 200 of each; HISTORIES and ORDERS vary it
	HISTORIES=$(or $(HISTORIES),200) ORDERS=$(or $(ORDERS),24) $(BIN)/python -m pytest -s -n 2 tests/simulation

mutations: install ## change a good database 2,000 times: verify finds it, or a list says why not; MUTATIONS and MUTATIONS_SEED vary it
	MUTATIONS=$(or $(MUTATIONS),2000) $(BIN)/python -m pytest -s -n 2 tests/services/verification/test_mutations.py

interop: install ## drive the gateway with foreign clients and tools; SUITES names some of tests/interop, INTEROP_EXAMPLES varies it
	$(BIN)/python -m tests.interop.run $(SUITES)

try-deploy: install ## drive a gateway through the real nginx and Caddy as deploy/ has them, and have systemd read its units; what is not here is skipped
	$(BIN)/python -m pytest -m deploy tests/deploy

schema: install ## write schema.graphql from the code
	$(BIN)/python -m gateway schema > schema.graphql.new || { rm -f schema.graphql.new; exit 1; }
	mv schema.graphql.new schema.graphql

settings: install ## write the table of settings in docs/settings.md from the code
	sed '/^<!-- settings/q' docs/settings.md > docs/settings.md.new
	($(BIN)/python -m gateway settings; echo '<!-- /settings -->') >> docs/settings.md.new || { rm -f docs/settings.md.new; exit 1; }
	mv docs/settings.md.new docs/settings.md

checkout: $(VENV)/.installed-runtime ## build the checkout example for /demo/; needs Node.js with npm
	$(BIN)/python examples/checkout/build.py

console: $(VENV)/.installed-runtime ## build the console for /console/; needs Node.js with npm
	$(BIN)/python web/console/build.py

browser: install checkout console $(VENV)/.installed-browser ## drive GraphiQL, the checkout and the console in Chromium (on PATH, or CHROMIUM)
	$(BIN)/python -m pytest -m browser
	PYTHON=$(CURDIR)/$(BIN)/python npm --prefix examples/checkout run --silent e2e
	PYTHON=$(CURDIR)/$(BIN)/python npm --prefix web/console run --silent e2e

clean: ## remove what the other targets made
	rm -rf $(VENV) gateway/pages/static_files build dist schema.graphql.new
	rm -rf examples/checkout/node_modules examples/checkout/src/gql
	rm -rf web/console/node_modules web/console/e2e/node_modules web/console/src/gql
	rm -rf bench/peers/mercurius/node_modules
	rm -rf tests/interop/.venv tests/interop/*/node_modules tests/interop/*/generated
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find gateway db tests bench web -name __pycache__ -type d -prune -exec rm -rf {} +

# The files that say "done" are written last: a killed run is done again, a finished one is not.

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(VENV)/.installed-runtime $@

$(VENV)/.installed-browser: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'
	touch $@

$(GRAPHIQL): web/graphiql/package-lock.json web/graphiql/install.py web/compressing.py web/compress.mjs | $(VENV)/.installed-runtime
	$(BIN)/python web/graphiql/install.py

# Without Node.js these say so and go on: the gateway needs no checkout page and no console.
$(CHECKOUT): $(shell find examples/checkout/src -name gql -prune -o -type f -print) $(wildcard examples/checkout/*.*) \
		examples/checkout/.npmrc web/npm_build.py web/typed_documents.ts web/compressing.py web/compress.mjs schema.graphql | $(VENV)/.installed-runtime
	$(BIN)/python examples/checkout/build.py --if-possible

$(CONSOLE): $(shell find web/console/src -name gql -prune -o -type f -print) $(wildcard web/console/*.*) \
		web/console/.npmrc web/npm_build.py web/typed_documents.ts web/compressing.py web/compress.mjs schema.graphql | $(VENV)/.installed-runtime
	$(BIN)/python web/console/build.py --if-possible
