"""Shape of gene space: known dimension and noise are found, and nothing is claimed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import NotApplicableError
from cellglass.geometry.layers import TOKEN_TABLE
from cellglass.geometry.study.capture import given_states, read_states
from cellglass.geometry.study.names import states_name
from cellglass.geometry.study.shape_analysis import MEASURES, judge, layer_shape
from cellglass.runs.result import AnalysisResult

Sound = Callable[[Path], AnalysisResult]
GENES = 200


def flat(dimension: int, width: int, seed: int, genes: int = GENES) -> np.ndarray:
    """A Gaussian cloud of few dimensions in space of many."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(genes, dimension)) @ np.linalg.qr(rng.normal(size=(width, dimension)))[0].T
    )


def run(known: Any, statistics: dict[str, Any], *, domain: str = "all", **states: str) -> Path:
    return Path(
        known.folders.run(
            "shape", judge, label={"model": "m"}, statistics=statistics, domain=domain,
            states={"": states["own"]} | {k: v for k, v in states.items() if k != "own"},
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def known(plant: Callable[..., Any], cell_genes: pd.DataFrame) -> Any:
    counts = np.full(GENES, 20)
    counts[[3, 9]] = 2, 1  # 4 blocks: 8 and 4 cells
    return plant(
        {
            "m": {TOKEN_TABLE: flat(2, 12, 0), 0: flat(3, 12, 1), 1: flat(8, 12, 2)},
            "copy": {TOKEN_TABLE: flat(2, 12, 0), 0: flat(6, 12, 3), 1: flat(6, 12, 4)},
        },
        tuple(cell_genes["gene"][:GENES]), noise=0.002, counts=counts,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(known: Any, statistics: dict[str, Any]) -> Path:
    return run(known, statistics, own="m", untrained="copy")


@pytest.fixture(scope="module")
def result(folder: Path, sound: Sound) -> AnalysisResult:
    return sound(folder)


def test_the_planted_dimension_is_found(result: AnalysisResult):
    table = result.tables["shape"].set_index(["model", "layer", "measure"])
    assert set(result.tables["shape"]["measure"]) == set(MEASURES.values())
    for model, layer, dimension in (
        ("trained", 0, 3), ("trained", 1, 8), ("untrained", 0, 6), ("trained", TOKEN_TABLE, 2),
    ):  # fmt: skip
        rows = table.loc[(model, layer)]
        for measure in ("participation ratio", "TwoNN dimension", "MLE dimension"):
            row = rows.loc[measure]
            assert row["estimate"] == pytest.approx(dimension, rel=0.25), (layer, measure)
            assert row["low"] < row["high"]
            assert row["low"] < 1.15 * dimension
            assert row["high"] > 0.8 * dimension
        assert rows["genes"].eq(GENES - 2).all()
    assert table.loc[("trained", 0, "share of the first 5 components"), "estimate"] > 0.99


def test_findings_describe_and_nothing_is_decided(result: AnalysisResult):
    assert not result.verdicts
    assert {f.kind for f in result.findings} == {"descriptive"}
    assert len(result.findings) == 3 * len(MEASURES)  # the trained model's
    questions = {f.question for f in result.findings}
    assert "How large is the TwoNN dimension of gene space in the token table?" in questions
    assert "How large is the participation ratio of gene space after layer 1?" in questions
    # each interval says how it was made
    methods = {f.statistic: f.interval.method for f in result.findings}
    assert "bootstrap" in methods["participation ratio"]
    assert len(set(methods.values())) > 1


def test_genes_left_out_are_listed(result: AnalysisResult):
    assert result.tables["dropped"]["count"].tolist() == [4, 8]
    assert result.notes[0].startswith("2 of 200 genes are in fewer than 10 of the cells and have")
    (check,) = result.checks
    assert check.code == "G3"
    assert check.detail.startswith("198 genes with a state, 0 of them rows of zeros")


def test_noise_of_the_cells_is_measured(
    plant: Callable[..., Any], cell_genes: pd.DataFrame, statistics: dict[str, Any],
    result: AnalysisResult, sound: Sound,
):  # fmt: skip
    quiet = result.tables["noise"].set_index("layer")["noise_share"]
    assert list(quiet.index) == [0, 1]  # the table of tokens knows no cells
    assert quiet.max() < 0.01
    # of 4 blocks with noise of variance 1 the mean has 1/4; between genes there is 1 more
    genes = tuple(cell_genes["gene"][:GENES])
    loud = plant({"m": {0: flat(12, 12, 1)}}, genes, noise=1.0)
    found = sound(run(loud, statistics, own="m"))
    noise = found.tables["noise"].iloc[0]
    assert noise["noise_share"] == pytest.approx(0.25 / 1.25, abs=0.03)
    assert noise["distance_correlation"] < 0.9
    assert (
        f"{noise['noise_share']:.1%} of the variance between genes after layer 0."
        in (found.notes[-1])
    )


def test_an_untrained_copy_is_drawn_and_told_where_there_is_one(
    known: Any, statistics: dict[str, Any], result: AnalysisResult, sound: Sound
):
    assert set(result.tables["share_lines"]["series"]) == {
        "share of the first 5 components", "share of the first 5 components, untrained",
    }  # fmt: skip
    assert any(n.startswith("An untrained copy has a participation ratio") for n in result.notes)
    alone = sound(run(known, statistics, own="m"))
    words = [*alone.notes, alone.method, *(f.caption for f in alone.figures)]
    assert not any("untrained" in w for w in words)
    assert set(alone.tables["shape"]["model"]) == {"trained"}


def test_equal_input_gives_equal_bytes(known: Any, statistics: dict[str, Any], folder: Path):
    again = run(known, statistics, own="m", untrained="copy")
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_copies_and_rows_of_zeros_are_told_and_left_out(
    plant: Callable[..., Any], cell_genes: pd.DataFrame, statistics: dict[str, Any]
):
    points = flat(3, 6, 1)
    points[-5:] = points[0]
    points[10:13] = 0.0
    made = plant({"m": {0: points}}, tuple(cell_genes["gene"][:GENES]), noise=0.0)
    result = AnalysisResult.read(run(made, statistics, own="m"))
    (check,) = result.checks
    assert check.state == "failed"
    assert "3 of them rows of zeros" in check.detail
    assert "up to 7 of a layer have the state of another gene" in check.detail
    assert result.tables["shape"]["genes"].eq(GENES - 7).all()
    assert np.isfinite(result.tables["shape"]["estimate"]).all()


def test_a_real_model_and_its_domains(captured: Any, statistics: dict[str, Any], sound: Sound):
    name = states_name("mini-geneformer")
    common = {"label": {"model": "m", "domain": "S"}, "statistics": statistics}
    folder = captured.run("shape-S", judge, **common, states={"": name}, domain="S")
    result = sound(folder)
    assert "of the cells of S" in result.notes[0]
    states, _ = read_states(captured.inputs[name])
    rows = layer_shape(states, 3, "S", "trained", 42)
    table = result.tables["shape"].query("layer == 3")
    assert table["estimate"].tolist() == [r["estimate"] for r in rows]
    with pytest.raises(NotApplicableError, match="in the cells of G2M"):
        captured.run("shape-G2M", judge, **common, states={"": name}, domain="G2M")


def test_what_a_user_brings_is_told_as_such(
    captured: Any, cell_genes: pd.DataFrame, statistics: dict[str, Any], tmp_path: Path,
    sound: Sound,
):  # fmt: skip
    file = tmp_path / "mine.csv"
    points = pd.DataFrame(flat(3, 5, 1, 90), index=[*cell_genes["gene"][:88], "X1", "X2"])
    points.rename_axis("gene").to_csv(file)
    cloud = {"path": str(file), "name": "mine", "key": None}
    captured.run(
        "gene-states/mine",
        given_states,
        cloud=cloud,
        sha256="",
        min_count=10,
        max_genes=5000,
        networks=[],
    )
    folder = captured.run(
        "shape-mine", judge, label={"model": "mine"}, statistics=statistics,
        states={"": "gene-states/mine"}, domain="all",
    )  # fmt: skip
    result = sound(folder)
    assert result.notes[0] == "88 of the 90 genes of the file are among the genes of the cells."
    assert "after layer" not in " ".join(result.notes)
    assert result.method.startswith("Gene states are those of the file.")
    assert "noise" not in result.tables
