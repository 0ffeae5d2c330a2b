"""Public names are documented, and the examples of all docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PUBLIC = (
    "cellglass", "cellglass.stats", "cellglass.stats.nulls", "cellglass.data", "cellglass.runs",
    "cellglass.models", "cellglass.regulation", "cellglass.controls", "cellglass.testing",
    "cellglass.report", "cellglass.pl", "cellglass.concepts", "cellglass.stats.enrichment",
    "cellglass.geometry",
)  # fmt: skip
MODULES = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if any(">>> " in line and "+SKIP" not in line for line in path.read_text().splitlines())
]


def public(package: str) -> Iterator[tuple[str, Any]]:
    module = importlib.import_module(package)
    for name in module.__all__:
        yield f"{package}.{name}", getattr(module, name)


def missing_sections(held: Any) -> list[str]:
    """What a public docstring lacks: of functions and of classes."""
    text = inspect.getdoc(held) or ""
    sections = {s for s in ("Parameters", "Returns", "Yields", "Attributes", "Examples")
                if f"\n{s}\n{'-' * len(s)}\n" in text}  # fmt: skip
    lacks = [] if text else ["a docstring"]
    if inspect.isclass(held):
        fields = getattr(held, "__dataclass_fields__", None) and "constructors below" not in text
        told = sections & {"Parameters", "Attributes"}
        return lacks + (["Parameters or Attributes"] if fields and not told else [])
    signature = inspect.signature(held)
    if signature.parameters and "Parameters" not in sections:
        lacks.append("Parameters")
    if str(signature.return_annotation) != "None" and not sections & {"Returns", "Yields"}:
        lacks.append("Returns")
    return lacks + ([] if "Examples" in sections else ["Examples"])


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_are_documented(package: str):
    lacking = [
        f"{name}: {', '.join(lacks)}"
        for name, held in public(package)
        if (inspect.isfunction(held) or inspect.isclass(held)) and (lacks := missing_sections(held))
    ]
    assert not lacking, "\n".join(lacking)


def test_errors_are_told_where_a_public_function_raises_them():
    """A function whose own body raises must say so under Raises."""
    silent = []
    for package in PUBLIC:
        for name, held in public(package):
            raises = inspect.isfunction(held) and "\n    raise " in inspect.getsource(held)
            if raises and "\nRaises\n" not in (inspect.getdoc(held) or ""):
                silent.append(name)
    assert not silent, silent


def test_missing_sections_are_found():
    def bare(x: int) -> int:
        return x

    def told(x: int) -> None:
        """Say.

        Parameters
        ----------
        x
            A number.

        Examples
        --------
        >>> told(1)
        """

    assert missing_sections(bare) == ["a docstring", "Parameters", "Returns", "Examples"]
    assert missing_sections(told) == []


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_true(module: str):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0
    assert found.failed == 0


def test_modules_with_examples_were_found():
    assert len(MODULES) > 60
    assert "cellglass" in MODULES
    assert "cellglass.stats.nulls.degree" in MODULES
