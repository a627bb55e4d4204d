# Two targets do everything on a fresh machine with Python 3.11+, git and make: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# half as many again as processors: a crawl waits for its network most of the time
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(3 * os.cpu_count() // 2)')
INSTALLED := $(VENV)/.installed

# the tests start hundreds of processes, each of which would compile the whole program anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check docs wheel image audit constraints clean

demo: $(INSTALLED) ## serve a fictional web on loopback, crawl it, judge it, write the report
	$(BIN)/partnerproof demo

test: check ## all checks and tests
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(INSTALLED) ## write docs/reference/ anew from the schema and the command line
	$(BIN)/python docs/make_reference.py

wheel: $(INSTALLED) ## dist/: wheel and source archive, checked; beside them requirements.txt, which pins what they need, and its bill of materials (CycloneDX)
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python .ci/sbom.py dist/partnerproof.cdx.json

image: wheel ## the container image, with podman or docker
	$(shell command -v podman || command -v docker) build --tag localhost/partnerproof --file deploy/container/Containerfile .

audit: $(INSTALLED) ## fails when a package is known to be vulnerable; ends with 3 where no database of them can be asked
	$(BIN)/python .ci/audit.py

constraints: $(INSTALLED) ## renew the exact versions and digests in constraints.txt from the ranges in pyproject.toml
	$(BIN)/python .ci/constraints.py

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) data/var dist .mypy_cache .ruff_cache .pytest_cache
