# `make package` and `make test` set themselves up: they need Python 3.11 or newer and make.
PYTHON ?= python3
FLOWS ?= examples/flows
DESTINATION ?= dist
# The release that `make push` publishes: the one that was packaged last.
REPORT ?= $(shell ls -t $(DESTINATION)/*.release.json 2>/dev/null | head -n 1)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := UV_CUSTOM_COMPILE_COMMAND="make locks" $(BIN)/uv pip compile --quiet --no-config --upgrade \
	--universal --python-version 3.11 --generate-hashes --no-annotate pyproject.toml locks/build.in

.DEFAULT_GOAL := help
FUZZ_SECONDS ?= 60
.PHONY: package push run test fuzz gate runtime-base test-cluster lint audit locks format bench clean help

package: $(VENV)/.package ## Package $(FLOWS) into $(DESTINATION): image, chart and report
	$(BIN)/chartgen package $(FLOWS) --destination $(DESTINATION) $(ARGS)

push: package ## Package, then push the image, and the chart with CHARTS=oci://…
	$(BIN)/chartgen push "$(REPORT)" $(if $(CHARTS),--chart-repository $(CHARTS)) $(PUSH_ARGS)

run: package ## Package, then run the release in the local engine until Ctrl-C
	$(BIN)/chartgen run "$(REPORT)" $(RUN_ARGS)

test: $(VENV)/.test ## Run all tests; what a test cannot do here it says (ARGS="-k name")
	$(BIN)/pytest $(ARGS)

fuzz: $(VENV)/.fuzz ## Mutate flows for FUZZ_SECONDS, 60, half of it led by coverage (ARGS="--seed 1")
	$(BIN)/python -m tests.fuzz --seconds $$(($(FUZZ_SECONDS) / 2)) $(ARGS)
	$(BIN)/python -m tests.fuzz.guided $$(($(FUZZ_SECONDS) / 2))

gate: $(VENV)/.test ## Print what the secret gate finds and stops, beside two other scanners
	@$(BIN)/python -m tests.planting

runtime-base: $(VENV)/.test ## Make the Langflow that tests/runtime runs; root, debootstrap (PROFILE=full)
	@$(BIN)/python -m tests.runtime.base $(PROFILE)

test-cluster: $(VENV)/.test ## Build the Kubernetes that tests/cluster runs (13 minutes, once) and test on it; root
	$(BIN)/python -m tests.cluster build
	$(BIN)/pytest tests/cluster $(ARGS)

lint: $(VENV)/.test ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/.audit ## Look for known vulnerabilities in every package that is locked
	@$(BIN)/python scripts/audit.py locks/*.txt

locks: $(VENV)/.test ## Renew the locks of the packages that development uses
	$(LOCK) --output-file locks/package.txt
	$(LOCK) --extra test --output-file locks/test.txt
	$(LOCK) --extra fuzz --output-file locks/fuzz.txt
	$(LOCK) --extra audit --output-file locks/audit.txt

format: $(VENV)/.test ## Put the source into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.package ## Measure packaging, side by side with plain copying
	$(BIN)/python benchmarks/package.py
	$(BIN)/python benchmarks/publish.py $(ARGS)

clean: ## Remove everything that was made, the virtual environment too
	rm -rf $(VENV) dist build .cache .mypy_cache .pytest_cache .ruff_cache

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Versions and hashes come from the lock of that name; our own build needs nothing from elsewhere.
$(VENV)/.%: locks/%.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes --requirement $<
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.fuzz $(VENV)/.audit: $(VENV)/.test
