from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import attribute, swap_curves
from cellglass.errors import InputError


def test_ends_are_the_two_cells(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    curves = swap_curves(linear.space, linear.units, found, n_prototypes=4, n_top=(3, 500))
    for order in ("score", "random"):
        assert curves.deletion[order][:, 0] == pytest.approx(np.ones(3), abs=1e-5)
        assert curves.deletion[order][:, -1] == pytest.approx(np.zeros(3), abs=1e-5)
        assert curves.insertion[order][:, 0] == pytest.approx(np.zeros(3), abs=1e-5)
        assert curves.insertion[order][:, -1] == pytest.approx(np.ones(3), abs=1e-5)
    all_genes = curves.top[curves.top["n"] == 500]
    assert all_genes["necessity"].to_numpy() == pytest.approx(np.ones(6), abs=1e-5)
    assert all_genes["sufficiency"].to_numpy() == pytest.approx(np.ones(6), abs=1e-5)
    assert curves.n_pairs == dict.fromkeys(found.unit_names, 4)


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_the_score_beats_chance_and_its_reverse(name: str, request):
    toy = request.getfixturevalue(name)
    found = attribute(toy.space, toy.units, settings=toy.small(n_prototypes=20))
    curves = swap_curves(toy.space, toy.units, found, {"reverse": -found.score})
    mean = curves.auc.groupby("order")[["deletion", "insertion"]].mean()
    assert mean["deletion"]["score"] < mean["deletion"]["random"] < mean["deletion"]["reverse"]
    assert mean["insertion"]["score"] > mean["insertion"]["random"] > mean["insertion"]["reverse"]


def test_area_is_that_under_the_curve(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    curves = swap_curves(linear.space, linear.units, found, points=5, n_prototypes=2)
    row = curves.auc[(curves.auc["unit"] == "unit 2") & (curves.auc["order"] == "score")].iloc[0]
    y = curves.deletion["score"][2]
    assert row["deletion"] == pytest.approx(((y[:-1] + y[1:]) / 2).mean())


def test_bad_orders_are_refused(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    with pytest.raises(InputError, match="order 'random'"):
        swap_curves(linear.space, linear.units, found, {"random": found.score})
    with pytest.raises(InputError, match="shape"):
        swap_curves(linear.space, linear.units, found, {"de": found.score[:1]})
    zero = attribute(linear.space, linear.units, settings=linear.small(perturbation="zero"))
    with pytest.raises(InputError, match="not swapped"):
        swap_curves(linear.space, linear.units, zero)
