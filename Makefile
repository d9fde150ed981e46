# The two commands of the README are 'make verify' and 'make test'.
# PYTHON chooses the interpreter (3.11 or newer):  make test PYTHON=python3.12
# JOBS is the number of processes that run the tests; 0 runs them in one:  make test JOBS=0

PYTHON ?= python3
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
# worksteal: a process that is done takes tests from another. One thread of BLAS each: it waits actively for more.
PYTEST = OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help verify study test test-slow test-bounds docs lint format clean system

help: ## say what there is
	@awk -F ': .*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

verify: $(VENV)/.runtime ## train on digits, relax the circuit in ngspice, compare: verify/report.html
	$(BIN)/analog-pc verify --transient --out verify

study: $(VENV)/.runtime ## many chips of a technology and their yield, five of them in ngspice: study/study.html
	mkdir -p study
	cp examples/study.toml study/offsets.toml
	$(BIN)/analog-pc train --data wine --layers 13,16,3 --activation tanh --epochs 40 --out study/net.npz
	$(BIN)/analog-pc study study/offsets.toml --confirm 5 --out study

test: $(VENV)/.dev ## run the tests
	$(PYTEST)

test-slow: $(VENV)/.dev ## run the verification that takes minutes
	$(PYTEST) -m slow || [ $$? -eq 5 ]  # 5: none is marked slow

COMPILED := activations compiled crossbar devices pcn relaxers simulators/native training
# Compiled code does not look whether an index is inside its array; compiled anew with such checks, it does.
test-bounds: $(VENV)/.dev ## run the tests of compiled code with its array bounds checked
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=.bounds_cache $(PYTEST) $(addprefix tests/unit/,$(COMPILED))

docs: $(VENV)/.docs ## build the pages: docs/_build/html/index.html
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

lint: $(VENV)/.dev ## ruff, mypy, and the floors of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## let ruff format and sort
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment, results and caches
	rm -rf $(VENV) docs/_build docs/generated docs/technologies.md verify study build dist *.egg-info .bounds_cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find analog_pc tests -name __pycache__ -type d -prune -exec rm -rf {} +

system:
	@PYTHON='$(PYTHON)' sh .ci/install

# Stamps: an environment is made once, and installed into again when pyproject.toml changes.
$(VENV)/.made: | system
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[dev]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.docs: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[docs]'
	@touch $@ $(VENV)/.runtime
