"""The package as its users import it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cellglass.data as package

FOLDER = Path(package.__file__).parent
HEAVY = {
    "torch",
    "scanpy",
    "sklearn",
    "numba",
    "anndata",
    "matplotlib",
    "pandas",
    "pyarrow",
    "h5py",
}


def test_every_public_name_can_be_had() -> None:
    for name in package.__all__:
        assert getattr(package, name).__doc__ or name == "CATALOGUE"
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_importing_is_cheap() -> None:
    code = (
        "import sys, cellglass.data as d; [getattr(d, n) for n in d.__all__]; "
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_functions_named_like_modules_stay_functions() -> None:
    code = (
        "from cellglass.data.prepare import Prepared; import cellglass.data.cooccurrence; "
        "from cellglass.data import prepare, cooccurrence; "
        "assert callable(prepare) and callable(cooccurrence)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda p: p.name)
def test_house_rules(path: Path) -> None:
    """Imports go one way, files stay short, functions stay short."""
    text = path.read_text()
    assert len(text.splitlines()) < 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cellglass"):
            assert node.module.split(".")[1] in {"data", "errors", "seeds", "_options"}
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 80, node.name
