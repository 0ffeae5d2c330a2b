"""Errors that tell what was found, where, what was expected and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class CellglassError(Exception):
    """Base of every error a user can cause and mend.

    Parameters
    ----------
    found
        What was found, as a sentence.
    where
        The file, column, argument or step in which it was found.
    expected
        What would have been right.
    fix
        What to do next: a command or an action.

    Notes
    -----
    The command line prints the message and exits with `exit_code`; the traceback shows only
    under ``--debug``.

    Examples
    --------
    >>> raise CellglassError("no gene overlaps", where="cells.h5ad", fix="check var_names")
    Traceback (most recent call last):
    ...
    cellglass.errors.CellglassError: no gene overlaps
      where: cells.h5ad
      what to do: check var_names
    """

    exit_code = 2

    def __init__(self, found: str, *, where: str = "", expected: str = "", fix: str = "") -> None:
        self.found = found
        self.where = where
        self.expected = expected
        self.fix = fix
        lines = [found]
        lines += [f"  where: {where}"] if where else []
        lines += [f"  expected: {expected}"] if expected else []
        lines += [f"  what to do: {fix}"] if fix else []
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle through keyword arguments, so that a worker process can send the error home."""
        return _rebuild, (type(self), self.found, self.where, self.expected, self.fix)


def _rebuild(
    kind: type[CellglassError], found: str, where: str, expected: str, fix: str
) -> CellglassError:
    return kind(found, where=where, expected=expected, fix=fix)


class InputError(CellglassError):
    """Cells, genes or tables that cannot be used as they are."""


class NotApplicableError(InputError):
    """Input for which the question does not arise: a run says so and goes on with all else."""


class ScaleError(InputError):
    """Values on a scale on which counts were needed."""


class NetworkError(InputError):
    """A reference network that cannot be read or does not meet the universe."""


class CheckpointError(CellglassError):
    """A checkpoint that is truncated, of another family or of the wrong shape."""


class UnsafeFileError(CellglassError):
    """A file that would execute code if it were loaded; nothing was executed."""


class StudyError(CellglassError):
    """A study.yaml or run folder that cannot be used."""


class DownloadError(CellglassError):
    """A download that failed or whose content is not what was pinned."""


class ResourceError(CellglassError):
    """Disk, memory or a level of significance that cannot be had with what is at hand."""


@contextmanager
def located(place: str | Path) -> Iterator[None]:
    """Name a file in the errors that are raised about its content.

    Parameters
    ----------
    place
        Put before the error's own ``where``, unless that names it already.

    Examples
    --------
    >>> with located("cells.h5ad"):
    ...     raise InputError("3 counts are negative", where="X")
    Traceback (most recent call last):
    ...
    cellglass.errors.InputError: 3 counts are negative
      where: cells.h5ad, X
    """
    try:
        yield
    except CellglassError as error:
        if str(place) in error.where:
            raise
        where = ", ".join(part for part in (str(place), error.where) if part)
        told = _rebuild(type(error), error.found, where, error.expected, error.fix)
        raise told from (error.__cause__ or error)


def nearest(word: str, known: Iterable[str], n: int = 3) -> str:
    """Name the known words closest to `word`, for "did you mean" hints.

    Parameters
    ----------
    word
        What was given.
    known
        The valid words.
    n
        How many to name at most.

    Returns
    -------
    str
        For example ``"did you mean 'cell_type'?"``; a list of the valid words where none is
        close, and an empty string where there are none.

    Examples
    --------
    >>> nearest("celltype", ["cell_type", "donor"])
    "did you mean 'cell_type'?"
    """
    words = [str(k) for k in known]
    close = difflib.get_close_matches(str(word), words, n=n, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
    if not words:
        return ""
    shown = ", ".join(f"'{w}'" for w in words[:12])
    return f"valid: {shown}" + (", ..." if len(words) > 12 else "")
