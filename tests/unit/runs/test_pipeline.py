import errno
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from cellglass.errors import InputError, ResourceError, StudyError
from cellglass.runs import registry
from cellglass.runs.pipeline import RunSummary, load_run, run_study
from cellglass.runs.study import Study
from cellglass.stats import Ledger, State

TASKS = """
import json, os
import pandas as pd
from cellglass.errors import InputError, NotApplicableError
from cellglass.runs.result import AnalysisResult
from cellglass.seeds import generator
from cellglass.stats import Finding, NullSummary, not_run

def prepare(context, **params):
    (context.output / "inputs.json").write_text(json.dumps({"cells.h5ad": "abc"}))
    (context.output / "summary.json").write_text(json.dumps({"n": 3}))

def shard(context, **params):
    (context.output / "x.txt").write_text("1")

def judge(context, *, name, fail):
    if fail and os.path.exists(fail + "-" + name):
        raise NotApplicableError("nothing is active", where="here")
    if fail and os.path.exists(fail):
        raise InputError("the table is wrong", where="here")
    value = float(generator(context.seed, context.name).random())
    finding = Finding(
        "fake.one", "Is it?", "AUROC", value, None, NullSummary("label", 19, 0.5, 0.01, 0.05),
        0.05, "gene", 9, ("variance", 0.6), None, context.seed, {"model": name}, "fake.one",
    )
    table = pd.DataFrame({"gene": ["a"], "score": [value]})
    AnalysisResult(
        "fake.one", {"model": name}, [finding], [not_run("c", "e", why="w", command="x")],
        {"scores": table},
    ).write(context.output)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study package: one analysis that runs, one that cannot; the flag makes it fail."""
    from cellglass.runs.registry import Analysis, Instance, Plan, Unmet
    from cellglass.runs.tasks import Task

    name = f"fake_tasks_{tmp_path.name}"
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / f"{name}.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(folder))
    flag = tmp_path / "flag"

    def plan(given: Plan) -> list[Instance]:
        assert set(given.prepared) == {"prepared/x"}
        instances = []
        for model in given.study.models:
            shards = [Task(f"s/{model.label}/shard-{i}", f"{name}:shard") for i in range(2)]
            result = Task(
                f"fake.one/{model.label}", f"{name}:judge",
                {"name": model.label, "fail": str(flag)},
                ("prepared/x", *(s.name for s in shards)),
            )  # fmt: skip
            label = {"model": model.label}
            instances.append(Instance(label, result.name, (*shards, result)))
        return instances

    def unmet(given: Plan) -> list[Instance]:
        return [
            Instance({"model": "m"}, unmet=Unmet("no network", "cellglass data fetch x")),
            Instance({"model": "n"}, unmet=Unmet("no decoder", applicable=False)),
        ]

    module = ModuleType("fake")
    module.prepare = lambda study: [Task("prepared/x", f"{name}:prepare")]  # type: ignore[attr-defined]
    module.ANALYSES = [  # type: ignore[attr-defined]
        Analysis("fake.one", "One", "Is it?", "r", "n", plan, "a claim"),
        Analysis("fake.two", "Two", "Or not?", "r", "n", unmet),
    ]
    monkeypatch.setattr(registry, "study_modules", lambda: {"fake": module})
    yield flag
    sys.modules.pop(name, None)


def study(**changes: object) -> Study:
    return Study.model_validate(
        {"study": "s", "cells": {"path": "c"}, "models": ["m-a", "m-b"], "seed": 3,
         "resources": {"executor": "inline"}, **changes}
    )  # fmt: skip


def content(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes()
            for p in (out / "results").rglob("*") if p.is_file()}  # fmt: skip


def test_run_leaves_results_ledger_and_manifest(fake: Path, tmp_path: Path):
    out = tmp_path / "out"
    said: list[str] = []
    summary = run_study(study(), out, announce=said.append)
    assert [r.label for r in summary.results] == [{"model": "m-a"}, {"model": "m-b"}]
    assert sorted(content(out)) == [
        "results/fake.one-m-a/result.json", "results/fake.one-m-a/scores.parquet",
        "results/fake.one-m-b/result.json", "results/fake.one-m-b/scores.parquet",
        "results/index.json", "results/inputs/prepared-x.json", "results/ledger.jsonl",
        "results/ledger.parquet",
    ]  # fmt: skip
    ledger = Ledger(out / "results" / "ledger.jsonl")
    assert [f.tags["model"] for f in ledger] == ["m-a", "m-b"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["inputs"] == {"cells.h5ad": "abc"}
    assert manifest["seed"] == 3
    assert manifest["executor"] == {"name": "inline", "workers": 1}
    assert manifest["peak_memory_bytes"] > 1e7
    assert {t["name"] for t in manifest["tasks"]} >= {"prepared/x", "fake.one/m-a", "s/m-b/shard-1"}
    assert said[0] == "Reading cells and models"
    assert "Running 2 analyses" in said
    run_study(study(models=["m-a"]), tmp_path / "one", announce=said.append)
    assert "Running 1 analysis" in said
    assert not list(out.glob("store/*shard*/*"))  # read by all who need them


def test_what_does_not_run_is_told_with_the_command(fake: Path, tmp_path: Path):
    summary = run_study(study(), tmp_path / "out")
    states = {str(label["model"]): v.state for _, label, v in summary.skipped}
    assert states == {"m": State.NOT_RUN, "n": State.NOT_APPLICABLE}
    told = next(v for _, label, v in summary.skipped if label["model"] == "m")
    assert "no network" in told.sentence
    assert any("cellglass data fetch x" in change for change in told.would_change)
    assert summary.verdicts[-2:] == [v for _, _, v in summary.skipped]


def test_what_turns_out_not_to_apply_is_told_and_the_rest_runs(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What would have been exported of it is not."""
    Path(f"{fake}-m-a").touch()
    module = registry.study_modules()["fake"]
    plan = module.ANALYSES[0].plan

    def exporting(given: object) -> list[object]:
        return [replace(i, exports={f"atlas/{i.label['model']}": i.result}) for i in plan(given)]

    module.ANALYSES[0] = replace(module.ANALYSES[0], plan=exporting)
    out = tmp_path / "out"
    summary = run_study(study(), out)
    assert [r.label for r in summary.results] == [{"model": "m-b"}]
    analysis, label, verdict = summary.skipped[0]
    assert (analysis, label, verdict.state) == (
        "fake.one", {"model": "m-a"}, State.NOT_APPLICABLE
    )  # fmt: skip
    assert "nothing is active" in verdict.sentence
    assert [p.name for p in (out / "atlas").iterdir()] == ["m-b"]
    read = load_run(out)
    assert read.skipped == summary.skipped
    # and so it is when nothing is run again
    again = run_study(study(), out)
    assert again.skipped == summary.skipped
    assert [r.label for r in again.results] == [{"model": "m-b"}]


def test_finished_run_is_read_from_its_folder(fake: Path, tmp_path: Path):
    made = run_study(study(), tmp_path / "out")
    read = load_run(tmp_path / "out")
    assert isinstance(read, RunSummary)
    assert [vars(r) | {"tables": 0} for r in read.results] == [
        vars(r) | {"tables": 0} for r in made.results
    ]
    for one, other in zip(read.results, made.results, strict=True):
        pd.testing.assert_frame_equal(one.tables["scores"], other.tables["scores"])
    assert read.skipped == made.skipped
    assert read.inputs == made.inputs == {"cells.h5ad": "abc"}
    assert read.study.seed == 3


def test_second_run_gives_the_same_bytes_and_runs_nothing(fake: Path, tmp_path: Path):
    out = tmp_path / "out"
    run_study(study(), out)
    before = content(out)
    summary = run_study(study(), out)
    assert content(out) == before
    assert summary.manifest["tasks"] == []


def test_failure_keeps_old_results_but_says_so(fake: Path, tmp_path: Path):
    out = tmp_path / "out"
    run_study(study(), out)
    before = content(out)
    fake.write_text("")
    with pytest.raises(InputError, match="the table is wrong"):
        run_study(study(seed=4), out)
    assert content(out) == before
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["status"] == "failed"
    assert "the table is wrong" in manifest["error"]
    with pytest.raises(StudyError, match=r"did not finish \(status: failed\)"):
        load_run(out)
    fake.unlink()
    run_study(study(seed=4), out)
    assert content(out) != before
    assert load_run(out).study.seed == 4


@pytest.mark.parametrize("stage", ["ledger", "rename"])
def test_death_while_results_are_written(
    stage: str, fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Old results or new ones, never half of them; the next run cleans up."""
    out = tmp_path / "out"
    run_study(study(), out)
    before = content(out)
    rename = Path.rename

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def die_between(path: Path, target: Path) -> Path:
        if path.name.endswith(".partial"):  # the old results are out of the way by now
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        if stage == "ledger":
            patch.setattr(Ledger, "snapshot", die)
        else:
            patch.setattr(Path, "rename", die_between)
        with pytest.raises(KeyboardInterrupt):
            run_study(study(seed=4), out)
    assert content(out) == before
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    run_study(study(seed=4), out)
    assert load_run(out).results[0].findings[0].seed == 4
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def test_disk_that_is_full_when_results_are_written(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "snapshot", no_space)
        with pytest.raises(ResourceError, match=r"the disk is full[\s\S]*the run folder"):
            run_study(study(), out)
    assert not (out / "results").exists()
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    assert len(run_study(study(), out).results) == 2


def test_nothing_to_read(tmp_path: Path):
    with pytest.raises(StudyError, match=r"there is no finished run[\s\S]*cellglass run"):
        load_run(tmp_path)


def test_names_that_would_collide_stay_apart(fake: Path, tmp_path: Path):
    summary = run_study(study(models=["a", {"path": "b", "name": "a b"}]), tmp_path / "out")
    names = {p.name for p in (tmp_path / "out" / "results").glob("fake.one*")}
    assert len(names) == len(summary.results) == 2


def test_manifest_does_not_depend_on_the_executor(fake: Path, tmp_path: Path):
    digests = set()
    for name in ("inline", "local"):
        resources = {"executor": name, "workers": 1}
        manifest = run_study(study(resources=resources), tmp_path / name).manifest
        digests.add(manifest["study_digest"])
    assert len(digests) == 1
    assert content(tmp_path / "inline") == content(tmp_path / "local")


def test_summaries_of_inputs_go_by_flat_names(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Names of tasks hold slashes: data sets of screens, genes of a model in each of them."""
    module = registry.study_modules()["fake"]
    (task,) = module.prepare(study())
    names = ["prepared/x", "screen/papalexi", "responses/papalexi", "genes/m@papalexi", "cells"]
    tasks = [replace(task, name=name) for name in names]
    monkeypatch.setattr(module, "prepare", lambda _: tasks)
    (analysis, _) = module.ANALYSES
    monkeypatch.setattr(
        module,
        "ANALYSES",
        [
            replace(
                analysis,
                plan=lambda plan: analysis.plan(
                    replace(plan, prepared={names[0]: plan.prepared[names[0]]})
                ),
            )
        ],
    )
    run_study(study(), tmp_path / "out")
    found = {p.name: json.loads(p.read_text()) for p in (tmp_path / "out/results/inputs").iterdir()}
    assert found == {
        "prepared-x.json": {"n": 3}, "screen-papalexi.json": {"n": 3}, "cells.json": {"n": 3},
        "responses-papalexi.json": {"n": 3}, "genes-m@papalexi.json": {"n": 3},
    }  # fmt: skip


def test_labels_with_slashes_make_no_folders(fake: Path, tmp_path: Path):
    """Labels come from other packages too, which may write them as they like."""
    module = registry.study_modules()["fake"]
    analysis = module.ANALYSES[0]

    def plan(given: registry.Plan) -> list[registry.Instance]:
        (instance,) = analysis.plan(given)
        *shards, result = instance.tasks
        result = replace(result, params={**result.params, "name": "a/b"})
        return [replace(instance, label={"model": "a/b"}, tasks=(*shards, result))]

    module.ANALYSES[0] = replace(analysis, plan=plan)
    out = tmp_path / "out"
    summary = run_study(study(models=["q"]), out)
    assert summary.results[0].label == {"model": "a/b"}
    assert [p.name for p in (out / "results").glob("fake.one*")] == ["fake.one-a_b"]
    assert load_run(out).results[0].label == {"model": "a/b"}
