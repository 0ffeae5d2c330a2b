from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import wilcoxon

from cellglass import pl
from cellglass.models.context_edges import ContextEdges
from cellglass.regulation.responses.values_analysis import ANALYSIS, judge_values, plan_values
from cellglass.runs.registry import Plan
from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import Study
from cellglass.stats import State, auroc, bh


def context_of(world: Any, effect: float, seed: int) -> ContextEdges:
    """Context vectors whose cosine knows the responders in layer 0; the same counts of cells."""
    held = world.held
    rng = np.random.default_rng(seed)
    shape = (3, len(held.regulators), len(held.edges.targets))
    counts = held.attention.total_counts
    mean = rng.normal(size=shape)
    mean[0] += effect * world.truth
    return ContextEdges(
        held.regulators, held.edges.targets, mean * counts, 3 * mean * counts, counts,
        rng.normal(size=(3, shape[2], 2, 3)) * 120, np.full(shape[2], 120), (0, 1, 2),
        held.attention.min_count,
    )  # fmt: skip


@pytest.fixture(scope="module")
def judged(world: Callable[..., Any]) -> tuple[Any, ContextEdges, AnalysisResult]:
    w = world(1.5, kind="model", untrained=True)
    context, copy = context_of(w, 1.5, 1), context_of(w, 0.0, 2)
    return w, context, judge_values(w.judged, context, copy)


def test_context_vectors_are_held_against_attention_and_coexpression(
    judged: tuple[Any, ContextEdges, AnalysisResult],
) -> None:
    _, _, result = judged
    tests = result.tables["value_differences"].set_index(["first", "second"])
    assert len(tests) == 3 * 2
    assert tests.loc[("layer 0: cosine", "layer 0: attention"), "low"] > 0  # attention knows none
    assert tests.loc[("layer 2: cosine", "layer 2: attention"), "high"] < 0  # here it knows
    assert tests.loc[("layer 0: cosine", "|Spearman|"), "low"] > 0
    np.testing.assert_allclose(tests["q"], bh(tests["p"].to_numpy()))
    assert "worse than attention in 1, better in 1 of 3 layers" in " ".join(result.notes)
    assert "nothing is decided" not in " ".join(result.notes)
    assert {c.code: c.state for c in result.checks} == {"I4": "passed"}
    assert not result.verdicts
    assert len(result.findings) == 6
    for finding in result.findings:
        assert (finding.analysis, finding.unit, finding.kind) == (
            ANALYSIS, "perturbation", "descriptive",
        )  # fmt: skip
        assert finding.interval is not None
        assert finding.tags["unit"] == "A49"


def test_numbers_are_those_of_each_perturbation(
    judged: tuple[Any, ContextEdges, AnalysisResult],
) -> None:
    w, context, result = judged
    pairs = w.judged.scored.pairs
    own, beside = [], []
    for p, (gene,) in enumerate(pairs.sources):
        row, mask = w.held.regulators.index(gene), pairs.mask[p]
        for into, scores in (
            (own, context.layer(1).scores), (beside, w.held.attention.layer(1).scores),
        ):  # fmt: skip
            into.append(auroc(scores[row][mask], pairs.labels[p][mask]))
    values = result.tables["values"].set_index(["series", "layer"])
    assert values.loc[("cosine", 1), "value"] == pytest.approx(np.mean(own))
    assert values.loc[("attention", 1), "value"] == pytest.approx(np.mean(beside))
    row = (
        result.tables["value_differences"]
        .set_index(["first", "second"])
        .loc[("layer 1: cosine", "layer 1: attention")]
    )
    assert row["difference"] == pytest.approx(np.mean(own) - np.mean(beside))
    assert row["p"] == pytest.approx(wilcoxon(own, beside).pvalue)


def test_the_untrained_copy_stands_beside_and_the_figure_is_drawn(
    judged: tuple[Any, ContextEdges, AnalysisResult], tmp_path: Any
) -> None:
    _, _, result = judged
    series = set(result.tables["values"]["series"])
    assert series == {"attention", "cosine", "centroid", "dot", "cosine, untrained", "|Spearman|"}
    result.write(tmp_path)
    back = AnalysisResult.read(tmp_path)
    (spec,) = back.figures
    axes = Figure((6.4, 4.0), layout="constrained").subplots()
    getattr(pl, spec.function)(back.tables[spec.table], ax=axes, **spec.options)
    assert len(axes.lines) >= 5


def test_without_an_untrained_copy_and_with_too_few_perturbations(
    world: Callable[..., Any],
) -> None:
    w = world(1.0, kind="model")
    found = judge_values(w.judged, context_of(w, 0.0, 3), None)
    assert not any("untrained" in s for s in found.tables["values"]["series"])
    four = world(1.0, kind="model", sources=("G0", "G1", "G2", "G3"))
    four.truth = four.truth[:4]
    found = judge_values(four.judged, context_of(four, 0.0, 3), None)
    assert "Of 4 perturbations, fewer than 5, nothing is decided." in " ".join(found.notes)
    few = world(kind="model", sources=("G30", "G31"))
    context = ContextEdges(
        few.held.regulators, few.held.edges.targets,
        *(np.zeros((3, 2, 90)) for _ in range(2)), few.held.attention.total_counts,
        np.zeros((3, 90, 2, 3)), np.full(90, 120), (0, 1, 2), 5,
    )  # fmt: skip
    (verdict,) = judge_values(few.judged, context, None).verdicts
    assert verdict.state is State.NOT_APPLICABLE


def test_contexts_are_captured_in_the_controls_of_each_screen(
    screen_files: Any, tmp_path: Any
) -> None:
    path = screen_files.write(screen_files.shifrut(), tmp_path / "shifrut.h5ad")
    table = tmp_path / "scores.tsv"
    table.write_text("source\ttarget\tscore\nKLF1\tLYZ\t1\n")
    study = Study(
        study="s", cells={"path": "pbmc68k"}, models=["mini-scgpt"],
        tables=[{"path": str(table), "name": "rho"}], screens=[{"path": str(path), "name": "T"}],
    )  # fmt: skip
    model, rho = plan_values(Plan(study))
    names = {t.name.partition("/shard")[0] for t in model.tasks}
    assert {"context/mini-scgpt@T", "context/mini-scgpt@T-untrained"} <= names
    assert model.result == "regulation.value_edges/mini-scgpt/T"
    assert rho.unmet is not None
    assert rho.unmet.reason == "an edge table has no context vectors"
