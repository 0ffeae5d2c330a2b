"""The main job: from a study to results, findings and verdicts in a run folder."""

from __future__ import annotations

import json
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from cellglass.errors import StudyError
from cellglass.stats import Ledger, Verdict, not_applicable, not_run

from .engine import Engine, Progress
from .executors import Executor, make_executor
from .exports import write_exports
from .folder import MANIFEST, RunFolder, environment, write_atomically
from .keys import digest
from .registry import Analysis, Instance, Plan, Unmet, chosen_analyses, preparing_tasks
from .result import AnalysisResult
from .sections import ResourcesConfig
from .study import Study
from .tasks import disk_is_full, no_room, why_not_applicable

RESULTS, LEDGER, STUDY = "results", "ledger.jsonl", "study.yaml"
INPUTS, SUMMARY = "inputs.json", "summary.json"  # what a preparing task leaves: hashes, findings


@dataclass
class RunSummary:
    """What a run left in its folder.

    Parameters
    ----------
    folder
        The run folder.
    study
        The study.
    results
        Results in the order of the analyses.
    skipped
        Verdicts of analyses that did not run (NOT RUN, NOT APPLICABLE).
    manifest
        Content of manifest.json.
    inputs
        sha256 of each input file.
    """

    folder: Path
    study: Study
    results: list[AnalysisResult] = field(default_factory=list)
    skipped: list[tuple[str, Mapping[str, str], Verdict]] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts, those of analyses that did not run last."""
        return [v for r in self.results for v in r.verdicts] + [v for _, _, v in self.skipped]


def run_study(
    study: Study,
    out: str | Path,
    *,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> RunSummary:
    """Run a study; what an earlier run of it finished is used again.

    Parameters
    ----------
    study
        The study.
    out
        The run folder.
    progress
        Called after each task, see `Engine`.
    announce
        Called with a sentence at each stage.

    Returns
    -------
    RunSummary
        Results, verdicts and manifest; all of it stands in the folder as well.

    Raises
    ------
    CellglassError
        The first failure. Finished parts stay; the same command goes on from there.

    Examples
    --------
    >>> import cellglass as cg
    >>> study = cg.runs.load_study("study.yaml")  # doctest: +SKIP
    >>> summary = cg.runs.run_study(study, "runs/mine")  # doctest: +SKIP
    >>> [verdict.state for verdict in summary.verdicts]  # doctest: +SKIP
    """
    say = announce or (lambda _: None)
    began = time.time()
    analyses = chosen_analyses(study)
    with RunFolder(out, study.study) as folder:
        resources = study.resources
        manifest = {"status": "running", "environment": environment(), "seed": study.seed,
                    "study_digest": _study_digest(study)}  # fmt: skip
        # The manifest first: a folder without one is taken for somebody else's.
        folder.write_manifest(manifest)
        write_atomically(folder.path / STUDY, yaml.safe_dump(study.model_dump(), sort_keys=False))
        try:
            with _executor(resources) as executor:
                engine = Engine(folder.store, executor, study.seed, progress=progress)
                summary = _run(study, folder, engine, analyses, say)
        except BaseException as error:
            # Where the disk is full this fails as well; the manifest then still says "running".
            with suppress(OSError):
                folder.write_manifest({**manifest, "status": "failed", "error": _told(error)})
            if disk_is_full(error):
                raise no_room(f"the run folder {folder.path}") from error
            raise
        manifest |= {
            "status": "finished",
            "seconds": round(time.time() - began, 3),
            "executor": {"name": executor.name, "workers": executor.workers},
            "device": resources.device,
            "peak_memory_bytes": _peak_memory(engine),
            "tasks": [vars(r) for r in sorted(engine.reports, key=lambda r: r.name)],
            "inputs": summary.inputs,
        }
        folder.write_manifest(manifest)
        summary.manifest = folder.manifest()
    return summary


@contextmanager
def _executor(resources: ResourcesConfig) -> Iterator[Executor]:
    """An executor that is given up at once where the run fails."""
    executor = make_executor(resources.executor, resources.workers)
    try:
        yield executor
    except BaseException:
        executor.close(now=True)
        raise
    executor.close()


def _told(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)


def load_run(path: str | Path) -> RunSummary:
    """Read a finished run from its folder.

    Parameters
    ----------
    path
        The run folder.

    Returns
    -------
    RunSummary
        As `run_study` returned it.

    Raises
    ------
    StudyError
        If there is none, or the last run in the folder did not finish: its study.yaml need not
        be that of the results.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.runs.load_run("demo").results[0].tables  # doctest: +SKIP
    """
    from .study import load_study

    folder = Path(path)
    index = folder / RESULTS / "index.json"
    again = "run cellglass run study.yaml --out FOLDER; an interrupted run goes on"
    if not index.is_file():
        raise StudyError("there is no finished run", where=str(folder), fix=again)
    manifest = folder / MANIFEST
    noted = json.loads(manifest.read_text()) if manifest.is_file() else {}
    if noted.get("status", "finished") != "finished":
        raise StudyError(
            f"the last run in the folder did not finish (status: {noted['status']})",
            where=str(folder),
            expected="a finished run; the results that stand there are of an earlier one",
            fix=again,
        )
    content = json.loads(index.read_text())
    return RunSummary(
        folder,
        load_study(folder / STUDY),
        [AnalysisResult.read(folder / RESULTS / r) for r in content["results"]],
        [(s["analysis"], s["label"], Verdict.from_dict(s["verdict"])) for s in content["skipped"]],
        noted,
        noted.get("inputs", {}),
    )


def _run(
    study: Study,
    folder: RunFolder,
    engine: Engine,
    analyses: list[Analysis],
    say: Callable[[str], None],
) -> RunSummary:
    say("Reading cells and models")
    preparing = preparing_tasks(study)
    engine.add(preparing)
    prepared = engine.run([t.name for t in preparing])
    plan = Plan(study, prepared)
    planned = [(a, i) for a in analyses for i in a.plan(plan)]
    for _, instance in planned:
        engine.add(instance.tasks)
    wanted = [i.result for _, i in planned if not i.unmet]
    say(f"Running {len(wanted)} {'analysis' if len(wanted) == 1 else 'analyses'}")
    exports = {place: task for _, i in planned for place, task in i.exports.items()}
    folders = engine.run([*wanted, *exports.values()])
    planned = [(a, _found_out(i, folders)) for a, i in planned]
    exports = {p: task for p, task in exports.items() if not why_not_applicable(folders[task])}
    summary = RunSummary(folder.path, study, inputs=_inputs(prepared))
    for analysis, instance in planned:
        if instance.unmet:
            summary.skipped.append((analysis.name, instance.label, _skipped(analysis, instance)))
        else:
            summary.results.append(AnalysisResult.read(folders[instance.result]))
    say("Writing results")
    _write_results(folder.path, summary, prepared)
    write_exports(folder.path, {place: folders[task] for place, task in exports.items()})
    engine.prune("/shard-")
    return summary


def _found_out(instance: Instance, folders: Mapping[str, Path]) -> Instance:
    """The instance; unmet where it turned out, while it ran, that it does not apply."""
    why = "" if instance.unmet else why_not_applicable(folders[instance.result])
    return replace(instance, unmet=Unmet(why, applicable=False)) if why else instance


def _skipped(analysis: Analysis, instance: Instance) -> Verdict:
    unmet = instance.unmet
    if unmet is None:
        raise ValueError("the instance runs")
    claim = analysis.claim or analysis.title
    if not unmet.applicable:
        return not_applicable(claim, analysis.title, why=unmet.reason, tags=instance.label)
    return not_run(
        claim, analysis.title, why=unmet.reason, command=unmet.command, tags=instance.label
    )


def _write_results(folder: Path, summary: RunSummary, prepared: Mapping[str, Path]) -> None:
    """Put results where people look for them; the old ones go only when the new are there."""
    scratch, target = folder / f".{RESULTS}.partial", folder / RESULTS
    old = folder / f".{RESULTS}.old"
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        _fill(scratch, summary, prepared)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        scratch.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _fill(scratch: Path, summary: RunSummary, prepared: Mapping[str, Path]) -> None:
    """Write results, index, summaries of the inputs and ledger."""
    names = []
    for result in summary.results:
        name = "-".join([result.analysis, *result.label.values()]).replace("/", "_")
        while name in names:  # "a-b" with "c", and "a" with "b-c"
            name += "+"
        (scratch / name).mkdir()
        result.write(scratch / name)
        names.append(name)
    index = {
        "results": names,
        "skipped": [
            {"analysis": a, "label": dict(label), "verdict": v.to_dict()}
            for a, label, v in summary.skipped
        ],
    }
    (scratch / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    (scratch / "inputs").mkdir()
    for name, result_of in prepared.items():
        if (result_of / SUMMARY).is_file():
            target_name = f"{name.replace('/', '-')}.json"
            shutil.copyfile(result_of / SUMMARY, scratch / "inputs" / target_name)
    ledger = Ledger(scratch / LEDGER)
    for result in summary.results:
        for finding in result.findings:
            ledger.append(finding)
    ledger.snapshot(scratch / "ledger.parquet")


def _study_digest(study: Study) -> str:
    return digest(study.model_dump(exclude={"resources": {"executor", "workers"}}))


def _peak_memory(engine: Engine) -> int:
    """Largest resident memory of any process that took part."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return max([own, *(r.peak_memory for r in engine.reports)])


def _inputs(prepared: Mapping[str, Path]) -> dict[str, str]:
    """Hashes of the input files, as the preparing tasks noted them."""
    hashes: dict[str, str] = {}
    for folder in prepared.values():
        noted = folder / INPUTS
        if noted.is_file():
            hashes |= json.loads(noted.read_text())
    return dict(sorted(hashes.items()))
