"""Options that a study.yaml passes to a function: their names and values are checked first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from cellglass.errors import InputError, nearest


def check_options(
    function: Callable[..., Any],
    options: Mapping[str, Any],
    *,
    where: str,
    names: Collection[str] | None = None,
) -> None:
    """Refuse options that a function does not take, or values of another type.

    Parameters
    ----------
    function
        A function or a class; types of its parameters are those that are annotated.
    options
        What it is to be called with.
    where
        What messages name as the place.
    names
        The parameters that may be given; all that can be given by name where None.

    Raises
    ------
    InputError
        Naming the option and the nearest one, or the value and what was expected.

    Examples
    --------
    >>> def read(path, *, directed: bool | None = None): ...
    >>> check_options(read, {"directed": True}, where="options")
    >>> check_options(read, {"directd": True}, where="options")
    Traceback (most recent call last):
    cellglass.errors.InputError: there is no option 'directd'
      where: options
      expected: one of: directed
      what to do: did you mean 'directed'?
    """
    known = list(names) if names is not None else _by_name(function)
    called = function.__init__ if inspect.isclass(function) else function
    hints = get_type_hints(called)
    for name, value in options.items():
        if name not in known:
            raise InputError(
                f"there is no option '{name}'", where=where,
                expected=f"one of: {', '.join(known)}" if known else "no options",
                fix=nearest(name, known),
            )  # fmt: skip
        if name in hints:
            _check_value(name, value, hints[name], where)


def _by_name(function: Callable[..., Any]) -> list[str]:
    """Parameters that are given by name only."""
    kinds = inspect.signature(function).parameters.values()
    return [p.name for p in kinds if p.kind is p.KEYWORD_ONLY]


def _check_value(name: str, value: Any, hint: Any, where: str) -> None:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
    except PydanticSchemaGenerationError:  # an abstract type, which only the function can judge
        return
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        told = "; ".join(dict.fromkeys(e["msg"].lower() for e in error.errors()))
        raise InputError(f"{name}: {value!r}", where=where, expected=told) from error
