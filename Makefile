# A newcomer's two commands are `make table1` and `make test`; each sets up what it needs first.
# Wanted on the machine: Python 3.11 or newer, make and pip.

PROFILE ?= quick
WORKERS ?= 2
VENV_FLAGS ?=
TORCH := 2.9.1

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Modules are compiled once and kept, whatever the shell says: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

# One thread for each process of the tests and benchmarks, so that they do not fight for the cores. `nzsp run` sees to its own.
test coverage faults fuzz slow bench: export OMP_NUM_THREADS := 1
test coverage faults fuzz slow bench: export OPENBLAS_NUM_THREADS := 1
test coverage faults fuzz slow bench: export MKL_NUM_THREADS := 1
test coverage faults fuzz slow bench: export NUMBA_NUM_THREADS := 1

.PHONY: help table1 test coverage faults fuzz slow bench validate cluster-tools cp2k gpaw lint format lock dist sbom audit clean
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  PROFILE=quick|paper                 protocol of table1 (now: $(PROFILE))"
	@echo "  WORKERS=2                           processes of the tests"
	@echo "  PYTHON=/path/to/python3             interpreter for $(VENV)"
	@echo "  VENV_FLAGS=--system-site-packages   use what is installed already, such as torch"

table1_quick := -o runs/table1
table1_paper := --profile paper -o runs/table1-paper

table1: $(STAMP)  ## Table 1 of the paper, recomputed: energies, Wulff shapes and runs/table1*/report.html
	@$(BIN)/nzsp run inputs/table1.yaml $(or $(table1_$(PROFILE)),$(error PROFILE=$(PROFILE) is unknown; use quick or paper))

test: lint  ## ruff, mypy and the fast tests
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

coverage: $(STAMP)  ## the fast tests, and which lines they run: a table, and htmlcov/index.html
	@$(BIN)/python -m pytest -q -n $(WORKERS) --cov --cov-report term --cov-report html

# Figures, a JSON document a test, go to runs/faults.jsonl; the seed of the strokes is NZSP_FAULTS_SEED. A study has 3 (FAULTS + 1)
# calculations, and each siege is laid NZSP_SIEGES times (once): with other seeds, one adds to what was tried before.
FAULTS ?= 20
faults: $(STAMP)  ## kills, damage, queues, servers and fuzzing, FAULTS=20 times as much as in `make test`
	@mkdir -p runs
	@NZSP_FAULTS=$(FAULTS) NZSP_FAULTS_FIGURES=$(CURDIR)/runs/faults.jsonl $(BIN)/python -m pytest -q -n $(WORKERS) -m 'slow or not slow' tests/faults

FUZZ ?= 152
fuzz: $(STAMP)  ## 100,320 fuzzed inputs (FUZZ=152 times as many as in `make test`), counted by kind in runs/faults.jsonl
	@mkdir -p runs
	@NZSP_FAULTS=$(FUZZ) NZSP_FAULTS_FIGURES=$(CURDIR)/runs/faults.jsonl $(BIN)/python -m pytest -q -n $(WORKERS) tests/faults/test_fuzz.py

slow: $(STAMP)  ## the slow tests
	@$(BIN)/python -m pytest -q -m slow

files: $(STAMP)  ## docs/files.md from the rows of the results
	@$(BIN)/python -m nzsp_surfaces.report.describe > docs/files.md

bench: $(STAMP)  ## where the time goes
	@$(BIN)/python -m benchmarks

validate: $(STAMP)  ## published surfaces beside computed ones: docs/validation.md
	@$(BIN)/python -m benchmarks.validation

cluster-tools:  ## a server and Slurm for the tests of the cluster path, as far as they can be had here
	@tests/support/install.sh

cp2k:  ## the program behind the engine cp2k, from the packages of Debian or Ubuntu, with quick linear algebra
	@command -v cp2k_shell.psmp >/dev/null || { sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	   $$sudo apt-get install --yes cp2k cp2k-data libopenblas0-openmp; }
	@cp2k_shell.psmp --version | head -1

# With FFTW a step takes half the time or less; GPAW uses it only where a file of its own says so. A package compiled before without it
# may lie in pip's cache, which is therefore not asked.
gpaw: $(STAMP)  ## the engine gpaw: libraries from Debian or Ubuntu, then GPAW compiled from its source, which takes a minute
	@for header in xc.h mpi.h cblas.h fftw3.h; do printf '#include <%s>\n' $$header; done | g++ -E -x c++ $$(mpic++ --showme:compile 2>/dev/null) - >/dev/null 2>&1 || { \
	   sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	   $$sudo apt-get install --yes g++ libxc-dev libopenblas-dev libopenmpi-dev libfftw3-dev; }
	@printf '%s\n' 'fftw = True' 'libraries += ["fftw3", "openblas"]' >$(VENV)/gpaw.py
	@CC=g++ GPAW_CONFIG="$(CURDIR)/$(VENV)/gpaw.py" $(PIP) install --no-cache-dir --constraint $(VENV)/constraints.txt -e '.[gpaw]'
	@$(BIN)/python -c 'import gpaw; print("GPAW", gpaw.__version__)'

lint: $(STAMP)  ## ruff and mypy
	@$(BIN)/ruff check --quiet --output-format concise
	@$(BIN)/mypy --no-error-summary

format: $(STAMP)  ## sort imports and lay the code out
	@$(BIN)/ruff check --quiet --select I --fix
	@$(BIN)/ruff format --quiet

# The lock is a file of pip constraints for every Python and platform. torch brings its own CUDA packages, which differ
# between builds (CPU, CUDA), so they are left out; a plain version such as 2.9.1 admits 2.9.1+cpu as well. pip is left out
# so that it does not replace itself.
lock:  ## resolve requirements.lock again (needs uv)
	@command -v uv >/dev/null || { echo "make lock: uv not found: install it with 'pip install uv'" >&2; exit 2; }
	@{ echo "# pip constraints, made by 'make lock': pip install -c requirements.lock -e '.[sevennet,chgnet,dev]'"; \
	   echo 'torch==$(TORCH)' | uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-annotate --no-header \
	     --all-extras --constraint - pyproject.toml \
	   | grep -Ev '^(cuda-|triton|nvidia-(c|n)|pip==)'; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock
	@echo "requirements.lock: $$(grep -c == requirements.lock) pins"

dist: $(STAMP)  ## sdist and wheel in dist/, without the network
	@$(BIN)/python -m build --no-isolation --outdir dist .

sbom: $(STAMP)  ## dist/sbom.json: the locked packages as a bill of materials, CycloneDX; without the network
	@mkdir -p dist
	@PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible -o dist/sbom.json
	@echo "dist/sbom.json"

# Strict: a package of which the index tells nothing would else count as one without known vulnerabilities.
audit: $(STAMP)  ## known vulnerabilities of the locked packages (asks the package index)
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements.lock

clean:  ## remove the environment and the caches; results in runs/ stay
	rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find nzsp_surfaces tests workflows -name __pycache__ -type d -prune -exec rm -rf {} +

# Python 3.15 has no wheels of the locked torch yet.
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))

$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14); do \
	   if $$python -c '$(SUITABLE)' >/dev/null 2>&1; then \
	     echo "creating $(VENV) with $$($$python --version)"; exec $$python -m venv $(VENV_FLAGS) $(VENV); \
	   fi; \
	 done; \
	 echo "no Python 3.11 to 3.14 with venv found: install one (Debian: apt install python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
	 exit 2

# A torch that is there already is taken as it is. CHGNet is the faster alternative to the default engine: it has wheels for
# some platforms only and is left out, with a line that says so, where it would have to be compiled. Modules are compiled
# when they are first imported, since few of torch's thousands ever are.
INSTALL := install --no-compile --constraint $(VENV)/constraints.txt

$(STAMP): pyproject.toml requirements.lock | $(BIN)/python
	@if $(BIN)/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'; then \
	   sed '/^torch==/d' requirements.lock; else cat requirements.lock; fi > $(VENV)/constraints.txt
	@echo "installing the locked packages; torch is large, the first time takes some minutes ..."
	@$(PIP) $(INSTALL) --only-binary chgnet -e '.[sevennet,chgnet,dev]' 2>$(VENV)/install.log || { \
	   $(PIP) $(INSTALL) -e '.[sevennet,dev]' && \
	   echo "left out: CHGNet could not be installed on this Python or platform; see $(VENV)/install.log"; }
	@touch $@
	@echo "ready: $(BIN)/nzsp"
