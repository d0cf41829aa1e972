# Every target works on a fresh machine with Python 3.11 or later, make and git:
# it makes .venv, installs the pinned versions there, and runs.

PYTHON ?= python3
ARGS ?=

VENV := .venv
INSTALLED := $(VENV)/.installed
BIN := $(VENV)/bin

# Where tests and examples find real data.
export SKLEARN_MTL_DATA ?= $(CURDIR)/../shared/data

.DEFAULT_GOAL := help
.PHONY: help demo test nightly lint docs bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

# The two inputs are what the environment is made from: a change of either installs again.
$(INSTALLED): pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(INSTALLED) ## the quick start on the digits: a table, and quickstart.png
	MPLBACKEND=Agg $(BIN)/python examples/plot_quickstart.py

# One thread in each of the two workers: the tests' nets are small.
test: $(INSTALLED) ## all tests and every documented example (make test ARGS="-k metrics")
	OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/python -m pytest -n 2 $(ARGS)

nightly: $(INSTALLED) ## the tests that take too long for every change
	OMP_NUM_THREADS=1 SKLEARN_MTL_MUTATIONS=2000 SKLEARN_MTL_KILLS=20 \
		SKLEARN_MTL_COMPILE=1 SKLEARN_MTL_FUZZ=20000 SKLEARN_MTL_FITS=1000 \
		$(BIN)/python -m pytest tests/neural_network/saving/test_mutations.py \
		tests/neural_network/test_training_forward.py \
		tests/neural_network/checkpoints/test_killed_fits.py \
		tests/neural_network/test_onnx_export.py \
		tests/fuzz tests/load

lint: $(INSTALLED) ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(INSTALLED) ## the documentation, in docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

bench: $(INSTALLED) ## the speed ratios of networks, searches, balancers, inputs, trees and linear models
	$(BIN)/python benchmarks/bench_training.py
	$(BIN)/python benchmarks/bench_scaling.py --scale 0.05 --rounds 3
	$(BIN)/python benchmarks/bench_weight_search.py
	$(BIN)/python benchmarks/bench_affinity.py
	$(BIN)/python benchmarks/bench_balancing.py
	$(BIN)/python benchmarks/bench_balancers.py
	$(BIN)/python benchmarks/bench_inputs.py
	$(BIN)/python benchmarks/bench_latency.py
	$(BIN)/python benchmarks/bench_members.py
	$(BIN)/python benchmarks/bench_out_of_core.py --scale 0.1 --steps 1000
	$(BIN)/python benchmarks/bench_forest.py
	$(BIN)/python benchmarks/bench_boosting.py
	$(BIN)/python benchmarks/bench_linear.py

clean: ## remove the environment and everything built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	rm -rf .hypothesis docs/_build docs/auto_examples docs/generated
	rm -f quickstart.png examples/quickstart.png docs/sg_execution_times.rst
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
