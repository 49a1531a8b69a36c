# Every target sets up what it needs, from a bare Python ≥ 3.11.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: help setup demo test-fast test test-all lint chaos bench docs wheel lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## make the environment in .venv, with the command .venv/bin/gong-elt

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing the packages of requirements.lock, which can take some minutes"
	@{ while sleep 15 >/dev/null 2>&1 && kill -0 $$$$ 2>/dev/null; do echo "still installing"; done; } & \
	beat=$$!; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; \
	code=$$?; kill $$beat; exit $$code
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## the main job without a Gong account: sync, build, publish, three answered questions
	$(BIN)/gong-elt demo

lint: setup  ## style, types, import rules, the lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# without bytecode each worker compiles all tests anew
test-fast: setup  ## the unit tests, in random order: no process, no network, no sleep; under a minute
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n $(WORKERS) --hypothesis-profile fast tests/unit

test: lint  ## lint and all tests but the slow ones, at most 12 minutes
	$(BIN)/pytest -n $(WORKERS) --dist loadscope -m "not slow"

test-all: lint  ## everything, at most 60 minutes
	$(BIN)/pytest -n $(WORKERS) --dist loadscope

chaos: setup  ## kills runs at every point and at random instants; prints seeds and what came of it
	$(BIN)/pytest -n $(WORKERS) -p no:randomly tests/chaos

bench: setup  ## every promise of speed beside its bar, some 40 minutes; PARTS="landing nights" for some
	$(BIN)/python -m tests.benchmarks $(PARTS)

docs: demo  ## generate the tables' documents, and render all documents into build/docs
	$(BIN)/python -m pipelines.docs .gong-elt-demo/warehouse.duckdb

wheel: setup  ## the package to install elsewhere, in build/wheel
	@rm -rf build/lib  # setuptools would pack what it left there, removed models too
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--wheel-dir build/wheel .

lock: setup  ## resolve the dependencies again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --no-strip-extras -o requirements.lock pyproject.toml
