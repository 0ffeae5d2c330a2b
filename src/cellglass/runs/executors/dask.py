"""Executor on a Dask cluster: local here; `address` names a remote scheduler."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from cellglass.errors import StudyError
from cellglass.runs.tasks import TaskCall, TaskReport, execute

from .local import available_cores


class DaskExecutor:
    """Runs calls as tasks of a Dask cluster (extra ``dask``).

    Parameters
    ----------
    workers
        Worker processes of a local cluster; the number of cores when None.
    address
        A running scheduler instead; its workers must see the run folder.

    Raises
    ------
    StudyError
        If Dask is not installed.
    """

    name = "dask-local"

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise StudyError(
                "the executor 'dask-local' needs Dask, which is not installed",
                fix="pip install 'cellglass[dask]', or choose the executor 'local'",
            ) from error
        self.workers = workers or available_cores()
        self._cluster: Any = None
        if address is None:
            self._cluster = LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs="ERROR",
            )
        self._client = Client(address or self._cluster, set_as_default=False)

    def submit(self, call: TaskCall) -> Future[TaskReport]:
        """Send the call to the cluster; a plain future mirrors Dask's."""
        mirror: Future[TaskReport] = Future()
        remote = self._client.submit(execute, call, key=f"{call.task.name}-{call.key}", pure=True)

        def copy(done: Any) -> None:
            if mirror.done():
                return
            if done.cancelled():
                mirror.cancel()
            elif done.exception() is not None:
                mirror.set_exception(done.exception())
            else:
                mirror.set_result(done.result())

        remote.add_done_callback(copy)
        mirror.remote = remote  # type: ignore[attr-defined]  # Dask forgets what nobody holds
        return mirror

    def close(self, *, now: bool = False) -> None:
        """Close the client and the cluster it started."""
        self._client.close(timeout=2 if now else 10)
        if self._cluster is not None:
            self._cluster.close(timeout=5 if now else 30)
