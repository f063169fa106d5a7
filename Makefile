# The same commands for people and for continuous integration; `make help` lists them.
# the redirection makes GNU make before 4.3 ask a shell, which knows `command`
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,$(if $(shell command -v $(name) 2>/dev/null),$(name))))
LOCK := requirements$(if $(GPU),-gpu).lock
INSTALLED := .venv/installed-$(LOCK)
ANEW := $(if $(shell test -x .venv/bin/python && echo there),,anew) # its Python may have been removed
RUN := PYTHONPATH=src .venv/bin/python -m

define CHECK_PYTHON
@test -n "$(PYTHON)" || { echo "error: Python is not installed; 3.11, 3.12 or 3.13 is needed" >&2; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
  { echo "error: $(PYTHON) is $$($(PYTHON) -V 2>&1); 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help setup repro worker runs push pull prune check format test preset entry bench abuse record lock clean anew

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## .venv with the locked packages (GPU=1: with TensorFlow's CUDA libraries)

$(INSTALLED): $(LOCK) src/dscnn/tools/plots_page.py $(ANEW)
	@command -v git >/dev/null || { echo "error: git is not installed; DVC needs it" >&2; exit 1; }
	@found=$$(git rev-parse --git-dir 2>&1) || { echo "error: this is no Git repository, which DVC needs ($$found):" \
	  "clone it, or 'git init && git add --all && git commit --message start'" >&2; exit 1; }
	$(CHECK_PYTHON)
	@echo "setting up .venv from $(LOCK)"
	@test -x .venv/bin/python || rm -f .venv/bin/python* .venv/bin/pip .venv/installed-* # of a Python that is gone
	@if command -v uv >/dev/null; then \
	  { test -x .venv/bin/python || uv venv --quiet --allow-existing --python $(PYTHON) .venv; } && \
	  uv pip install --quiet --python .venv/bin/python --require-hashes -r $(LOCK); \
	else \
	  { test -x .venv/bin/pip || $(PYTHON) -m venv .venv || \
	    { echo "error: $(PYTHON) cannot make virtual environments; install its venv module or uv" >&2; exit 1; }; } && \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK); \
	fi
	@$(RUN) dscnn.tools.plots_page .dvc/plots.html
	@# how 'git merge' treats what .gitattributes names; in this clone's own configuration
	@git config merge.dvc-lock.name "dvc.lock, stage by stage"
	@git config merge.dvc-lock.driver "$(RUN) dscnn.tools.merge_lock %O %A %B"
	@git config merge.made-anew.name "ours, since 'make repro' makes it anew"
	@git config merge.made-anew.driver true
	@rm -f data/machine.json # what is measured depends on the software: DVC looks again, and measures if that differs
	@touch $@

repro: setup ## run what changed of params.yaml [JOBS=2: so many arms at once; CLUSTER=tcp://head:8786]
	@$(RUN) dscnn.tools.repro -- "$(JOBS)" "$(CLUSTER)"
	@echo "open plots/report.html in a browser; metrics/report.md is its short form"

worker: setup ## compute arms for CLUSTER=tcp://head:8786 or its scheduler's file [JOBS=2: so many at once]
	@test -n "$(CLUSTER)" || { echo "error: which CLUSTER? tcp://head:8786, or a scheduler's file" >&2; exit 1; }
	@.venv/bin/dask worker $(if $(findstring ://,$(CLUSTER)),,--scheduler-file) "$(CLUSTER)" \
	  --nworkers $(or $(JOBS),1) --nthreads 1 --memory-limit 0 --no-dashboard

runs: setup ## the experiments of 'dvc exp run', a row a network: what was changed, what came out
	@$(RUN) dscnn.tools.runs

push: setup ## all that was made here to the DVC remote, for the team
	@$(RUN) dscnn.tools.share push

pull: setup ## all that the team made from the DVC remote
	@$(RUN) dscnn.tools.share pull

prune: setup ## list, then remove what params.yaml no longer names (FORCE=1: without asking)
	@$(RUN) dscnn.tools.prune -- "$(FORCE)"

check: setup ## linter, format, types, and the direction of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet . || { echo "error: 'make format' formats" >&2; exit 1; }
	@.venv/bin/mypy
	@found=$$(PYTHONPATH=src .venv/bin/lint-imports --no-cache) || { echo "$$found"; exit 1; }

format: setup ## format and sort the code
	@.venv/bin/ruff check --quiet --fix --select I .
	@.venv/bin/ruff format --quiet .

test: check ## check, then all tests
	@.venv/bin/pytest

preset: ## copy presets/NAME.yaml over params.yaml, unless it has been edited (FORCE=1: even then)
	$(CHECK_PYTHON)
	@PYTHONPATH=src $(PYTHON) -m dscnn.tools.preset -- "$(NAME)" "$(FORCE)"

entry: setup ## add your own images to datasets.yaml: NAME=photos FOLDER=../photos [SIDE=32] [CHANNELS=3]
	@test -n "$(NAME)" -a -n "$(FOLDER)" || { echo "error: which NAME, and which FOLDER (or archive)?" >&2; exit 1; }
	@$(RUN) dscnn.tools.entry -- "$(NAME)" "$(FOLDER)" $(or $(SIDE),32) $(or $(CHANNELS),3)

bench: setup ## training speed side by side with plain Keras [WIDTH=0.125]
	@$(RUN) dscnn.tools.bench "$(or $(WIDTH),0.125)"

abuse: setup ## damaged files, hostile servers, kills: all of docs/reliability.md [TRIALS=500]
	@PYTHONPATH=src:tests .venv/bin/python tests/abuse.py $(TRIALS)

record: setup ## run the experiment and keep its results as results/NAME
	@$(RUN) dscnn.tools.record -- "$(NAME)"

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	@command -v uv >/dev/null || { echo "error: 'make lock' needs uv" >&2; exit 1; }
	@for extra in "" gpu; do \
	  uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --no-emit-find-links --python-version 3.11 --extra dev $${extra:+--extra gpu} pyproject.toml \
	    -o requirements$${extra:+-gpu}.lock || exit 1; \
	done

clean: ## remove .venv and the tools' caches; data, models and results stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .dvc/plots.html
