# make demo   environment, install, the main job on embedded cells; ends with the path of report.html
# make test   environment if needed, the tests (under 10 minutes on two cores)
# make help   everything else

PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
BIN := $(VENV)/bin
OUT ?= demo
WORKERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo test test-all test-peers lint types docs tutorial picture benchmarks mini-models clean

help:
	@echo "make demo        run the main job on embedded cells; OUT=folder (default demo)"
	@echo "make test        the tests; WORKERS=n processes (default 2)"
	@echo "make test-all    also the long ones: calibration, faults, corpora (at most 45 minutes)"
	@echo "make test-peers  dictionaries held against SAELens and sparsify, in an environment of its own"
	@echo "make lint types  ruff; mypy"
	@echo "make docs        build the documentation into docs/_build/html"
	@echo "make tutorial    execute the notebooks of docs/tutorials and store their outputs"
	@echo "make picture     take the README's picture of a report; OUT=run folder (default demo)"
	@echo "make benchmarks  print the ratios of benchmarks/"
	@echo "make mini-models train the shipped models again; SHARED=folder with the training cells"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[scanpy,dask,scvi,geometry,test,docs,dev]'
	touch $@

demo: install
	$(BIN)/cellglass demo --out $(OUT)

# One thread a process: two test processes on two cores run slower with more.
test test-all: export OMP_NUM_THREADS := 1
test: install
	$(BIN)/python -m pytest -m "not long" -n $(WORKERS) --dist worksteal -q

test-all: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

# SAELens brings what the other environment must not have. -W default: its imports warn.
test-peers: export OMP_NUM_THREADS := 1
test-peers: $(PEERS)/.installed
	$(PEERS)/bin/python -m pytest -W default -q tests/peers

$(PEERS)/.installed: pyproject.toml constraints-peers.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --constraint constraints-peers.txt torch
	$(PEERS)/bin/python -m pip install --quiet --constraint constraints-peers.txt --editable . sae-lens eai-sparsify pytest
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

docs: install
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

tutorial: install
	$(BIN)/python scripts/execute_tutorial.py

picture: install
	$(BIN)/python scripts/readme_picture.py $(OUT)

benchmarks: install
	for b in benchmarks/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

mini-models: install
	@test -n "$(SHARED)" || { echo "name the folder with the training cells: make mini-models SHARED=../shared/data"; exit 2; }
	$(BIN)/python scripts/mini_models/train_scgpt.py --shared $(SHARED) --out training/scgpt.pt --steps 12500
	$(BIN)/python scripts/mini_models/train_geneformer.py --shared $(SHARED) --out training/geneformer.pt --steps 4500
	$(BIN)/python scripts/mini_models/export.py --shared $(SHARED) --scgpt training/scgpt.pt --geneformer training/geneformer.pt --out src/cellglass/models/mini
	$(BIN)/python scripts/mini_models/evaluate.py --shared $(SHARED) --card src/cellglass/models/mini/README.md

clean:
	rm -rf $(VENV) $(PEERS) docs/_build demo training
