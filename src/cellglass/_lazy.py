"""Names that load their module on first use, so that importing the package stays cheap."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def attach(package: str, names: Mapping[str, str], name: str) -> Any:
    """Find a public name of a package in the module that defines it (PEP 562).

    Parameters
    ----------
    package
        ``__name__`` of the package.
    names
        Public name to relative module. Where the module defines no such name, the module itself
        is what is meant (``".x"`` for ``x``).
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
    called_alike = names[name] == f".{name}"
    value = getattr(module, name, module) if called_alike else getattr(module, name)
    setattr(sys.modules[package], name, value)
    return value


def keep_names(package: str, names: Mapping[str, str]) -> None:
    """Let public names win over submodules that are called the same.

    Python puts a submodule into its package when it is first imported, by anybody: a function
    ``x`` of a module ``x`` would turn into the module behind the user's back.

    Parameters
    ----------
    package, names
        As for `attach`.
    """

    class Package(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            shadowed = names.get(name) == f".{name}" and isinstance(value, ModuleType)
            if not (shadowed and hasattr(value, name)):
                super().__setattr__(name, value)

    sys.modules[package].__class__ = Package
