"""`cellglass concepts`: what each step asks for, where it goes on, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cellglass.cli.concepts import STEPS, analyses_until
from cellglass.concepts.analyses import ANALYSES
from cellglass.runs.registry import chosen_analyses
from cellglass.runs.study import Study, load_study


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Study, Path]]:
    """What would be run, as (study, folder)."""
    found: list[tuple[Study, Path]] = []
    monkeypatch.setattr("cellglass.cli.concepts.execute", lambda s, out: found.append((s, out)))
    return found


@pytest.fixture
def trained(write_study: Callable[..., Path], cells: Path, out: Path) -> Path:
    """A folder as a run leaves it, with its study."""
    path = write_study(
        cells, concepts={"dictionary": {"size": 12, "k": 2}, "attribution": {"prototypes": 20}}
    )
    out.mkdir()
    study = load_study(path)
    (out / "study.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))
    return out


def test_every_analysis_of_the_chapter_belongs_to_one_step():
    named = [a for names in STEPS.values() for a in names]
    assert sorted(named) == sorted(a.name for a in ANALYSES)
    assert analyses_until("train") == list(STEPS["train"])
    assert analyses_until("atlas") == named


def test_train_makes_a_study_of_its_options(
    cellglass: Callable, cells: Path, checkpoint: Path, out: Path, asked: list
):
    told = cellglass(
        "concepts", "train", "--cells", cells, "--model", checkpoint, "--strata", "cell_type",
        "--donor", "donor", "--batch", "donor", "--column", "donor", "--size", 16, "--k", 3,
        "--kind", "batchtopk", "--seeds", 2, "--seed", 7, "--workers", 1, "--out", out,
    )  # fmt: skip
    assert told.code == 0, told.text
    ((study, folder),) = asked
    assert folder == out
    assert (study.cells.path, study.cells.strata, study.cells.donor, study.cells.batch) == (
        str(cells), "cell_type", "donor", "donor",
    )  # fmt: skip
    assert study.cells.max_cells == 2000
    assert [m.path for m in study.models] == [str(checkpoint)]
    assert study.concepts is not None
    chosen = study.concepts.dictionary
    assert (chosen.size, chosen.k, chosen.kind, chosen.seeds) == (16, 3, "batchtopk", 2)
    assert study.concepts.columns == ["donor"]
    assert (study.seed, study.resources.workers) == (7, 1)
    assert [a.name for a in chosen_analyses(study)] == [
        a.name for a in ANALYSES if a.name in STEPS["train"]
    ]


def test_without_options_the_defaults_hold(
    cellglass: Callable, cells: Path, checkpoint: Path, asked: list
):
    assert cellglass("concepts", "train", "--cells", cells, "--model", checkpoint).code == 0
    study = asked[0][0]
    assert (study.seed, study.concepts.dictionary.kind, study.concepts.dictionary.seeds) == (
        42, "topk", 5,
    )  # fmt: skip


def test_train_takes_a_study_and_options_replace_what_it_says(
    cellglass: Callable, write_study: Callable[..., Path], cells: Path, asked: list
):
    path = write_study(cells, concepts={"dictionary": {"size": 12, "k": 2}, "columns": ["donor"]})
    assert cellglass("concepts", "train", path).code == 0
    assert cellglass("concepts", "train", path, "--size", 24, "--seed", 3).code == 0
    (plain, _), (changed, _) = asked
    assert plain.concepts.dictionary == load_study(path).concepts.dictionary
    assert (changed.concepts.dictionary.size, changed.concepts.dictionary.k) == (24, 2)
    assert (plain.seed, changed.seed) == (42, 3)
    assert changed.concepts.columns == ["donor"]
    assert changed.resources == plain.resources
    assert changed.cells == plain.cells
    without = write_study(cells)
    assert cellglass("concepts", "train", without).code == 0
    assert asked[-1][0].concepts is not None


@pytest.mark.parametrize("step", ["attribute", "enrich", "compare", "atlas"])
def test_steps_go_on_with_the_study_of_the_folder(
    cellglass: Callable, trained: Path, asked: list, step: str
):
    told = cellglass("concepts", step, trained, "--workers", 2)
    assert told.code == 0, told.text
    ((study, folder),) = asked
    assert folder == trained
    before = load_study(trained / "study.yaml")
    assert study.concepts == before.concepts
    assert study.cells == before.cells
    assert study.resources.workers == 2
    assert study.resources.executor == before.resources.executor
    assert study.analyses == analyses_until(step)


def test_options_of_a_step_change_its_section_alone(
    cellglass: Callable, trained: Path, asked: list, tmp_path: Path
):
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("SET\tnone\tGENE1\n")
    assert cellglass(
        "concepts", "attribute", trained, "--counterfactuals", 2, "--screen", "all",
        "--concepts", 6,
    ).code == 0  # fmt: skip
    assert cellglass("concepts", "enrich", trained, "--gene-sets", gmt, "--fdr", 0.1).code == 0
    (first, _), (second, _) = asked
    assert first.concepts.attribution.prototypes == 20
    assert (first.concepts.attribution.counterfactuals, first.concepts.attribution.screen) == (
        2, "all",
    )  # fmt: skip
    assert first.concepts.units.concepts == 6
    assert first.concepts.dictionary.size == 12
    assert second.concepts.enrichment.fdr == 0.1
    assert [g.source for g in second.gene_sets] == [str(gmt)]


@pytest.mark.parametrize(
    ("step", "options", "told"),
    [
        ("attribute", ("--prototypes", 1), "--prototypes"),
        ("attribute", ("--screen", "some"), "screen"),
        ("attribute", ("--concepts", 0), "--concepts"),
        ("enrich", ("--fdr", 2), "fdr"),
        ("enrich", ("--gene-sets", "reactom"), "did you mean 'reactome'"),
        ("enrich", ("--gene-sets", "none.gmt"), "there is no file 'none.gmt'"),
    ],
)
def test_wrong_values_are_refused(
    cellglass: Callable, trained: Path, asked: list, step: str, options: tuple, told: str
):
    found = cellglass("concepts", step, trained, *options)
    assert found.code == 2
    assert told in found.err
    assert "Traceback" not in found.text
    assert asked == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "nothing to train on"),
        (("--cells", "{cells}"), "nothing to train on"),
        (("{cells}", "--cells", "{cells}"), "both a study.yaml and --cells"),
        (("--cells", "{cells}", "--model", "{model}", "--kind", "topp"), "kind"),
        (("--cells", "{cells}", "--model", "{model}", "--size", "1"), "size"),
        (("--cells", "{cells}", "--model", "{model}", "--seeds", "0"), "--seeds"),
        (("--cells", "{cells}", "--model", "{model}", "--seed", "-1"), "--seed"),
        (("--cells", "{cells}", "--model", "{model}", "--max-cells", "5"), "--max-cells"),
        (("none.yaml",), "none.yaml"),
    ],
)
def test_train_refuses_what_it_cannot_use(
    cellglass: Callable, cells: Path, checkpoint: Path, asked: list, options: tuple, told: str
):
    given = [o.format(cells=cells, model=checkpoint) for o in options]
    found = cellglass("concepts", "train", *given)
    assert found.code == 2
    assert told in found.err
    assert "Traceback" not in found.text
    assert asked == []


@pytest.mark.parametrize("step", ["attribute", "enrich", "compare", "atlas"])
def test_a_folder_without_a_run_is_refused(cellglass: Callable, tmp_path: Path, step: str):
    found = cellglass("concepts", step, tmp_path / "nowhere")
    assert found.code == 2
    assert "there is no run" in found.err
    assert "cellglass concepts train" in found.err
    assert not (tmp_path / "nowhere").exists()


def test_a_run_of_something_else_is_refused(
    cellglass: Callable, write_study: Callable[..., Path], cells: Path, out: Path, asked: list
):
    out.mkdir()
    (out / "study.yaml").write_text(write_study(cells).read_text())
    found = cellglass("concepts", "attribute", out)
    assert found.code == 2
    assert "no section concepts" in found.err
    assert asked == []


def test_wrong_columns_and_models_are_told(
    cellglass: Callable, cells: Path, checkpoint: Path, out: Path
):
    command = ("concepts", "train", "--cells", cells, "--out", out, "--workers", 1)
    found = cellglass(*command, "--model", checkpoint, "--strata", "cel_type")
    assert found.code == 2
    assert "cell_type" in found.err
    found = cellglass(*command, "--model", "none-such")
    assert found.code == 2
    assert "none-such" in found.err


def test_estimate_runs_nothing(
    cellglass: Callable, cells: Path, checkpoint: Path, trained: Path, asked: list, tmp_path: Path
):
    new = tmp_path / "new"
    given: list[Any] = ["--cells", cells, "--model", checkpoint, "--out", new, "--estimate"]
    told = cellglass("concepts", "train", *given)
    assert told.code == 0, told.text
    assert "memory" in told.out.lower()
    assert not new.exists()
    before = sorted(trained.iterdir())
    for step in ("attribute", "atlas"):
        told = cellglass("concepts", step, trained, "--estimate")
        assert told.code == 0, told.text
    assert sorted(trained.iterdir()) == before
    assert asked == []
