"""What is left of a score cannot be said by single genes, however they are put together."""

import numpy as np
import pytest
from scipy import stats

from cellglass.regulation.networks.pairwise import DEGREE, pairwise_part
from cellglass.stats import increment

R, G = 30, 200


def holes(rng: np.random.Generator) -> np.ndarray:
    mask = rng.random((R, G)) < 0.8
    mask[np.arange(R), np.arange(R)] = False
    return mask


def oracle(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """One least-squares fit of everything that is taken out, on dense dummy columns."""
    rows, columns = np.nonzero(mask)
    y = stats.norm.ppf(stats.rankdata(scores[mask]) / (mask.sum() + 1))
    dummies = np.hstack([np.eye(R)[rows], np.eye(G)[columns]])
    effects = np.linalg.lstsq(dummies, y, rcond=None)[0]
    a, b = effects[:R], effects[R:]
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    powers = [a[rows] ** p * b[columns] ** q for p in range(1, DEGREE + 1)
              for q in range(1, DEGREE + 1)]  # fmt: skip
    design = np.column_stack([dummies, *powers])
    out = np.zeros(mask.shape)
    out[mask] = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return out


def test_equals_one_joint_fit():
    rng = np.random.default_rng(0)
    mask = holes(rng)
    scores = np.outer(rng.lognormal(size=R), rng.lognormal(size=G)) + rng.normal(size=(R, G))
    np.testing.assert_allclose(pairwise_part(scores, mask), oracle(scores, mask), atol=1e-6)


def test_row_and_column_means_are_gone_and_masked_pairs_are_zero():
    rng = np.random.default_rng(1)
    mask = holes(rng)
    left = pairwise_part(rng.normal(size=(R, G)) + 3 * rng.normal(size=G), mask)
    assert np.abs(left.sum(0)).max() < 1e-6
    assert np.abs(left.sum(1)).max() < 1e-6
    assert (left[~mask] == 0).all()


def test_monotone_transforms_leave_it_as_it_is():
    rng = np.random.default_rng(2)
    mask, scores = holes(rng), rng.normal(size=(R, G))
    np.testing.assert_allclose(
        pairwise_part(np.exp(3 * scores), mask), pairwise_part(scores, mask), atol=1e-9
    )


@pytest.mark.parametrize("kind", ["column", "flat"])
def test_nothing_is_left_where_only_genes_differ(kind):
    scores = np.tile(np.arange(G, dtype=float), (R, 1)) if kind == "column" else np.ones((R, G))
    assert np.abs(pairwise_part(scores, np.ones((R, G), bool))).max() < 1e-9


def test_masked_scores_are_not_read():
    rng = np.random.default_rng(3)
    mask, scores = holes(rng), rng.normal(size=(R, G))
    other = np.where(mask, scores, 1e9)
    np.testing.assert_array_equal(pairwise_part(scores, mask), pairwise_part(other, mask))


@pytest.mark.parametrize("kind", ["product", "noise in proportion", "sum"])
def test_gene_effects_in_any_guise_add_nothing(kind):
    """Edges follow r_i, c_j and their product; the score knows nothing else of the pair."""
    rng = np.random.default_rng(4)
    r, c = rng.lognormal(0, 0.6, R), rng.lognormal(0, 0.6, G)
    u, v = np.log(r) - np.log(r).mean(), np.log(c) - np.log(c).mean()
    odds = -2.5 + u[:, None] + v[None, :] + np.outer(u, v)
    mask = holes(rng)
    labels = (rng.random((R, G)) < 1 / (1 + np.exp(-odds))) & mask
    scores = {
        "product": np.outer(r, c) + 0.3 * rng.normal(size=(R, G)),
        "noise in proportion": np.outer(r, c) * rng.lognormal(0, 0.8, (R, G)),
        "sum": r[:, None] + c[None, :] + 0.3 * rng.normal(size=(R, G)),
    }[kind]
    found = increment(
        np.zeros(int(mask.sum())), pairwise_part(scores, mask)[mask], labels[mask],
        np.nonzero(mask)[0], bootstrap=200, seed=1, task="test",
    )  # fmt: skip
    assert not found.adds
    assert found.interval.low < 0.01
    assert found.delta < 0.04


def test_what_is_about_pairs_stays():
    rng = np.random.default_rng(5)
    mask = holes(rng)
    labels = (rng.random((R, G)) < 0.1) & mask
    scores = np.outer(rng.lognormal(size=R), rng.lognormal(size=G)) * np.exp(
        rng.normal(size=(R, G)) + 2.0 * labels
    )
    left = pairwise_part(scores, mask)
    assert left[labels].mean() > 0.7
    assert left[mask & ~labels].mean() < 0
