from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.regulation.scaling.curves import FORMS, fit_curve
from cellglass.regulation.scaling.fits import fits_table
from cellglass.regulation.scaling.ladder import climb

WANTED = (10, 15, 20, 30, 45, 60, 90)


@pytest.fixture(scope="module")
def ladder(grown: Any) -> Any:
    p = grown()
    return climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=4, wanted=WANTED)


def test_every_curve_of_every_score_stands_in_a_row(ladder: Any) -> None:
    table = fits_table(ladder, seed=1, task="t", draws=20)
    assert len(table) == len(ladder.scores) * len(FORMS)
    runs = ladder.of("layer 1")
    fit = fit_curve([r.rung.n_cells for r in runs], [r.metrics.auroc for r in runs], "log")
    row = table[(table["score"] == "layer 1") & (table["curve"] == "log")].iloc[0]
    assert row["a"] == pytest.approx(fit.parameters["a"])
    assert row["r2"] == pytest.approx(fit.r2)
    assert row["at_all_low"] <= row["at_all_cells"] <= row["at_all_high"]
    assert row["resamples_converged"] == 1.0


def test_one_curve_a_score_is_chosen_and_unfitted_ones_never(ladder: Any) -> None:
    table = fits_table(ladder, seed=1, task="t", draws=5)
    assert (table.groupby("score")["chosen"].sum() == 1).all()
    assert table.loc[table["chosen"], "converged"].all()
    growing = table[table["chosen"] & (table["score"] == "layer 1")].iloc[0]
    assert growing["curve"] != "constant"
    lost = table[~table["converged"]]
    assert (lost["why_not"] != "").all()
    assert lost[["a", "b", "c", "r2"]].isna().all().all()


def test_resamples_take_whole_draws_and_depend_on_the_seed(ladder: Any) -> None:
    one, again, other = (
        fits_table(ladder, seed=s, task="t", draws=20)["at_all_low"].to_numpy() for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other, equal_nan=True)


def test_one_draw_has_no_interval(planted: Any) -> None:
    p = planted(0.5)
    single = climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=1, wanted=WANTED)
    table = fits_table(single, seed=1, task="t", draws=5)
    assert table["at_all_low"].isna().all()
    assert table["resamples_converged"].isna().all()
