# Everything starts here: `make demo` shows Lethe at work, `make test` and `make lint` check it.
# It needs Python 3.11 or newer, make, and the package registry that pip is set up for.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := .venv/bin
# Those that take longest come first: what ends last shall be short.
SUITES := e2e integration contract privacy unit
# Tests share the machine, but for those of a stack that fills it by itself.
SIDE_BY_SIDE := -n logical --dist loadfile -m "not alone"
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml))

.PHONY: help setup environment browser web database module demo up test $(addprefix test-,$(SUITES)) \
        test-browser screenshots test-kafka test-scale kafka forensics check lint check-deploy format type bench bench-pipeline bench-erasure bench-alerts bench-enrolment \
        lock clean compose-files compose-local

help: ## show this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; \
	do printf '  make %-16s %s\n' "$$target" "$$text"; done
	@echo '  make demo ARGS="--headless --seconds 30 --report demo.json" passes options on'

setup: environment ## environment, keys of this machine, model pack and footage
	@$(BIN)/lethe setup

environment: # only the pinned packages and our own, in .venv
	@tools/environment.sh

browser: # the tests of pages look at them in Debian's chromium
	@tools/browser.sh

web: # what checks the pages' scripts and their accessibility, from npm
	@tools/web/install.sh

database: # the tests run alert on a PostgreSQL of their own
	@tools/postgres.sh

module: # the tests keep alert's keys in a security module made of software
	@tools/softhsm.sh

demo: setup ## run the demonstration; Ctrl-C ends it
	@echo "the command is $(BIN)/lethe; 'source $(BIN)/activate' lets this terminal find it as lethe"
	@$(BIN)/lethe demo $(ARGS)

compose-files: setup ## what docker-compose.yml needs: passwords, a folder for keys, .env
	@$(BIN)/python -m tools.compose.passwords

compose-local: setup database ## run docker-compose.yml without Docker; Ctrl-C ends it
	@$(BIN)/python -m tools.compose --profile demonstration $(ARGS)

up: setup ## run the stack without a camera; Ctrl-C ends it
	@$(BIN)/lethe up $(ARGS)

test: setup database module ## run every test but test-browser, test-scale and test-kafka
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(addprefix tests/,$(SUITES)) $(ARGS)
	@$(BIN)/pytest -m alone tests/e2e $(ARGS)

test-unit: setup ## run the unit tests
test-contract: setup database module ## run the contract tests
test-privacy: setup ## run the privacy tests
test-integration: setup database ## run the tests on the embedded broker
test-e2e: setup database ## run the tests of the whole stack
$(addprefix test-,$(SUITES)):
	@$(BIN)/pytest tests/$(@:test-%=%) $(ARGS)

test-browser: setup browser web ## look at the pages in a real browser
	@$(BIN)/pytest tests/browser $(ARGS)

screenshots: setup browser ## make the pictures of docs/images anew; look at each before committing it
	@$(BIN)/python -m tools.screenshots $(ARGS)

kafka: environment # Apache Kafka's jars in .lethe/kafka, from the repository that Maven is set up for
	@$(BIN)/python -m tools.kafka fetch

test-kafka: kafka setup database ## run what the broker matters to on Apache Kafka
	@$(BIN)/pytest --broker kafka tests/kafka tests/integration tests/scale \
		$$(grep --files-with-matches on_broker tests/e2e/test_*.py) $(ARGS)

test-scale: setup ## whole systems under load and attack: services killed, added, removed
	@$(BIN)/pytest tests/scale $(ARGS)

forensics: kafka setup ## try to get back what was forgotten; ARGS="all" or names of faults
	@$(BIN)/python -m tests.forensics $(ARGS)

check: lint test test-browser ## lint and test

lint: environment web ## style, types, imports, privacy, generated files
	@echo '== ruff' && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo '== mypy' && $(BIN)/mypy $(MEMBERS) tools tests
	@echo '== tsc' && for each in tools/web tools/web/tsconfig.examples.json; \
	do node tools/web/node_modules/typescript/bin/tsc --project $$each; done
	@echo '== asyncapi' && $(BIN)/check-jsonschema --quiet \
		--schemafile tools/web/node_modules/@asyncapi/specs/schemas/3.0.0.json docs/reference/alert-stream.asyncapi.json
	@echo '== import-linter' && $(BIN)/lint-imports --no-logo
	@echo '== privacy lint' && $(BIN)/python -m tools.privacy_lint $(MEMBERS)
	@$(MAKE) check-deploy
	@echo '== schemas' && $(BIN)/python -m lethe.contracts.schemas --check

check-deploy: environment ## check the files for containers, without Docker
	@echo '== compose' && $(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@echo '== hadolint' && $(BIN)/hadolint Dockerfile
	@echo '== packages of the images' && $(BIN)/python -m tools.image_packages --check

format: environment ## format the code, mend what ruff can mend
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

type: environment ## check the types only
	@$(BIN)/mypy $(MEMBERS) tools tests

bench: setup ## measure the figures of this machine
	@$(BIN)/python -m tools.bench $(ARGS)

bench-pipeline: setup ## compare the five services with plain loops
	@$(BIN)/python -m tools.bench.pipeline $(ARGS)

bench-erasure: setup ## measure how old frames get and what forgetting costs
	@$(BIN)/python -m tools.bench.erasure $(ARGS)

bench-alerts: setup browser ## measure what a thousand officers' pages ask of alert
	@$(BIN)/python -m tools.bench.alerts $(ARGS)

bench-enrolment: setup ## measure imports of watchlists, what live video notices of one, searches
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.bench.enrolment $(ARGS)

lock: environment ## write requirements.lock anew from every pyproject.toml
	@tools/lock.sh $(MEMBERS) && tools/environment.sh && $(BIN)/python -m tools.image_packages

clean: ## remove .venv and what tools left; keys and footage in .lethe stay
	@rm -rf .venv tools/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis site dist
	@find libs services tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
