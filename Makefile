# Each target sets up what it needs. The work is done by tools/ (Python's standard library only).
PYTHON ?= python3
export PYTHON PORT SERVE ARGS

run = @command -v "$(PYTHON)" >/dev/null 2>&1 \
	|| { echo "There is no '$(PYTHON)' here: install Python 3.11 or newer, or name one: make $@ PYTHON=python3.12" >&2; exit 1; }; \
	exec "$(PYTHON)" tools/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help book test lab bench requirements clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

book:  ## build the book and serve it (SERVE=0 builds only; PORT=8000)
	$(run) book

test:  ## run every test (ARGS= goes to pytest)
	$(run) test

lab:  ## open the chapters as notebooks in JupyterLab (PORT=8888; ARGS= goes to JupyterLab)
	$(run) lab

bench:  ## measure speed (ARGS= goes to the benchmarks)
	$(run) bench

requirements:  ## resolve requirements*.in into requirements*.txt (ARGS=--upgrade for newer releases)
	$(run) requirements

clean:  ## remove what builds and tests have written (.venv and node_modules stay)
	$(run) clean
