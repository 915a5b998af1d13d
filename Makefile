# Every target sets up what it needs; a second run starts from what the first one left.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What the tests use of npm: clients of the sandbox, and axe, which looks for what is in somebody's way.
NPM := tests/npm
NPM_READY := $(NPM)/node_modules/.package-lock.json
# What makes a client of the engine's OpenAPI document for a test, with versions of its own.
GENERATOR := tests/generator/.venv
GENERATOR_READY := $(GENERATOR)/.ready
# How many tests run side by side: more than there are cores, for a third of their time is waiting.
WORKERS ?= 4
# A test that is at work for longer hangs: it fails, and shows where, instead of all waiting for it.
HANGS_AFTER_S := 900
CHECKED := tests/contract tests/components tests/test_docs.py \
	tests/test_packaging.py tests/test_layers.py \
	tests/test_publish.py::test_publishing_the_connectors_of_the_repository_changes_nothing
# Slow, and nothing that a component changes.
NOT_CHECKED := --ignore tests/contract/test_host_conformance.py \
	--deselect tests/test_docs.py::test_the_transcript_in_the_readme_is_that_of_the_demo
CONNECTORS := $(dir $(wildcard connector.json */connector.json))
# What the benchmark measures the engine beside.
NODE_RED := bench/nodered
NODE_RED_READY := $(NODE_RED)/node_modules/.package-lock.json
# The page is built from its sources into the engine's package; what tests it is no part of it.
DESIGNER := designer
DESIGNER_READY := $(DESIGNER)/node_modules/.package-lock.json
PAGE := engine/web/designer/index.html
PAGE_SOURCES := $(filter-out %.test.ts %.test.tsx %/schema.d.ts, \
	$(shell find $(DESIGNER) -name node_modules -prune -o -type f -print))
# What the page's types are made of.
DOCUMENT := build/openapi.json
TYPES := $(DESIGNER)/src/shared/api/schema.d.ts

.PHONY: demo test check prove lint publish designer wheels bench clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml constraints.txt
	@echo 'Once, before the first target: making $(VENV) and installing about 90 Python packages into it.'
	@echo 'Depending on the network this takes one to five minutes, in which nothing is printed.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt 'pip>=25.1' setuptools
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable '.[all]'
	touch $@
	@echo 'Installed.'

$(GENERATOR_READY): tests/generator/requirements.txt
	@echo 'Once: installing what makes clients into $(GENERATOR).'
	$(PYTHON) -m venv $(GENERATOR)
	$(GENERATOR)/bin/pip install --quiet --disable-pip-version-check --requirement tests/generator/requirements.txt
	touch $@

%/node_modules/.package-lock.json: %/package-lock.json %/.npmrc
	@command -v npm >/dev/null || { echo 'Node 20 is needed, and its npm is not here: see README.md.'; exit 1; }
	@echo 'Once: installing what is written in JavaScript below $*; up to two minutes, in which nothing is printed.'
	npm ci --prefix $* --loglevel error
	touch $@

$(PAGE): $(DESIGNER_READY) $(PAGE_SOURCES)
	@echo 'Building the page, because $(DESIGNER)/ has changed: some ten seconds.'
	npm run build --prefix $(DESIGNER) --silent -- --logLevel warn
	touch $@

# The page that the engine serves.
designer: $(PAGE)

demo: $(READY) $(PAGE)
	$(BIN)/appmixer up --sandbox $(ARGS)

# Everything but the long proofs, of which it runs a small form each.
test: $(READY) $(NPM_READY) $(GENERATOR_READY) $(PAGE)
	npm test --prefix $(DESIGNER) --silent -- --silent --passWithNoTests
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal --timeout $(HANGS_AFTER_S) $(ARGS)

# What an author of components needs, in seconds.
check: $(READY)
	$(BIN)/pytest $(CHECKED) --numprocesses 2 --dist worksteal $(NOT_CHECKED) $(ARGS)

# The long proofs alone, one after the other: each wants the machine for itself.
prove: $(READY) $(NPM_READY) $(PAGE)
	$(BIN)/pytest -m prove $(ARGS)

lint: $(READY) $(DESIGNER_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases tests bench wheels
	$(BIN)/pyright
	mkdir -p $(dir $(DOCUMENT))
	$(BIN)/python -m appmixer.engine.api.openapi > $(DOCUMENT)
	npm run types --prefix $(DESIGNER) --silent
	npm run lint --prefix $(DESIGNER) --silent

# What is generated from the code of every connector here.
publish: $(READY)
	$(BIN)/appmixer publish $(CONNECTORS)

# The contract, and all the rest, which needs it.
wheels: $(READY) $(PAGE)
	$(BIN)/python -m wheels $(ARGS)

bench: $(READY) $(NODE_RED_READY) $(PAGE)
	$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf $(VENV) $(GENERATOR) $(NPM)/node_modules $(NODE_RED)/node_modules $(DESIGNER)/node_modules
	rm -rf $(dir $(PAGE)) $(TYPES) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
