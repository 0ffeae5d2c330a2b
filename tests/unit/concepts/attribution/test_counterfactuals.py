from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import AttributionSettings
from cellglass.concepts.attribution.counterfactuals import (
    UNKNOWN,
    choose_counterfactuals,
    distance_space,
    inactive_cells,
)

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(120, 5))
PROTOTYPES, CANDIDATES = np.arange(0, 20), np.arange(20, 120)


def choose(labels=None, donors=None, **options):
    settings = AttributionSettings(**({"n_counterfactuals": 4, "matching": "none"} | options))
    return choose_counterfactuals(POINTS, PROTOTYPES, CANDIDATES, settings, labels=labels,
                                  donors=donors)  # fmt: skip


@pytest.mark.parametrize(("how", "sign"), [("nearest", 1), ("farthest", -1)])
def test_search_is_exact(how: str, sign: int):
    found, _ = choose(counterfactuals=how)
    for p, rows in zip(PROTOTYPES, found, strict=True):
        far = sign * np.linalg.norm(POINTS[CANDIDATES] - POINTS[p], axis=1)
        assert rows.tolist() == CANDIDATES[np.argsort(far)[:4]].tolist()


def test_medoid_is_the_cell_in_the_middle():
    found, _ = choose(counterfactuals="medoid")
    between = np.linalg.norm(POINTS[CANDIDATES][:, None] - POINTS[CANDIDATES][None], axis=2)
    assert all(rows.tolist() == [CANDIDATES[between.sum(1).argmin()]] for rows in found)


def test_random_is_drawn_from_the_candidates_and_repeats():
    first, second = choose(counterfactuals="random")[0], choose(counterfactuals="random")[0]
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.isin(np.concatenate(first), CANDIDATES).all()
    assert all(np.unique(rows).size == 4 for rows in first)
    assert len({tuple(rows) for rows in first}) > 10


def test_matching_restricts_where_there_are_enough():
    codes = np.arange(120) % 2
    codes[PROTOTYPES[:2]] = 2  # a label that no candidate has
    found, matched = choose(labels=codes, matching="label", min_matched=10)
    assert matched.tolist() == [False] * 2 + [True] * 18
    assert all((codes[r] == codes[p]).all() for p, r in zip(range(2, 20), found[2:], strict=True))
    found, _ = choose(donors=codes, matching="different donor", min_matched=10)
    assert all((codes[r] != codes[p]).all() for p, r in zip(PROTOTYPES, found, strict=True))
    found, matched = choose(donors=codes, matching="same donor", min_matched=70)
    assert not matched.any()
    assert np.array_equal(np.stack(found), np.stack(choose()[0]))


def test_cells_without_a_label_take_from_all():
    codes = np.where(np.arange(120) % 3 == 0, UNKNOWN, 0)
    found, matched = choose(labels=codes, matching="label", min_matched=10)
    unknown = codes[PROTOTYPES] == UNKNOWN
    assert matched.tolist() == (~unknown).tolist()
    free = choose()[0]
    for i, rows in enumerate(found):
        assert unknown[i] == np.array_equal(rows, free[i]) or (codes[free[i]] == 0).all()
        assert unknown[i] or (codes[rows] == 0).all()


def test_distances():
    direction = np.array([1.0, 0, 0, 0, 0])
    cosine = distance_space(POINTS, direction, AttributionSettings(distance="cosine"))
    squares = ((cosine[0] - cosine[1]) ** 2).sum()
    want = POINTS[0] @ POINTS[1] / np.linalg.norm(POINTS[0]) / np.linalg.norm(POINTS[1])
    assert squares == pytest.approx(2 * (1 - want))
    left = distance_space(POINTS, direction, AttributionSettings(distance="residual"))
    assert np.allclose(left @ direction, 0)
    assert np.allclose(left[:, 1:], POINTS[:, 1:])


def test_cells_that_only_just_lost_the_gate_are_kept_out():
    gated = np.array([2.0, 1.0, 0.0, 0.0])
    pre = np.array([2.0, 1.0, 1.5, 0.2])
    assert inactive_cells(gated, pre, AttributionSettings()).tolist() == [0, 0, 0, 1]
    loose = AttributionSettings(inactive="gated")
    assert inactive_cells(gated, pre, loose).tolist() == [0, 0, 1, 1]
