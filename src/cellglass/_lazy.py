"""Names that load their module on first use, so that importing the package stays cheap."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any


def attach(package: str, names: Mapping[str, str], name: str) -> Any:
    """Find a public name of a package in the module that defines it (PEP 562).

    Parameters
    ----------
    package
        ``__name__`` of the package.
    names
        Public name to relative module; a name that maps to itself (``".x"`` for ``x``) is the
        module.
    name
        What was asked for.

    Raises
    ------
    AttributeError
        If the package has no such name.
    """
    if name not in names:
        raise AttributeError(f"module '{package}' has no attribute '{name}'")
    module = importlib.import_module(names[name], package)
    value = module if names[name] == f".{name}" else getattr(module, name)
    setattr(sys.modules[package], name, value)
    return value
