"""Where tasks run: this process, a pool of processes, a Dask cluster."""

from __future__ import annotations

from cellglass.errors import StudyError, nearest

from .base import Executor
from .local import InlineExecutor, PoolExecutor, available_cores

EXECUTORS = ("inline", "local", "dask-local")


def make_executor(name: str, workers: int | None = None) -> Executor:
    """Start an executor by name.

    Parameters
    ----------
    name
        ``"inline"``, ``"local"`` or ``"dask-local"``.
    workers
        Processes; the number of cores when None.

    Raises
    ------
    StudyError
        If there is no such executor, or Dask is not installed.
    """
    if name == "inline" or (name == "local" and workers == 1):
        return InlineExecutor()
    if name == "local":
        return PoolExecutor(workers)
    if name == "dask-local":
        from .dask import DaskExecutor

        return DaskExecutor(workers)
    raise StudyError(f"no executor '{name}'", fix=nearest(name, EXECUTORS))


__all__ = [
    "EXECUTORS",
    "Executor",
    "InlineExecutor",
    "PoolExecutor",
    "available_cores",
    "make_executor",
]
