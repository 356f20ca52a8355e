# Everything from a fresh clone: `make demo`, `make up`, `make test`. Repeats do only what changed.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
WEB := services/gateway/web

# Stamps: what they depend on says when the step is done again.
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed
MODULES := $(WEB)/node_modules/.installed
PAGE := $(WEB)/dist/index.html
KERNEL_SOURCES := setup.py scripts/build_backend.py $(wildcard services/trainer/native/src/*) \
	services/trainer/native/build.py services/trainer/native/processor.py
PAGE_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

KILLS ?= 300
DRILL ?= drill-report

# What runs containers: podman-compose and podman will do, too.
COMPOSE ?= docker compose
ENGINE ?= docker

.PHONY: help setup setup-tools demo up test drill check check-python check-contracts check-web \
	protos web images compose-test bench bench-quality bench-page bench-all screenshots

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Make .venv with the layerlab command in it, and build the page.
	@$(MAKE) --no-print-directory -j2 $(RUNTIME) web

demo: setup ## Train 64 designs on a real table and show the winner.
	@$(BIN)/layerlab demo

up: setup ## Serve everything on this machine, until Ctrl-C.
	@$(BIN)/layerlab up

test: ## Check everything, then run every test.
	@$(MAKE) --no-print-directory -j2 setup-tools web
	@scripts/system_packages
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest < /dev/null

check: setup-tools web ## Format, lint, types, import rules, contracts, the page's types and tests.
	@$(MAKE) --no-print-directory -j2 --output-sync check-python check-contracts check-web

check-python:
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check-contracts:
	@$(BIN)/buf lint
	@scripts/protos --check

check-web:
	@if command -v npm > /dev/null; then cd $(WEB) && npm run --silent typecheck && npm run --silent test; \
	else echo "npm is missing: the page is not checked"; fi

protos: setup-tools ## Generate layerlab/v1 from protos/.
	@$(BIN)/buf lint
	@scripts/protos

web: ## Build the page.
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory $(PAGE); \
	else echo "npm is missing: LayerLab will run without its page (Node 20.19 or newer builds it)"; fi

screenshots: setup-tools web ## Draw docs/screens/ and docs/screenshot.png again, or ONLY some screens.
	@$(BIN)/python scripts/screenshots $(ONLY)

drill: setup-tools ## Kill KILLS processes (300) of a running system, by SEED, and check that nothing is lost.
	@scripts/system_packages
	@$(BIN)/python -m tests.faults.drill --kills $(KILLS) $(if $(SEED),--seed $(SEED)) --folder $(DRILL)

images: ## Build an image a service.
	@$(COMPOSE) -f deploy/compose.yaml build

compose-test: setup-tools ## Run deploy/compose.yaml with 3 trainers, kill one mid-study (COMPOSE, ENGINE say with what).
	@COMPOSE='$(COMPOSE)' ENGINE='$(ENGINE)' $(BIN)/pytest -s tests/deploy/compose_drill.py

bench: setup-tools ## Train beside WORKLOADS' RIVALS (all), SECONDS (10) each: tables, JSON and a chart.
	@$(BIN)/python -m benchmarks.trials $(if $(WORKLOADS),--workloads $(WORKLOADS)) \
		$(if $(RIVALS),--rivals $(RIVALS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(SEARCH),--search $(SEARCH))

bench-quality: setup-tools ## Search TABLES (all) beside rivals, SECONDS (60) each, or ONLY some; RESUME=1 goes on.
	@$(BIN)/python -m benchmarks.quality $(if $(TABLES),--tables $(TABLES)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY)) $(if $(RESUME),--resume)

bench-page: setup-tools web ## Measure the page beside optuna-dashboard, and MINUTES (2) of a live study.
	@scripts/system_packages
	@$(BIN)/python -m benchmarks.page $(if $(MINUTES),--minutes $(MINUTES))

bench-all: setup-tools web ## Measure everything that figures were set for; takes two hours.
	@for each in $(basename $(notdir $(wildcard benchmarks/[a-z]*.py))); do \
		echo "== benchmarks/$$each.py"; $(BIN)/python -m benchmarks.$$each || exit 1; done

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): pyproject.toml constraints.txt $(KERNEL_SOURCES) | $(BIN)/python
	@echo "Installing Python packages (torch is the large one) …"
	@$(PIP) --editable '.[all]'
	@touch $@

setup-tools: $(TOOLS)

$(TOOLS): $(RUNTIME)
	@echo "Installing the tools for checks and tests …"
	@$(PIP) --editable '.[all,dev]'
	@touch $@

$(MODULES): $(WEB)/package.json $(WEB)/package-lock.json
	@echo "Installing the page's packages …"
	@cd $(WEB) && npm ci --no-audit --no-fund --silent
	@touch $@

$(PAGE): $(MODULES) $(PAGE_SOURCES)
	@echo "Building the page …"
	@cd $(WEB) && npm run --silent build
	@touch $@
