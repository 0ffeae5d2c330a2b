import numpy as np
import pytest

from cellglass.regulation.states import structured_tables as tables
from cellglass.regulation.states.structured import PUBLISHED_AUROC


@pytest.mark.long
def test_the_published_scaling_comes_out():
    table = tables.scaling_table(range(7000, 7010)).set_index("n_cells")
    assert list(table.index) == list(PUBLISHED_AUROC)
    assert (table["pooled"] - table["paper_pooled"]).abs().max() < 0.04
    assert (table["max"] - table["paper_max"]).abs().max() < 0.04


def test_types_help_most_with_few_cells_and_shuffled_types_hurt(monkeypatch):
    monkeypatch.setattr(tables, "PUBLISHED_AUROC", {n: PUBLISHED_AUROC[n] for n in (500, 1000)})
    table = tables.scaling_table(range(7000, 7003))
    assert (table["gain"] > 0).all()
    assert table["gain"][0] > table["gain"][1]
    assert (table["shuffled_gain"] < -0.05).all()
    np.testing.assert_allclose(table["gain"], table["max"] - table["pooled"])


def test_the_top_of_the_list_has_a_bootstrap_over_cells():
    table = tables.top_table(7, bootstrap=9, n_cells=1000).set_index("score")
    assert list(table.index) == ["pooled", "max", "max, shuffled types"]
    assert (table["low"] <= table["bootstrap_mean"]).all()
    assert (table["bootstrap_mean"] <= table["high"]).all()
    assert table.loc["max", "p"] in [k / 10 for k in range(1, 11)]
    assert table.loc["max", "true_positives"] > table.loc["max, shuffled types", "true_positives"]
    assert (table["n_edges"] == 22).all()
    assert list(table["paper"])[:2] == [19, 22]
