"""Writing the report: at once or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.errors import StudyError

if TYPE_CHECKING:
    from cellglass.runs.pipeline import RunSummary
    from cellglass.runs.result import AnalysisResult

REPORT = "report.html"


def write_report(run: RunSummary | str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a finished run: one HTML file that opens offline.

    Parameters
    ----------
    run
        The run, or its folder.
    out
        The file, or a folder for it; ``report.html`` in the run folder when None.

    Returns
    -------
    pathlib.Path
        The file. It appears whole or not at all; equal run folders give equal bytes.

    Raises
    ------
    StudyError
        If there is no finished run, its ledger is missing or does not fit its results, or a
        figure names a table or a function that is not there.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.report.write_report("runs/demo").name  # doctest: +SKIP
    'report.html'
    """
    from .page import render
    from .source import source_of_run

    source = source_of_run(run)
    folder = Path(run) if isinstance(run, str | Path) else run.folder
    target = Path(out) if out is not None else folder / REPORT
    return _write(target, render(source))


def write_result_report(result: AnalysisResult, out: str | Path) -> Path:
    """Write one result: its tables, and a report on it alone.

    Parameters
    ----------
    result
        For example of `cellglass.regulation.score_edges`.
    out
        The folder; made when missing.

    Returns
    -------
    pathlib.Path
        ``report.html`` in the folder, beside result.json and a Parquet file a table.

    Raises
    ------
    StudyError
        If `out` is a file, or a figure names a table or a function that is not there.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.report.write_result_report(result, "scores").name  # doctest: +SKIP
    'report.html'
    """
    from .page import render
    from .source import source_of_result

    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise StudyError("the output is a file", where=str(folder), expected="a folder")
    page = render(source_of_result(result))
    folder.mkdir(parents=True, exist_ok=True)
    result.write(folder)
    return _write(folder / REPORT, page)


def _write(target: Path, page: str) -> Path:
    from cellglass.runs.folder import write_atomically

    if target.is_dir():
        target = target / REPORT
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, page)
    return target
