"""Pages on the study of geometry, made from the code: guards, and what null families keep."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from concept_pages import cell


def guards() -> str:
    """Every guard: what it checks, the published defect that it catches, what to do."""
    from cellglass.geometry import DEFECTS

    lines = ["| guard | checks that | catches | what to do |", "| --- | --- | --- | --- |"]
    for code, defect in DEFECTS.items():
        cells = (cell(text) for text in (defect.what, defect.catches, defect.fix))
        lines.append(f"| {code} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def nulls() -> str:
    """Every null of clouds, graphs, pairs and correspondences, and what its draws keep."""
    lines = ["| null | class | keeps |", "| --- | --- | --- |"]
    lines += [
        f"| {null.name} | `{null.__name__}` | {cell(null.preserves)} |" for null in null_classes()
    ]
    return "\n".join(lines) + "\n"


def null_classes() -> list[Any]:
    """Classes of `cellglass.geometry.nulls` that can be drawn from, by name."""
    import cellglass.geometry.nulls as package

    found = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        home = importlib.import_module(module.name)
        for name, thing in inspect.getmembers(home, inspect.isclass):
            own = thing.__module__ == home.__name__ and not inspect.isabstract(thing)
            if own and hasattr(thing, "preserves") and hasattr(thing, "name"):
                found[name] = thing
    return [found[name] for name in sorted(found)]
