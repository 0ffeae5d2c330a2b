"""Measure what the steps of a run take: ``fit_efforts.py RUN [RUN ...]``.

Reads the times of finished runs and prints the table of ``cellglass.models.forecast.efforts``.
The runs should have had the machine to themselves, or have been made by
``OMP_NUM_THREADS=1 fit_efforts.py --run STUDY RUN``: in this process, in seconds of the processor,
which nobody else's work makes longer by much. ``fit_efforts.py --check RUN [RUN ...]`` holds the
forecast of such runs beside what they took: the chapter on geometry by kind of step, and in all.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import nnls

import cellglass as cg
from cellglass.models.forecast import estimate_study, geometry
from cellglass.models.forecast.concepts import work_of, works_for
from cellglass.models.forecast.estimate import START_SECONDS
from cellglass.models.forecast.samples import sample_study
from cellglass.models.forecast.statistics import scores_of
from cellglass.models.forecast.steps import Steps, planned_steps
from cellglass.models.forecast.subjects import SubjectCost, cloud_cost, model_cost, table_cost

PASSES = ("capture", "context", "masked")


def subjects_of(study: cg.runs.Study, steps: Steps) -> dict[str, SubjectCost]:
    """Models, edge tables and clouds of a study, by name."""
    samples, _ = sample_study(study)
    clouds = study.geometry.clouds if study.geometry is not None else []
    found = (
        *(model_cost(study, m, samples, steps) for m in study.models),
        *(table_cost(study, t, samples) for t in study.tables),
        *(cloud_cost(study, c, samples, steps) for c in clouds),
    )
    return {s.name: s for s in found}


def spaces_of(subjects: dict[str, SubjectCost]) -> dict[str, geometry.GeometryCost]:
    """Those whose gene space is looked at."""
    return {n: s.geometry for n, s in subjects.items() if s.geometry is not None}


def points(run: Path) -> list[tuple[str, float, float]]:
    """Family, scores judged and seconds of every step of a run."""
    summary = cg.runs.load_run(run)
    study = summary.study
    _, screens = sample_study(study)
    steps = planned_steps(study)
    subjects = subjects_of(study, steps)
    spaces = spaces_of(subjects)
    label = {i.result: i.label for i in steps.results}
    found: list[tuple[str, float, float]] = []
    passed: dict[str, float] = defaultdict(float)
    for report in summary.manifest["tasks"]:
        name, seconds = report["name"], report["seconds"]
        family, _, rest = name.partition("/")
        if "/shard-" in name:
            passed[name.partition("/shard-")[0]] += seconds
            continue
        subject = subjects.get(rest.partition("/")[0])
        scores = scores_of(label.get(name, {}), subject, screens) if subject else 0.0
        for cost in (s.concepts for s in subjects.values() if works_for(name, s.name)):
            scores = work_of(name, cost) if cost else 0.0
        if spaced := geometry.owners(name, spaces):
            scores = geometry.work_of(name, spaced)
        found.append((family, scores, seconds))
    for name, seconds in sorted(passed.items()):
        family, _, model = name.partition("/")
        subject = subjects.get(model.removesuffix("-untrained"))
        if subject and family in PASSES:
            timed = subject.seconds_per_cell * subject.n_cells["cells"]
            print(f"# {name}: {seconds / timed:.2f} timed passes")
        for held in geometry.owners(name, spaces):
            forecast = held.seconds / held.space.n_copies
            print(f"# {name}: {seconds / forecast:.2f} of its forecast passes")
    return found


def check(run: Path) -> None:
    """Print forecast over actual CPU seconds of a run."""
    summary = cg.runs.load_run(run)
    study = summary.study
    steps = planned_steps(study)
    spaces = spaces_of(subjects_of(study, steps))
    actual: dict[str, float] = defaultdict(float)
    forecast: dict[str, float] = defaultdict(float)
    for report in summary.manifest["tasks"]:
        name, of_geometry = report["name"], geometry.owners(report["name"], spaces)
        if of_geometry:
            passes = "passes" if "/shard-" in name else name.partition("/")[0]
            actual[passes] += report["seconds"]
    forecast["passes"] = sum(cost.seconds for cost in spaces.values())
    for name in (*steps.shared, *(i.result for i in steps.results)):
        if of_geometry := geometry.owners(name, spaces):
            forecast[name.partition("/")[0]] += geometry.step_seconds(name, of_geometry)
    found = estimate_study(study)
    actual["all"] = sum(report["seconds"] for report in summary.manifest["tasks"])
    forecast["all"] = (found.seconds - START_SECONDS) * found.workers
    print(f"{run}: forecast and actual seconds of CPU, and their ratio")
    for family, seconds in actual.items():
        told = forecast[family]
        print(f"  {family:24}{told:9.1f}{seconds:9.1f}{told / seconds:7.2f}")


def fit(scores: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """Fixed seconds and seconds a million scores; large steps count by their share."""
    design = np.column_stack([np.ones_like(scores), scores / 1e6])
    weight = 1 / np.sqrt(seconds)
    solution, _ = nnls(design * weight[:, None], seconds * weight)
    return float(solution[0]), float(solution[1])


def timed_run(study: str, out: str) -> None:
    """Run a study in this process, its steps timed by the processor."""
    from cellglass.runs import tasks

    # the clock of the steps alone: what others do between is no part of a step
    clock: Any = SimpleNamespace(perf_counter=time.process_time)
    vars(tasks)["time"] = clock
    asked = cg.runs.load_study(study)
    inline = asked.resources.model_copy(update={"executor": "inline"})
    cg.runs.run_study(asked.model_copy(update={"resources": inline}), out)


def main(runs: list[str]) -> None:
    """Print the table, make a run, or check one."""
    if runs[0] == "--run":
        timed_run(*runs[1:])
        return
    if runs[0] == "--check":
        for folder in runs[1:]:
            check(Path(folder))
        return
    by_family = defaultdict(list)
    for run in runs:
        for family, scores, seconds in points(Path(run)):
            by_family[family].append((scores, seconds))
    for family, found in sorted(by_family.items()):
        scores, seconds = np.array(found).T
        fixed, slope = fit(scores, seconds) if np.ptp(scores) > 0 else (float(seconds.mean()), 0.0)
        print(f'    "{family}": Effort({fixed:.2g}, {slope:.2g}),  # {len(found)} steps')


if __name__ == "__main__":
    main(sys.argv[1:])
