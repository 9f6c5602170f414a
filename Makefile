# Everything that people do with a checkout. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup package fmt check test demo local-aws history undo drill bench docs matrix requirements clean

# The set-up starts with any Python 3 and finds the best one by itself.
START := $(firstword $(wildcard .venv/bin/python) python3)
RUN := .venv/bin/python -m tools.run --

# Which deployment the operator's commands are about. The region and the credentials are the environment's.
NAME ?= rearm
OPERATOR = --name '$(NAME)' $(if $(REGION),--region '$(REGION)') $(if $(DAYS),--days '$(DAYS)')

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

setup: ## Make the virtual environments and find Terraform and AWS's provider (everything below does it too)
	@$(START) -m tools.setup

package: ## Write dist/rearm.zip from lambda_src; needs only Python
	@$(START) -m tools.package

fmt: setup ## Format Python and Terraform
	@$(RUN) python -m tools.run_checks --fix

check: setup ## Lint, format, types, generated files and unit tests, in under a minute
	@$(RUN) python -m tools.run_tests --quick

test: setup ## Everything that proves it, with the count and the time of each layer
	@$(RUN) python -m tools.run_tests

demo: setup ## Deploy on this machine, stop a trail and watch it start again
	@$(RUN) python -m tests.demo

local-aws: setup ## Keep AWS on this machine running and print what to export
	@$(RUN) python -m tests.local_aws

history: ## Show what Rearm did in an account (NAME, REGION, DAYS, FORMAT=json)
	@$(START) -m tools.operator.history $(OPERATOR) $(if $(filter json,$(FORMAT)),--json)

undo: ## Take a response of Rearm's back with your credentials (ID, NAME, REGION, DAYS, YES=1)
	@$(START) -m tools.operator.undo $(OPERATOR) --id '$(ID)' $(if $(filter 1,$(YES)),--yes)

drill: ## Rehearse the attacks in an account, on a trail of the drill's own (NAME, REGION, ROWS, KEY=1, CLEAN=1)
	@$(START) -m tools.operator.drill --name '$(NAME)' $(if $(REGION),--region '$(REGION)') \
	  $(if $(ROWS),--rows '$(ROWS)') $(if $(LIMIT),--limit '$(LIMIT)') $(if $(PAUSE),--pause '$(PAUSE)') \
	  $(if $(FOREIGN),--foreign '$(FOREIGN)') $(if $(filter 1,$(KEY)),--key) $(if $(filter 1,$(WAIT)),--wait) \
	  $(if $(filter 1,$(YES)),--yes) $(if $(filter 1,$(CLEAN)),--clean)

bench: setup ## Measure against a handler of the usual kind
	@$(RUN) python -m bench

docs: setup ## Write the generated tables of README.md
	@$(RUN) python -m tools.docs

matrix: setup ## Write docs/matrix.md from the results of the last `make test`
	@$(RUN) python -m tools.matrix

requirements: setup ## Write the exact versions again from requirements*.in (needs uv on PATH)
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  --upgrade requirements.in --output-file requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  requirements-oldest.in --output-file requirements-oldest.txt

clean: ## Remove what set-up and tests have made, but not what was found
	rm -rf .venv .venv-oldest .tools .hypothesis .mypy_cache .pytest_cache .ruff_cache
