# `make up` runs everything, `make test` tests everything; README.md has the rest.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; exit; fi; done; echo python3)
PORT ?= 8000
ARGS ?=
# Every fault with this many seeds (`make test` takes 2), or with exactly FAULT_SEED.
SEEDS ?= 20
FAULT_SEED ?=
NAME ?=
SAMPLES ?=
TOPIC ?=

VENV := .venv/bin/python
RUN := $(VENV) -m
CODE := accounts analytics bench bin config jobs llm mailboxes manage.py outreach tests

.PHONY: up test e2e faults check fix bench bench-peers evaluate demo-reset lock clean install

up: install
	@PORT='$(PORT)' $(RUN) config.embedded

# In two runs: Playwright keeps an event loop in its process, in which nothing else can call asyncio.run().
# Exit code 5 says that ARGS chose no test of that half.
test: install
	@$(RUN) pytest -n auto -m 'not e2e' $(ARGS) || [ $$? -eq 5 ]
	@$(RUN) pytest -n auto -m e2e $(ARGS) || [ $$? -eq 5 ]

e2e: install
	@$(RUN) pytest -n auto -m e2e tests/e2e $(ARGS)

faults: install
	@echo 'SEEDS=$(SEEDS); one of them again: make faults FAULT_SEED=17'
	@SEEDS='$(SEEDS)' FAULT_SEED='$(FAULT_SEED)' $(RUN) pytest -m faults tests/faults $(ARGS)

check: install
	$(RUN) ruff check $(CODE)
	$(RUN) ruff format --check $(CODE)
	$(RUN) mypy accounts analytics config jobs llm mailboxes outreach manage.py
	.venv/bin/lint-imports
	.venv/bin/deptry .
	find templates -name '*.html' -exec .venv/bin/djade --check --target-version 5.2 {} +
	$(RUN) djlint templates --lint --quiet
	$(RUN) bandit --configfile pyproject.toml --quiet --recursive --severity-level medium accounts analytics bin config jobs llm mailboxes outreach
	$(VENV) -W 'ignore:Got an error checking' manage.py makemigrations --check --dry-run

fix: install
	$(RUN) ruff check --fix $(CODE)
	$(RUN) ruff format $(CODE)
	find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

bench: install
	@$(RUN) bench.$(or $(NAME),$(error Say which: make bench NAME=send))

# What make bench NAME=send compares us with; apart from .venv, because the product does not use it.
bench-peers: install
	@$(RUN) pip install --quiet --no-deps --target var/bench --upgrade -r bench/requirements.txt

evaluate: install
	@$(VENV) manage.py evaluate --samples '$(SAMPLES)' --topic '$(TOPIC)'

demo-reset: install
	@$(VENV) manage.py local seed_demo --reset

# Resolve requirements.in again and pin every package (uv.lock would record registry addresses).
lock: install
	@$(RUN) uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url requirements.in -o requirements.txt

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var/static
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

install:
	@$(PYTHON) bin/bootstrap.py
