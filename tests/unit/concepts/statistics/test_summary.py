"""The table of units: planted units, every column described, tables joined by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.statistics.across_datasets import across_datasets
from cellglass.concepts.statistics.stability import seed_stability
from cellglass.concepts.statistics.summary import describe_units
from cellglass.concepts.statistics.unit_columns import describe_column
from cellglass.errors import InputError

NAMES = ["B cells", "donor d3", "twin of B cells", "noise", "dead"]


@pytest.fixture(scope="module")
def problem() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    donors = np.repeat([f"d{i}" for i in range(8)], 60)
    kinds = rng.choice(["B", "NK", "T"], size=480)
    z = np.stack(
        [
            (kinds == "B") * rng.gamma(3.0, size=480),
            (donors == "d3") * rng.gamma(3.0, size=480),
            (kinds == "B") * rng.gamma(3.0, size=480),
            (rng.random(480) < 0.2) * rng.gamma(3.0, size=480),
            np.zeros(480),
        ],
        axis=1,
    )
    return {"z": z, "donors": donors, "kinds": kinds, "rows": rng.normal(size=(5, 30))}


@pytest.fixture(scope="module")
def table(problem: dict[str, np.ndarray]) -> pd.DataFrame:
    rows, z = problem["rows"], problem["z"]
    stability = seed_stability([rows, rows[::-1], rows[:4]], [NAMES, NAMES, NAMES[:4]]).units
    recurrence = across_datasets(rows, rows, z, z, names_a=NAMES, draws=10).units
    return describe_units(
        z,
        rows,
        NAMES,
        labels={"cell type": problem["kinds"]},
        donors=problem["donors"],
        technical={"donor": problem["donors"]},
        stability=stability[stability.seed == 0].sample(frac=1, random_state=0),
        recurrence=recurrence,
    )


def test_planted_units_are_described(table: pd.DataFrame):
    rows = table.set_index("unit")
    assert rows.loc["B cells", "cell type: top_label"] == "B"
    assert rows.loc["B cells", "cell type: auroc"] == 1.0
    assert rows.loc["B cells", "cell type: entropy"] == 0.0
    assert rows.loc["B cells", "cell type: f1"] == 1.0
    assert rows.loc["B cells", "cell type: auroc_unit"] == "donor"
    assert rows.loc["B cells", "coactive_with"] == "twin of B cells"
    assert rows.loc["twin of B cells", "coactive_with"] == "B cells"
    assert rows.loc["B cells", "n_coactive"] == 1
    assert rows.technical.tolist() == [False, True, False, False, False]
    assert rows.loc["noise", "cell type: auroc_q"] > 0.05
    assert rows.loc["noise", "coactive_with"] != "noise"


def test_dead_units_have_no_label(table: pd.DataFrame):
    dead = table.iloc[4]
    assert dead.dead
    for column in ("top_label", "f1_label", "purest_label"):
        assert dead[f"cell type: {column}"] == ""
    assert dead.coactive_with == ""
    assert not dead.recurs


def test_every_column_is_described(table: pd.DataFrame):
    assert table.columns.is_unique
    for name in table.columns:
        assert describe_column(name)
    assert list(table.unit) == NAMES


def test_tables_are_joined_by_name(table: pd.DataFrame):
    assert table.stability.tolist() == [1.0, 1.0, 1.0, 1.0, 0.5]
    assert table.cosine.tolist() == pytest.approx([1.0] * 5)


def test_without_labels_there_are_no_columns_of_them(problem: dict[str, np.ndarray]):
    plain = describe_units(problem["z"], problem["rows"])
    assert not [c for c in plain if ":" in c or c in ("technical", "stability", "recurs")]


def test_table_of_other_units_is_refused(problem: dict[str, np.ndarray]):
    units = seed_stability([problem["rows"], problem["rows"]]).units
    with pytest.raises(InputError, match=r"5 units in 10 rows\n"):
        describe_units(problem["z"], problem["rows"], stability=units)
    with pytest.raises(InputError, match="'unit 0' is none of the 5 units"):
        describe_units(problem["z"], problem["rows"], NAMES, stability=units[units.seed == 0])
    with pytest.raises(InputError, match=r"directions of shape \(4, 30\) for 5 units"):
        describe_units(problem["z"], problem["rows"][:4])


def test_units_left_out_of_the_matching_have_no_stability(problem: dict[str, np.ndarray]):
    rows, z = problem["rows"], problem["z"]
    units = seed_stability([rows[:4], rows[:4]], [NAMES[:4]] * 2).units
    recurrence = across_datasets(rows[:4], rows, z[:, :4], z, names_a=NAMES[:4], draws=10).units
    table = describe_units(z, rows, NAMES, stability=units[units.seed == 0], recurrence=recurrence)
    assert table.stability.isna().tolist() == [False] * 4 + [True]
    assert table.same_match.tolist() == [True] * 4 + [False]
    assert table.recurs.dtype == bool
