# Everything sets up its own virtual environment when that is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo mistakes test lint types unit days snapshots bench lock clean

help:  ## What can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer; name one with: make PYTHON=python3.11 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is needed into $(VENV) (once, about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)  ## Posts a vendor's spreadsheet to the stand-in API on this machine, and leaves a results workbook
	@$(BIN)/python -m bench.demo

mistakes: $(READY)  ## Checks a file with every mistake that one clerk can make
	@$(BIN)/python -m bench.demo check

test: lint types unit  ## Lint, types and tests

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m tests.complexity

types: $(READY)
	@$(BIN)/mypy

unit: $(READY)
	@$(BIN)/python -m pytest -m "not alone" --numprocesses 3 --dist worksteal
	@$(BIN)/python -m pytest -m alone

snapshots: $(READY)  ## Compares all that is read, sent and told with what is frozen; AGAINST=main shows it in full, ACCEPT=1 freezes
	@$(BIN)/python -m tests.snapshots $(if $(AGAINST),--against $(AGAINST)) $(if $(ACCEPT),--accept)

days: $(READY)  ## The tests on three other days than today; takes three times as long
	@$(BIN)/python -m bench.days -m "not alone" --numprocesses 3 --dist worksteal

bench: $(READY)  ## Speed and memory, each beside a named baseline in the same run
	@$(BIN)/python -m bench

lock: $(READY)  ## Pins every dependency anew, with hashes
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --upgrade --output-file requirements.lock

clean:  ## Removes the virtual environment and what the demo wrote
	rm -rf $(VENV) demo-out
