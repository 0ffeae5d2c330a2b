"""Two models gene by gene: planted places are found, levels and kinds are no places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.geometry.study.alignment_analysis import (
    AS_IS,
    LIKE,
    NO_COEXPRESSION,
    NO_STATISTICS,
    NULL,
    PLACE_CLAIM,
    PRIMARY,
    SHAPE_CLAIM,
    judge,
)
from cellglass.geometry.study.expression import STATISTICS
from cellglass.runs.geometry_section import AlignmentConfig
from cellglass.runs.result import AnalysisResult

Sound = Callable[[Path], AnalysisResult]
Judge = Callable[..., Path]
N = 150


@pytest.fixture(scope="module")
def genes(cell_genes: pd.DataFrame) -> tuple[str, ...]:
    rows = np.random.default_rng(0).choice(len(cell_genes), N, replace=False)
    return tuple(cell_genes["gene"].iloc[np.sort(rows)])


@pytest.fixture(scope="module")
def run(plant: Callable[..., Any], statistics: dict[str, Any]) -> Judge:
    def make(
        first: dict[int, np.ndarray], second: dict[int, np.ndarray], genes: tuple[str, ...],
        *, domain: str = "all", column: str | None = None, **options: Any,
    ) -> Path:  # fmt: skip
        known = plant({"a": first, "b": second}, genes, noise=0.02, **options)
        label = {"model": "a+b"} | ({} if domain == "all" else {"domain": domain})
        return known.folders.run(
            "alignment", judge, label=label, statistics=statistics, states=("a", "b"),
            models=("a", "b"), domain=domain, column=column,
            alignment=AlignmentConfig(draws=39, folds=3).model_dump(),
        )  # fmt: skip

    return make


def of(pair: Any) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    return {0: pair.first}, {0: pair.second}


def places(result: AnalysisResult, of: str) -> pd.DataFrame:
    table = result.tables["correspondence"]
    return table[(table["of"] == of) & (table["method"] == PRIMARY)]


@pytest.fixture(scope="module")
def folder(planting: Any, run: Judge, genes: tuple[str, ...]) -> Path:
    pair = planting.shared(genes)
    return run({-2: pair.second, 0: pair.first}, {-2: pair.first, 3: pair.second}, genes)


@pytest.fixture(scope="module")
def result(folder: Path, sound: Sound) -> AnalysisResult:
    return sound(folder)


def test_one_space_seen_from_two_sides_passes_both(result: AnalysisResult):
    shape, place = result.verdicts
    assert (shape.claim, shape.state) == (SHAPE_CLAIM, "PASS")
    assert (place.claim, place.state) == (PLACE_CLAIM, "PASS")
    assert shape.sentence.startswith("Gene space of a adds 0.")
    assert "CKA" in shape.sentence
    assert place.sentence.endswith(f"beats the {NULL} null and the {LIKE} null.")
    assert "in finding held-out genes of a in b and back, single-gene statistics taken out of" in (
        place.sentence
    )


def test_findings_carry_their_units_and_chance(result: AnalysisResult):
    shape, place = result.findings
    assert shape.interval.method == "jackknife"
    assert place.interval.method == "Wilson"
    assert {shape.unit, place.unit} == {"gene"}
    assert place.n == N
    assert place.baseline == ("chance", pytest.approx(1 / 50))
    assert place.p == pytest.approx(1 / 40)
    assert float(place.tags["in sample"]) >= place.estimate - 0.05


def test_tables_tell_what_is_left_without_statistics_and_coexpression(result: AnalysisResult):
    table = result.tables["correspondence"]
    assert list(dict.fromkeys(table["of"])) == [AS_IS, NO_STATISTICS, NO_COEXPRESSION]
    assert (table[table["of"] == AS_IS].groupby("method").size() == 2).all()
    assert set(table[table["of"] == NO_STATISTICS]["method"]) == {"procrustes", PRIMARY}
    drawn = result.tables["retrieval"]
    assert drawn["kind"].iloc[2] == PRIMARY
    assert f"{PRIMARY}, statistics out" in set(drawn["kind"])
    assert len(result.tables["layers"]) == 4


def test_notes_tell_the_token_tables_and_the_communities(result: AnalysisResult):
    assert len(result.notes) == 4
    assert "find theirs: so far goes the kind of a gene without its place" in result.notes[2]
    assert "the token tables" in result.notes[3].lower()
    # 150 genes allow 7 components of co-expression
    assert "(7 components of the same cells)" in result.notes[0]
    assert "150 of 150 and 150 genes with a state matched by name" in result.method


def test_equal_input_gives_equal_bytes(
    planting: Any, run: Judge, genes: tuple[str, ...], folder: Path
):
    pair = planting.shared(genes)
    again = run({-2: pair.second, 0: pair.first}, {-2: pair.first, 3: pair.second}, genes)
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_a_cloud_with_its_genes_permuted_has_no_places(
    planting: Any, run: Judge, genes: tuple[str, ...], sound: Sound
):
    result = sound(run(*of(planting.permuted(genes)), genes))
    assert [v.state for v in result.verdicts if v.state == "PASS"] == []
    assert places(result, AS_IS)["top1"].max() < 0.08
    # no table of tokens, no word of it
    assert len(result.notes) == 3


def test_levels_alone_retrieve_until_they_are_taken_out(
    planting: Any, run: Judge, genes: tuple[str, ...], cell_genes: pd.DataFrame, sound: Sound
):
    known = cell_genes.set_index("gene").loc[list(genes)][list(STATISTICS)].to_numpy()
    result = sound(run(*of(planting.levels(genes, known)), genes))
    plain, left = places(result, AS_IS), places(result, NO_STATISTICS)
    assert plain["top1"].min() > 2 / 50
    assert plain["p_adjusted"].max() <= 0.05
    assert left["top1"].max() < 2.5 / 50
    assert result.verdicts[1].state != "PASS"
    # the arrangement as a whole is alike, and goes with the levels
    shape = result.tables["shape"].query("measure == 'cka'").set_index("of")["estimate"]
    assert shape[AS_IS] > 0.5 > 0.1 > shape[NO_STATISTICS]


def test_kinds_alone_are_an_arrangement_and_no_places(
    planting: Any, run: Judge, genes: tuple[str, ...], sound: Sound
):
    result = sound(run(*of(planting.kinds(genes)), genes))
    shape, place = result.verdicts
    assert shape.state == "PASS"
    assert place.state == "INCONCLUSIVE"
    assert f"the {LIKE} null is not beaten" in place.sentence
    assert places(result, NO_STATISTICS)["top1"].min() > 2 / 50
    # the finding carries the null that was harder
    assert result.findings[1].null.family == LIKE
    assert result.findings[1].p > 0.05


def test_domains_are_compared_apart(
    planting: Any, run: Judge, genes: tuple[str, ...], sound: Sound
):
    pair, quiet = planting.shared(genes), planting.permuted(genes)
    first = np.stack([pair.first, quiet.first])
    second = np.stack([pair.second, quiet.second])
    states = {}
    for domain in ("G1", "S"):
        result = sound(
            run({0: first}, {0: second}, genes, domain=domain, column="phase",
                domains=("G1", "S"))
        )  # fmt: skip
        states[domain] = [str(v.state) for v in result.verdicts]
        assert all(v.tags["domain"] == domain for v in result.verdicts)
        assert all(f" ({domain}) " in v.sentence for v in result.verdicts)
    assert states["G1"] == ["PASS", "PASS"]
    assert "PASS" not in states["S"]


@pytest.mark.long
def test_false_places_are_rare(
    planting: Any, run: Judge, genes: tuple[str, ...], cell_genes: pd.DataFrame
):
    """Of 12 models each that share nothing, levels or kinds, at most one of all 36 passes."""
    known = cell_genes.set_index("gene").loc[list(genes)][list(STATISTICS)].to_numpy()
    passed = 0
    for seed in range(12):
        for pair in (
            planting.permuted(genes, seed=seed), planting.levels(genes, known, seed=seed),
            planting.kinds(genes, seed=seed),
        ):  # fmt: skip
            result = AnalysisResult.read(run(*of(pair), genes))
            passed += result.verdicts[1].state == "PASS"
    assert passed <= 1
