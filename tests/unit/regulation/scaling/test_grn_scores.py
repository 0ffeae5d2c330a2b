from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr

from cellglass.errors import InputError
from cellglass.regulation.scaling.grn_scores import METHODS, Method, grn_scores

EDGES = {0: (6, 7), 1: (8,), 2: (9, 10)}
SETTINGS: dict[str, dict[str, Any]] = {"GENIE3": {"trees": 30}, "GRNBoost2": {"trees": 300}}


@pytest.fixture(scope="module")
def expression() -> np.ndarray:
    """Three regulators of twelve genes, each target a noisy copy of its regulator."""
    x = np.random.default_rng(4).normal(size=(150, 12))
    for regulator, targets in EDGES.items():
        for target in targets:
            x[:, target] = x[:, regulator] + 0.4 * x[:, target]
    return x


@pytest.mark.parametrize("method", get_args(Method))
def test_planted_regulators_are_found_by_every_method(expression: Any, method: Any) -> None:
    scores = grn_scores(expression, [0, 1, 2, 3], method=method, seed=1,
                        **SETTINGS.get(method, {}))  # fmt: skip
    assert scores.shape == (4, 12)
    for regulator, targets in EDGES.items():
        for target in targets:
            assert scores[:, target].argmax() == regulator
    assert scores[np.arange(4), np.arange(4)].tolist() == [0.0] * 4  # no gene regulates itself
    assert (scores >= 0).all()


@pytest.mark.parametrize("method", list(METHODS))
def test_scores_of_a_target_do_not_depend_on_the_others(expression: Any, method: Any) -> None:
    settings = SETTINGS.get(method, {})
    whole = grn_scores(expression, [0, 1, 2], method=method, seed=1, **settings)
    part = grn_scores(expression, [0, 1, 2], method=method, targets=[9, 1], seed=1, **settings)
    np.testing.assert_array_equal(part, whole[:, [9, 1]])
    other = grn_scores(expression, [0, 1, 2], method=method, targets=[9], seed=2, **settings)
    assert not np.array_equal(other[:, 0], part[:, 0]) or method == "mutual information"


def test_spearman_is_the_absolute_correlation(expression: Any) -> None:
    scores = grn_scores(expression, [0, 5], method="spearman", targets=[6, 5])
    assert scores[0, 0] == pytest.approx(abs(spearmanr(expression[:, 0], expression[:, 6])[0]))
    assert scores[1, 1] == 0.0


def test_sparse_expression_is_the_same(expression: Any) -> None:
    counts = np.maximum(np.round(expression), 0)
    one = grn_scores(counts, [0, 1], method="GENIE3", targets=[6], trees=5)
    two = grn_scores(sparse.csr_matrix(counts), [0, 1], method="GENIE3", targets=[6], trees=5)
    np.testing.assert_array_equal(one, two)


def test_nonsense_is_refused(expression: Any) -> None:
    for arguments, told in (
        ({"method": "GENIE4"}, "GENIE3"),
        ({"regulators": [0]}, "1 regulator, 150 cells"),
        ({"regulators": [0, 0]}, "twice"),
        ({"regulators": [0, 99]}, "99"),
        ({"expression": expression[:10]}, "10 cells"),
        ({"expression": np.full((30, 3), np.nan)}, "not finite"),
    ):
        given = {"expression": expression, "regulators": [0, 1], **arguments}
        with pytest.raises(InputError, match=told):
            grn_scores(given.pop("expression"), given.pop("regulators"), **given)
