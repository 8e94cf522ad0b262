# make alone prints the targets.
VENV   ?= .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
# One more than there are cores: tests often wait for a process of their own.
CORES  := $(shell getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/python -m pytest -n $(shell expr $(CORES) + 1) --maxprocesses 4 --dist loadfile
# Each of the hundreds of processes that tests start would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup train test test-all coverage lint format docs bench clean

help: ## print the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(BIN)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(BIN)/.installed ## make a virtual environment with everything in it

train: setup ## train on a small synthetic cohort (a few minutes on two cores)
	$(BIN)/lungseg train experiment=quick

test: setup ## run the tests, except the slow ones
	$(PYTEST) -m "not slow"

test-all: setup ## run all tests
	$(PYTEST)

coverage: setup ## run the same tests and measure branch coverage
	$(PYTEST) -m "not slow" --cov

lint: setup ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## fix style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## build the site in outputs/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

bench: setup ## measure speed, as ratios within one run
	$(BIN)/python -m benchmarks

clean: ## remove the environment and all results
	rm -rf $(VENV) outputs/[!.]* .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
