"""What belongs to the user beside results: whole folders, put in the run folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from .tasks import DONE

PLACES = ("atlas",)
"""Folders of a run folder that exports may stand in; each run replaces them."""
KEPT = ("expert_labels.parquet",)
"""What people wrote into an export: it is carried over, whatever replaces the rest."""


def write_exports(folder: Path, exports: Mapping[str, Path]) -> None:
    """Put result folders of tasks in the run folder; old ones go only when the new are there.

    Parameters
    ----------
    folder
        The run folder.
    exports
        Place such as ``"atlas/scvi"`` to the result folder of a task. Files are linked where the
        file system can, so that an atlas takes its room once.

    Raises
    ------
    ValueError
        If a place is in none of `PLACES`.

    Examples
    --------
    >>> write_exports(Path("runs/mine"), {"atlas/scvi": Path("x")})  # doctest: +SKIP
    """
    astray = [p for p in exports if p.partition("/")[0] not in PLACES or "/" not in p]
    if astray:
        raise ValueError(f"no place for exports: {astray[0]}")
    for place in PLACES:
        inside = {n.partition("/")[2]: p for n, p in exports.items() if n.startswith(f"{place}/")}
        _replace(folder, place, inside)


def _replace(folder: Path, place: str, inside: Mapping[str, Path]) -> None:
    target, scratch, old = folder / place, folder / f".{place}.partial", folder / f".{place}.old"
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        for name, source in inside.items():
            shutil.copytree(
                source, scratch / name, copy_function=_link, ignore=shutil.ignore_patterns(DONE)
            )
            _carry_over(target / name, scratch / name)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        if inside:
            scratch.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _carry_over(old: Path, new: Path) -> None:
    """Keep what people wrote; beside it, where the export is not the one they wrote about."""
    for name in KEPT:
        written = old / name
        if not written.is_file():
            continue
        same = _same_units(old, new)
        shutil.copyfile(written, new / (name if same else f"earlier_{name}"))


def _same_units(old: Path, new: Path) -> bool:
    """Whether two exports are about the same units, so that their numbers mean the same."""
    tables = [folder / "units.parquet" for folder in (old, new)]
    return all(t.is_file() for t in tables) and tables[0].read_bytes() == tables[1].read_bytes()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
