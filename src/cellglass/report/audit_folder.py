"""The folder of an audit: tables, summary and page, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass import __version__
from cellglass.errors import StudyError

from .audit_page import AuditInput, render_audit

if TYPE_CHECKING:
    from cellglass.stats.audit.result import AuditResult

PAGE, SUMMARY = "audit.html", "summary.json"
KIND = "cellglass audit"


def write_audit(
    result: AuditResult,
    out: str | Path,
    *,
    title: str = "Null draws",
    inputs: Sequence[AuditInput] = (),
) -> Path:
    """Write an audit: a page that opens offline, a Parquet file a table, a summary.

    Parameters
    ----------
    result
        Of `cellglass.stats.audit_draws`.
    out
        The folder; made when missing. That of an earlier audit is written anew, files of others
        in it are left alone.
    title
        What was audited.
    inputs
        The files that were read.

    Returns
    -------
    pathlib.Path
        The page. All files are made before the first is put into place.

    Raises
    ------
    StudyError
        If `out` is a file, or a folder with something else than an audit in it.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.report.write_audit(result, "audit").name  # doctest: +SKIP
    'audit.html'
    """
    folder = Path(out).expanduser()
    before = claim(folder)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    if folder.is_dir():
        scratch = folder / f".{os.getpid()}.partial"
    try:
        scratch.mkdir(parents=True)
        names = _write_all(scratch, result, title, inputs)
        if not folder.exists():
            os.replace(scratch, folder)
            return folder / PAGE
        # The summary marks the folder as an audit; it goes last, and stays while others go.
        for name in [*names, SUMMARY]:
            os.replace(scratch / name, folder / name)
        for name in set(before) - set(names):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / PAGE


def claim(folder: Path) -> list[str]:
    """Make sure that a folder may be written, before anything is computed.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    list of str
        Files of the audit that it holds.

    Raises
    ------
    StudyError
        If it is a file, or holds something else than an audit.
    """
    if folder.exists() and not folder.is_dir():
        raise StudyError("the output is a file", where=str(folder), expected="a folder",
                         fix="choose another name with --out")  # fmt: skip
    if not folder.exists():
        return []
    content = sorted(p.name for p in folder.iterdir() if not p.name.endswith(".partial"))
    if not content:
        return []
    try:
        summary: Any = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        if summary["kind"] == KIND:
            return [str(name) for name in summary["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        summary = None
    raise StudyError(
        f"the output folder is not empty and holds no audit ({content[0]}, ...)",
        where=str(folder),
        expected="a new folder, an empty one, or that of an earlier audit",
        fix="choose another folder with --out; nothing was changed",
    )


def _write_all(
    folder: Path, result: AuditResult, title: str, inputs: Sequence[AuditInput]
) -> list[str]:
    from cellglass.stats.parquet import write_parquet

    names = []
    for name, table in result.tables.items():
        about = {"kind": KIND, "table": name, "version": __version__}
        write_parquet(table, folder / f"{name}.parquet", about)
        names.append(f"{name}.parquet")
    (folder / PAGE).write_text(render_audit(result, title, inputs), encoding="utf-8")
    names.append(PAGE)
    summary = {
        "kind": KIND,
        "version": __version__,
        "title": title,
        "sentences": list(result.sentences),
        **result.summary,
        "inputs": [vars(i) for i in inputs],
        "notes": list(result.notes),
        "suffixes": dict(result.suffixes),
        "files": names,
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / SUMMARY).write_text(text, encoding="utf-8")
    return names
