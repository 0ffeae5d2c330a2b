import doctest
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import cellglass.stats
import cellglass.stats.nulls

MODULES = [
    m.name
    for package in (cellglass.stats, cellglass.stats.nulls)
    for m in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
]


@pytest.mark.parametrize("package", [cellglass.stats, cellglass.stats.nulls])
def test_every_name_resolves_and_only_those(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert sorted(package.__all__) == sorted(set(package.__all__))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018


def run(code):
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_import_is_cheap():
    heavy = ["numba", "scipy", "sklearn", "pandas", "pyarrow", "torch", "matplotlib", "anndata"]
    run(
        "import sys, cellglass.stats, cellglass.stats.nulls\n"
        f"loaded = [m for m in {heavy} if m in sys.modules]\n"
        "assert not loaded, loaded"
    )


def test_functions_are_not_hidden_by_modules_of_the_same_name():
    run(
        "import importlib\n"
        "import cellglass.stats\n"
        "for name in ('auroc', 'increment', 'leiden', 'modularity'):\n"
        "    module = importlib.import_module(f'cellglass.stats.{name}')\n"
        "    assert getattr(cellglass.stats, name) is getattr(module, name)"
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name), extraglobs={"np": np})
    assert result.failed == 0
