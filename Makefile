# Name everything that is done here: people, hooks and CI use these same words.
#
# Makefile - v0.1.0
#
# ```mermaid
# flowchart LR
#     demo & test & check & bench & notebooks & serve & runs & docs & lock --> setup
# ```

.DEFAULT_GOAL := setup
.PHONY: setup demo test check bench notebooks serve runs docs lock lock-gpu audit secrets containers release clean help

PYTHON := .venv/bin/python

export TORCH VENV_PYTHON
# Nothing here calls home.
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Byte code is written as modules are first used: half the start-up time from then on, and nothing to wait for in setup.
unexport PYTHONDONTWRITEBYTECODE

setup: ## install uv.lock into .venv (TORCH=cpu: torch without CUDA, half of the 8 GB; FORCE=1: even if nothing changed)
	@tools/setup.sh

demo: setup ## index a real corpus, run the retrieval experiment, print the results
	@$(PYTHON) -m pipelines.demo

test: setup ## run the test suite with its coverage gate (ARGS="-k words" picks tests, without the gate)
	@$(PYTHON) -m pytest $(or $(ARGS),--numprocesses=2 --dist=loadfile --durations=15 --cov --cov-report=term:skip-covered)

check: setup ## run every check that is not a test (ARGS="types layers" picks some)
	@$(PYTHON) -m tools.check $(ARGS)

bench: setup ## run the side-by-side measurements in benchmarks/, each of which prints a ratio (ARGS="sts" picks some)
	@$(PYTHON) -m tools.bench $(ARGS)

notebooks: setup ## run the notebooks and compare their output (ARGS="01 03" picks some; WRITE=1 saves it in them)
	@$(PYTHON) -m tools.notebooks $(if $(WRITE),--write) $(ARGS)

serve: setup ## serve the API and its page on http://127.0.0.1:8000 (PORT=…); the first start trains a NER model
	@.venv/bin/seedbed serve api --port $(or $(PORT),8000)

runs: setup ## show the recorded runs in a browser, on http://127.0.0.1:5000 (PORT=…)
	@$(PYTHON) -m tools.serve $(or $(PORT),5000)

docs: setup ## build the documentation into site/; warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet && echo "docs: site/index.html"

lock: setup ## bring uv.lock up to date with pyproject.toml (UPGRADE=1: newest versions of everything)
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile pyproject.toml --universal --generate-hashes --all-extras \
		--no-python-downloads --quiet $(if $(UPGRADE),--upgrade) --output-file uv.lock
	@tools/setup.sh

lock-gpu: setup ## bring uv.gpu.lock, of the image that serves models on a GPU, up to date (UPGRADE=1: newest versions)
	@UV_CUSTOM_COMPILE_COMMAND="make lock-gpu" .venv/bin/uv pip compile deploy/gpu.in --python-version 3.12 \
		--python-platform x86_64-manylinux_2_28 --generate-hashes --no-python-downloads --quiet \
		$(if $(UPGRADE),--upgrade) --output-file uv.gpu.lock

audit: setup ## look up every package of both locks in an advisory service; one that cannot be looked up is a failure
	@for lock in uv.lock uv.gpu.lock; do .venv/bin/uv tool run --quiet pip-audit==2.9.0 --strict --require-hashes \
		--disable-pip --progress-spinner off --requirement $$lock || exit 1; done

secrets: setup ## make the passwords and keys that compose.yml needs, in deploy/secrets/; existing ones are kept
	@$(PYTHON) -m tools.deployment_secrets

containers: setup ## build the images, bring the stack up, use it, kill each service, take it down; needs a container engine
	@$(PYTHON) -m tools.containers

release: setup ## stamp, build, commit and tag a version (VERSION=0.2.0; DRY_RUN=1: build only); push it yourself
	@$(PYTHON) -m tools.release $(VERSION) $(if $(DRY_RUN),--dry-run)

clean: ## remove what was built here, except recorded runs, indexes and models (those are in .seedbed/)
	@rm -rf .venv .uv site build dist .coverage .coverage.* coverage.xml .*_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14
