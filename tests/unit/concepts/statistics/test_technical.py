"""Technical units: a donor's unit is flagged, a cell type's is not, whatever the composition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score, roc_auc_score

from cellglass.concepts.statistics.technical import (
    as_levels,
    flag_technical,
    technical_association,
)
from cellglass.errors import InputError


@pytest.fixture
def problem() -> dict[str, np.ndarray]:
    """Donors of unlike composition: most T cells are of the first two."""
    rng = np.random.default_rng(1)
    donors = rng.choice([f"d{i}" for i in range(6)], size=900)
    many = np.isin(donors, ["d0", "d1"])
    kinds = np.where(rng.random(900) < np.where(many, 0.9, 0.1), "T", "B")
    library = rng.lognormal(8, 0.5, size=900)
    z = np.stack(
        [
            (kinds == "T") * (rng.random(900) < 0.9),  # biology, goes with donors through them
            (donors == "d3") * 1.0,
            (library > np.median(library)) * library,
            (rng.random(900) < 0.3) * 1.0,
            np.zeros(900),
        ],
        axis=1,
    )
    return {"z": z, "donors": donors, "kinds": kinds, "library": library}


def test_flags(problem: dict[str, np.ndarray]):
    table = flag_technical(
        problem["z"],
        {"cell type": problem["kinds"]},
        {"donor": problem["donors"], "library size": problem["library"]},
        ["T", "d3", "library", "noise", "dead"],
    ).set_index("unit")
    assert table.technical.tolist() == [False, True, True, False, False]
    assert table.loc["d3", "technical_column"] == "donor"
    assert table.loc["library", "technical_column"] == "library size"
    assert abs(table.loc["noise", "technical_share"]) < 0.05
    assert table.loc["dead", "technical_share"] == 0


def test_composition_alone_flags_nothing_only_when_conditional():
    """A donor label that holds more of the cell type than a coarse biology does."""
    rng = np.random.default_rng(2)
    donors = np.repeat(["x", "y"], 400)
    kinds = np.where(rng.random(800) < np.where(donors == "x", 0.95, 0.05), "T", "B")
    noisy = np.where(rng.random(800) < 0.12, np.where(kinds == "T", "B", "T"), kinds)
    z = (noisy == "T")[:, None] * 1.0
    biology, technical = {"cell type": kinds}, {"donor": donors}
    fair = flag_technical(z, biology, technical).iloc[0]
    plain = flag_technical(z, biology, technical, conditional=False).iloc[0]
    assert not fair.technical
    assert fair.technical_share < 0.02 < 0.2 < plain.technical_share
    assert plain.biology_share > plain.technical_share


def test_information_is_the_conditional_one(problem: dict[str, np.ndarray]):
    z, donors, kinds = problem["z"][:, [3]], problem["donors"], problem["kinds"]
    row = flag_technical(z, {"cell type": kinds}, {"donor": donors}).iloc[0]
    active = z[:, 0] > 0
    plugged = sum(
        (kinds == k).mean() * mutual_info_score(active[kinds == k], donors[kinds == k])
        for k in "BT"
    ) / np.log(2)
    bias = 2 * 5 / (2 * 900 * np.log(2))
    own = stats.entropy([active.mean(), 1 - active.mean()], base=2)
    assert row.technical_share == pytest.approx((plugged - bias) / own)


def test_thresholds_are_options(problem: dict[str, np.ndarray]):
    columns = ({"cell type": problem["kinds"]}, {"donor": problem["donors"]})
    assert flag_technical(problem["z"], *columns, least_share=1.1).technical.sum() == 0
    assert flag_technical(problem["z"], *columns, ratio=1e9).technical[0] == np.False_


def test_association_with_numbers_and_labels(problem: dict[str, np.ndarray]):
    z = problem["z"]
    table = technical_association(
        z, {"donor": problem["donors"], "library size": problem["library"]}
    )
    assert len(table) == 10
    of_library = table[table.column == "library size"].reset_index()
    for j in range(4):
        expected = stats.spearmanr(z[:, j], problem["library"]).statistic
        assert of_library.spearman[j] == pytest.approx(expected, abs=1e-9)
    assert np.isnan(of_library.spearman[4])
    row = table[(table.column == "donor") & (table.unit == "unit 1")].iloc[0]
    assert (row.top_label, row.top_auroc, row.entropy) == ("d3", 1.0, 0.0)
    assert row.top_auroc == roc_auc_score(problem["donors"] == "d3", z[:, 1])


def test_quantiles_of_numbers():
    column = as_levels(np.arange(100.0), 100, "library", bins=10)
    assert column.sizes().tolist() == [10] * 10
    assert column.labels[0] == "quantile 01 of 10"
    with pytest.raises(InputError, match="1 of 2 values are not finite"):
        as_levels(np.array([1.0, np.nan]), 2, "library", bins=2)


def test_both_sides_are_needed():
    with pytest.raises(InputError, match="0 biological and 1 technical"):
        flag_technical(np.ones((2, 1)), {}, {"donor": ["a", "b"]})


def test_noise_is_not_flagged():
    """Rare units that follow nothing, many donors: shares are noisy, q keeps the flags down."""
    rng = np.random.default_rng(6)
    donors = rng.choice([f"d{i}" for i in range(10)], size=1000)
    kinds = rng.choice(list("abcde"), size=1000)
    z = (rng.random((1000, 500)) < rng.uniform(0.005, 0.2, size=500)) * 1.0
    table = flag_technical(z, {"cell type": kinds}, {"donor": donors})
    assert table.technical.mean() < 0.01
    assert flag_technical(z, {"cell type": kinds}, {"donor": donors}, level=1.0).technical.any()
