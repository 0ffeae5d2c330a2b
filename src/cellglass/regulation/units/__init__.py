"""The fifty units of the published evaluation: what each asked and found, and what runs it here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .unit import Unit


def units() -> tuple[Unit, ...]:
    """All units, in the order of their numbers; each module of this package holds a group.

    Returns
    -------
    tuple of Unit
        A1 to A50.

    Examples
    --------
    >>> units()[0].id
    'A1'
    """
    found: list[Unit] = []
    for module in iter_modules(__path__):
        found += getattr(import_module(f"{__name__}.{module.name}"), "UNITS", ())
    return tuple(sorted(found, key=lambda u: u.number))


__all__ = ["Unit", "units"]
