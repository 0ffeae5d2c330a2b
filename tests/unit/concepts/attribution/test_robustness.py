from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cellglass.concepts import (
    attribute,
    counterfactual_agreement,
    donor_agreement,
    score_agreement,
)
from cellglass.errors import InputError


def test_donors_agree_where_the_model_is_the_same(linear):
    found = attribute(linear.space, linear.units, donors=linear.labels,
                      settings=linear.small(n_prototypes=27, n_counterfactuals=5,
                                            read_outs=("pre",)))  # fmt: skip
    table = donor_agreement(found)
    assert table["donors"].tolist() == [2, 2, 2]
    effects = found.of("unit 0")
    first = np.array(linear.labels)[effects.prototypes] == "type 0"
    values = effects.values["pre"]
    want = stats.spearmanr(values[first].mean(0), values[~first].mean(0)).statistic
    assert table["mean spearman"][0] == pytest.approx(want)
    assert table["mean spearman"].mean() > 0.3
    none = attribute(linear.space, linear.units, settings=linear.small())
    with pytest.raises(InputError, match="no donors"):
        donor_agreement(none)


def test_one_counterfactual_against_all(mlp):
    found = attribute(mlp.space, mlp.units, settings=mlp.small(n_counterfactuals=4))
    one = attribute(mlp.space, mlp.units, settings=mlp.small(n_counterfactuals=1))
    table = counterfactual_agreement(found)
    want = [stats.spearmanr(a, b).statistic for a, b in zip(one.score, found.score, strict=True)]
    assert table["spearman"].to_numpy() == pytest.approx(want, abs=1e-3)
    assert counterfactual_agreement(found, first=4)["spearman"].to_numpy() == pytest.approx(1)


def test_two_attributions(linear):
    a = attribute(linear.space, linear.units, settings=linear.small())
    b = attribute(linear.space, linear.units, which=[1, 2],
                  settings=linear.small(inactive="gated"))  # fmt: skip
    table = score_agreement(a, b)
    assert table["unit"].tolist() == ["unit 1", "unit 2"]
    want = stats.spearmanr(a.score[1], b.score[0]).statistic
    assert table["spearman"][0] == pytest.approx(want)
    only = attribute(linear.space, linear.units, which=[0], settings=linear.small())
    with pytest.raises(InputError, match="0 units in both"):
        score_agreement(b, only)
