from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.responses.swaps import (
    swap_check,
    swap_draws,
    swap_matrix,
    swapped_means,
)


def test_every_entry_is_the_auroc_over_genes_that_both_can_judge():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (7, 25)).astype(float)  # many ties
    mask = rng.random((7, 25)) < 0.8
    labels = (rng.random((7, 25)) < 0.25) & mask
    scores[~mask] = np.nan
    found = swap_matrix(scores, labels, mask)
    for p in range(7):
        for q in range(7):
            both = mask[p] & mask[q]
            truth = labels[p, both]
            want = 0.5
            if 0 < truth.sum() < truth.size:
                want = roc_auc_score(truth, scores[q, both])
            assert found[p, q] == pytest.approx(want, abs=1e-12)


def test_few_perturbations_have_all_arrangements_but_the_given_one():
    drawn, whole = swap_draws(4, 999, 1, "x")
    assert whole
    assert {tuple(a) for a in drawn} == set(permutations(range(4))) - {(0, 1, 2, 3)}
    many, whole = swap_draws(9, 999, 1, "x")
    assert (many.shape, whole) == ((999, 9), False)
    assert (np.sort(many, axis=1) == np.arange(9)).all()
    np.testing.assert_array_equal(many, swap_draws(9, 999, 1, "x")[0])
    assert (many != swap_draws(9, 999, 2, "x")[0]).any()


def test_means_are_those_of_scores_dealt_to_other_perturbations():
    rng = np.random.default_rng(1)
    scores, labels = rng.normal(size=(5, 30)), rng.random((5, 30)) < 0.3
    mask = np.ones((5, 30), bool)
    drawn, _ = swap_draws(5, 999, 1, "x")
    means = swapped_means(swap_matrix(scores, labels, mask), drawn)
    for arrangement, mean in zip(drawn[::17], means[::17], strict=True):
        dealt = scores[arrangement]  # perturbation p gets the scores of arrangement[p]
        want = np.mean([roc_auc_score(labels[p], dealt[p]) for p in range(5)])
        assert mean == pytest.approx(want)


def test_a_ranking_of_targets_alike_for_all_is_never_better_than_its_swaps():
    rng = np.random.default_rng(2)
    labels = rng.random((6, 40)) < 0.3
    matrix = swap_matrix(np.tile(rng.normal(size=40), (6, 1)), labels, np.ones((6, 40), bool))
    drawn, _ = swap_draws(6, 999, 1, "x")
    np.testing.assert_allclose(swapped_means(matrix, drawn), np.diag(matrix).mean())


def test_the_check_says_when_p_cannot_reach_the_level():
    few = swap_check("perturbation swap", swap_draws(3, 999, 1, "x")[0], 0.05)
    assert not few.passed
    assert few.messages == ("3 perturbations allow 6 arrangements: p cannot be below 0.167.",)
    enough = swap_check("perturbation swap", swap_draws(4, 999, 1, "x")[0], 0.05)
    assert enough.passed
    assert (enough.n_draws, enough.n_identical) == (23, 0)
    assert 0.7 < enough.mean_jaccard_distance <= 1.0
    assert not swap_check("perturbation swap", swap_draws(1, 99, 1, "x")[0], 0.05).passed
