"""What a caller handed over: of the type that is needed, or an error that says which that is."""

from __future__ import annotations

from cellglass.errors import InputError


def require(value: object, kind: type, what: str, where: str, *, fix: str = "") -> None:
    """Refuse an argument of another type.

    Parameters
    ----------
    value
        The argument.
    kind
        The type it must have.
    what
        What the argument is called.
    where
        The function.
    fix
        How to make what is needed.

    Raises
    ------
    InputError
        If it is of another type.

    Examples
    --------
    >>> require({}, list, "rows", "f")
    Traceback (most recent call last):
    ...
    cellglass.errors.InputError: rows is a dict
      where: f
      expected: a list
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIO" else "a"
        raise InputError(
            f"{what} is a {type(value).__name__}", where=where,
            expected=f"{article} {kind.__name__}", fix=fix,
        )  # fmt: skip


def require_cells(cells: object, where: str) -> None:
    """Refuse cells that are no AnnData object, such as a path or a table."""
    from anndata import AnnData

    require(cells, AnnData, "cells", where, fix="open a file with cg.data.open_cells(path)")
