# make demo: the main job on a made-up company. make test: all tests. Both set everything up themselves.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
DEMO := demo

help: ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.ready: pyproject.toml requirements.lock
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps -e .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
endif
	@touch $@

install: $(VENV)/.ready ## Build the virtual environment.

demo: $(VENV)/.ready ## Run the main job on a made-up company and open the dashboard (HEADLESS=1: all but the page).
	@rm -rf $(DEMO)
	@$(BIN)/keywatch init $(DEMO) --demo
ifndef HEADLESS
	@$(BIN)/keywatch -c $(DEMO)/keywatch.toml dashboard
endif

test: $(VENV)/.ready ## Run all tests.
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

lint: $(VENV)/.ready ## Lint, format, types, layers, generated docs.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.ready ## Write the generated pages anew.
	$(BIN)/python docs/generate.py

lock: ## Pin the newest dependencies (needs pip-tools).
	pip-compile --quiet --generate-hashes --no-emit-options --no-annotate \
		--no-header --strip-extras --extra dev --output-file requirements.lock pyproject.toml
	@# The project itself, and options and comments that name a host, go.
	@sed -i -e '/^keywatch @/d' -e '/^--/d' -e '/^#/d' requirements.lock

audit: ## Bill of materials, and known vulnerabilities of what is pinned.
	.ci/audit

bench-worlds: $(VENV)/.ready ## Judge the detectors on the labelled worlds they are tuned on; writes nothing (minutes a seed).
	$(BIN)/python -m benchmarks.worlds run --seeds 101-105 --show-missed --show-false --show-severity

bench-dashboard: $(VENV)/.ready ## Measure the dashboard in Chromium (10 million events; half an hour).
	$(BIN)/python benchmarks/dashboard.py

bench-dashboard-large: $(VENV)/.ready ## The same with 100 million events and 10,000 keys (an hour, 2 GB).
	$(BIN)/python benchmarks/dashboard.py --events 100000000 --keys 10000

bench-dashboard-hour: $(VENV)/.ready ## An hour of clicks: whether the dashboard's memory stays flat.
	$(BIN)/python benchmarks/dashboard.py --rounds 2 --minutes 60

bench-curve: $(VENV)/.ready ## Ingest 1, 10 and 100 million lines of both kinds (half an hour, 7 GB).
	for lines in 1000000 10000000 100000000; do $(BIN)/python benchmarks/curve.py --lines $$lines || exit 1; done

bench: $(VENV)/.ready ## Measure ingest against its peers, detection, alerts, the dashboard; writes benchmarks/RESULTS.md.
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/alerts.py
	$(MAKE) bench-dashboard

.PHONY: help install demo test lint docs lock audit bench bench-curve bench-worlds \
	bench-dashboard bench-dashboard-large bench-dashboard-hour
