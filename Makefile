# What this project can do: `make` lists it. Needs Python 3.11 or newer; Node.js only if it happens to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GRAPHIQL := gateway/pages/static_files/graphiql/.installed
CHECKOUT := gateway/pages/static_files/checkout/.built
CONSOLE := gateway/pages/static_files/console/.built

.DEFAULT_GOAL := help
