"""What a run will cost: time, memory and disk, from a measured sample of the cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cellglass.runs.executors import available_cores

from .samples import SAMPLE_CELLS, sample_study
from .statistics import seconds_of_steps
from .steps import planned_steps
from .subjects import SubjectCost, cloud_cost, model_cost, table_cost

if TYPE_CHECKING:
    from cellglass.runs.geometry_section import CloudConfig
    from cellglass.runs.study import Study

    from .concepts import ConceptCost
    from .geometry import GeometryCost

START_SECONDS = 10.0  # interpreter and libraries of every process, measured
REPORT_BYTES = 1.2e5  # of the report and the tables of one analysis, measured


@dataclass
class Estimate:
    """Forecast of a study.

    Attributes
    ----------
    n_cells
        Cells of the study that will be used.
    n_screen_cells
        Cells of its perturbation screens.
    n_analyses
        Analyses that will run, each on its model, network and screen.
    workers
        Processes.
    rows
        One a model, edge table or cloud of genes: name, tokens, seconds a cell with attention,
        CPU seconds of capture, of statistics, memory of a worker, disk, passes and CPU seconds of
        concepts and of geometry.
    other_seconds
        CPU seconds of what belongs to no model: reading, screens, planted controls.
    seconds
        Wall time of the whole run.
    memory_bytes
        Peak memory of all processes together.
    disk_bytes
        Of the run folder.
    """

    n_cells: int
    n_screen_cells: int
    n_analyses: int
    workers: int
    rows: list[SubjectCost] = field(default_factory=list)
    other_seconds: float = 0.0
    seconds: float = 0.0
    memory_bytes: float = 0.0
    disk_bytes: float = 0.0

    def __str__(self) -> str:
        workers = "1 process" if self.workers == 1 else f"{self.workers} processes"
        screens = f" and {self.n_screen_cells:,} of screens" if self.n_screen_cells else ""
        n = "1 analysis" if self.n_analyses == 1 else f"{self.n_analyses} analyses"
        lines = [f"{self.n_cells:,} cells{screens}, {n}, {workers}"]
        for row in self.rows:
            lines.append(f"  {_told(row)}")
            if row.concepts is not None:
                lines.append(f"  {row.name}, concepts: {_concepts(row.concepts)}")
            if row.geometry is not None:
                lines.append(f"  {row.name}, geometry: {_geometry(row.geometry)}")
        lines.append(f"  reading, screens and planted controls: {_time(self.other_seconds)} of CPU")
        lines.append(
            f"In all: about {_time(self.seconds)}, memory {_size(self.memory_bytes)}, "
            f"disk {_size(self.disk_bytes)}. Measured on {min(SAMPLE_CELLS, self.n_cells)} cells; "
            "times within a factor of three."
        )
        return "\n".join(lines)


def estimate_study(study: Study) -> Estimate:
    """Forecast time, memory and disk of a study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    Estimate
        From the analyses that it asks for, and from tokens and timings of a sample of 64 cells of
        each data set, through each model.

    Raises
    ------
    CellglassError
        What the run itself would raise of cells, screens, tables and checkpoints.

    Examples
    --------
    >>> import cellglass as cg
    >>> study = cg.runs.load_study("study.yaml")  # doctest: +SKIP
    >>> print(estimate_study(study))  # doctest: +SKIP
    """
    samples, screens = sample_study(study)
    steps = planned_steps(study)
    rows = [model_cost(study, m, samples, steps) for m in study.models]
    rows += [table_cost(study, t, samples) for t in study.tables]
    rows += [cloud_cost(study, c, samples, steps) for c in _clouds(study)]
    other = seconds_of_steps(study, steps, rows, screens)
    workers = 1 if study.resources.executor == "inline" else _workers(study)
    cpu = other + sum(r.capture_seconds + r.statistics_seconds for r in rows)
    cpu += sum(c.seconds for r in rows for c in (r.concepts, r.geometry) if c is not None)
    held = max(s.held_bytes for s in samples.values())
    stored = sum(s.stored_bytes for s in samples.values())
    return Estimate(
        next(iter(samples.values())).n_cells,
        sum(s.n_cells for s in screens.values()),
        len(steps.results),
        workers,
        rows,
        other,
        cpu / workers + START_SECONDS,
        workers * max(held, *(r.memory_bytes for r in rows)),
        stored + sum(r.disk_bytes for r in rows) + REPORT_BYTES * len(steps.results),
    )


def _workers(study: Study) -> int:
    return study.resources.workers or available_cores()


def _clouds(study: Study) -> list[CloudConfig]:
    return study.geometry.clouds if study.geometry is not None else []


def _told(row: SubjectCost) -> str:
    """A subject's line."""
    parts = [f"statistics {_time(row.statistics_seconds)} of CPU"]
    if row.tokens:
        parts[0] = f"capture {_time(row.capture_seconds)} and {parts[0]}"
        parts.insert(0, f"{row.tokens:.0f} tokens a cell (median), "
                        f"{1e3 * row.seconds_per_cell:.0f} ms a cell with attention")  # fmt: skip
    parts.append(f"memory {_size(row.memory_bytes)} a process")
    if row.disk_bytes:
        parts.append(f"disk {_size(row.disk_bytes)}")
    return f"{row.name}: {'; '.join(parts)}"


def _concepts(cost: ConceptCost) -> str:
    """What concepts of a subject cost: passes with exchanged genes above all."""
    passes = float(f"{cost.passes:.2g}")
    each = f"{1e3 * cost.pass_seconds:.2g} ms each"
    return f"about {passes:,.0f} passes of cells ({each}); {_time(cost.seconds)} of CPU in all"


def _geometry(cost: GeometryCost) -> str:
    """What gene space of a subject costs, and how large it is."""
    space = cost.space
    size = f"about {space.n_genes:,} genes and {space.n_regulators:,} regulators"
    size += f" in {space.n_layers} layers" if space.n_layers > 1 else ""
    size += f" and {space.n_domains} domains" if space.n_domains > 1 else ""
    parts = [size]
    if cost.passes:
        parts.append(f"{cost.passes:,.0f} passes of cells ({1e3 * cost.pass_seconds:.2g} ms each)")
    return "; ".join((*parts, f"{_time(cost.seconds)} of CPU in all"))


def _time(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(n_bytes: float) -> str:
    """Bytes in words."""
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.1f} GB"
