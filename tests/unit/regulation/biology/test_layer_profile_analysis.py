from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import GeneSets, Network
from cellglass.regulation.biology.layer_profile_analysis import judge_layer_profile
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State

SETTINGS = StatisticsConfig(draws=99, bootstrap=100, folds=3)


@pytest.fixture(scope="module")
def result(deep: Any) -> AnalysisResult:
    d = deep()
    return judge_layer_profile(
        d.held, {"friends": d.friends, "regulation": d.regulation}, {"sets": d.sets}, 3, SETTINGS,
        7, notes=["told by the loader"],
    )  # fmt: skip


def test_every_reference_has_a_profile_and_its_place_is_told(result: AnalysisResult) -> None:
    own = result.tables["profile"].query("kind == 'candidate'")
    assert set(own["reference"]) == {"friends", "regulation", "sets"}
    assert own.groupby("reference")["layer"].nunique().eq(7).all()
    assert "friends in layer" in result.notes[0]
    assert "regulation in layer 6" in result.notes[0]
    assert "told by the loader" in result.notes
    assert any("6 sets of 5 to 12" in n for n in result.notes)
    assert any("the 48 evaluable genes" in n for n in result.notes)


def test_depth_trends_run_where_layers_allow_them(result: AnalysisResult) -> None:
    depth = result.tables["depth"].set_index("reference")
    assert depth.loc["friends", "high"] < 0 < depth.loc["regulation", "low"]
    assert len(result.tables["between"]) == 3
    assert not result.verdicts


def test_findings_stand_beside_the_untrained_copy(result: AnalysisResult) -> None:
    described = [f for f in result.findings if f.kind == "descriptive"]
    assert len(described) == 3 * 7
    first = next(f for f in described if f.tags["reference"] == "friends"
                 and f.tags["score"] == "layer 0")  # fmt: skip
    assert first.unit == "gene"
    assert first.baseline is not None
    assert first.baseline[0] == "untrained: layer 0"
    assert first.increment is not None
    assert first.increment[1] > 0.1
    tested = [f for f in result.findings if f.kind == "confirmatory"]
    assert len(tested) == 3 * 5
    assert {f.null.family for f in tested if f.null} == {"names of genes"}
    assert len({f.id for f in result.findings}) == len(result.findings)


def test_tables_have_captions_and_survive_writing(result: AnalysisResult, tmp_path: Path) -> None:
    assert set(result.tables) == set(result.captions)
    assert set(result.tables["lines"]["series"]) == {"friends", "regulation", "sets"}
    result.write(tmp_path)
    again = AnalysisResult.read(tmp_path)
    assert again.findings == result.findings


def test_below_five_layers_a_trend_is_not_applicable(deep: Any) -> None:
    d = deep(layers=4)
    found = judge_layer_profile(d.held, {"f": d.friends}, {}, 3, SETTINGS, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]
    assert "4 layers" in found.verdicts[0].sentence
    assert "depth" not in found.tables
    assert len(found.tables["profile"]) > 0


def test_rows_that_are_regulators_only_are_told(made: Any) -> None:
    m = made(1.0)
    genes = m.held.edges.targets
    sets = GeneSets({"s": genes[:9], "t": genes[30:45]})
    found = judge_layer_profile(m.held, {}, {"sets": sets}, 3, SETTINGS, 7)
    profile = found.tables["profile"]
    assert set(profile["n_pairs"]) == {16 * 15 // 2}
    assert any("16 genes that are rows" in n and "genes.regulators: all" in n for n in found.notes)


def test_references_that_tell_nothing_apart_are_not_applicable(deep: Any) -> None:
    d = deep()
    elsewhere = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    strangers = GeneSets({"s": tuple("ABCDE")})
    found = judge_layer_profile(
        d.held, {"elsewhere": elsewhere, "friends": d.friends}, {"strangers": strangers}, 3,
        SETTINGS, 7,
    )  # fmt: skip
    assert {v.endpoint for v in found.verdicts} == {
        "membership in elsewhere", "membership in strangers",
    }  # fmt: skip
    assert set(found.tables["profile"]["reference"]) == {"friends"}
    nothing = judge_layer_profile(d.held, {}, {"strangers": strangers}, 3, SETTINGS, 7)
    assert not nothing.tables
    assert len(nothing.verdicts) == 1


def test_results_depend_on_the_seed_alone(deep: Any, result: AnalysisResult) -> None:
    d = deep()
    given = ({"friends": d.friends, "regulation": d.regulation}, {"sets": d.sets}, 3, SETTINGS)
    again = judge_layer_profile(d.held, *given, 7)
    other = judge_layer_profile(d.held, *given, 8)
    low = [x.tables["profile"]["auroc_low"].to_numpy(float) for x in (result, again, other)]
    np.testing.assert_array_equal(low[0], low[1])
    assert not np.array_equal(low[0], low[2])
