"""Core scores against slow versions; what probes recover from reconstructions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.core_scores import (
    core_scores,
    neighbours_kept,
    probe_recovered,
)
from cellglass.errors import InputError


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    h = rng.normal(size=(120, 5)) * np.arange(1, 6) + 3
    z = np.maximum(rng.normal(size=(120, 9)), 0)
    z[:, 4] = 0
    return h, h + rng.normal(scale=0.5, size=h.shape), z


def test_scores_are_the_slow_ones(data):
    h, r, z = data
    found = core_scores(h, r, z)
    assert found.l0 == pytest.approx(np.mean([(row > 0).sum() for row in z]))
    assert found.dead_share == pytest.approx(1 / 9)
    fvu = sum(np.sum((h - r)[i] ** 2) for i in range(120)) / np.sum((h - h.mean(0)) ** 2)
    assert found.fvu == pytest.approx(fvu)
    assert found.r2 == pytest.approx(1 - fvu)
    each = [1 - ((h - r)[:, j] ** 2).sum() / ((h[:, j] - h[:, j].mean()) ** 2).sum()
            for j in range(5)]  # fmt: skip
    assert found.r2_mean == pytest.approx(np.mean(each))
    assert found.r2_mean < found.r2  # small dimensions carry the same error


def test_neighbours_are_the_slow_ones(data):
    h, r, _ = data
    kept = []
    for i in range(len(h)):
        near = [
            set(sorted((j for j in range(len(h)) if j != i),
                       key=lambda j, x=x, i=i: np.sum((x[i] - x[j]) ** 2))[:7])
            for x in (h, r)
        ]  # fmt: skip
        kept.append(len(near[0] & near[1]) / 7)
    assert neighbours_kept(h, r, 7) == pytest.approx(np.mean(kept))


def test_scores_do_not_depend_on_the_space(data):
    h, r, z = data
    moved = core_scores(4 * (h - 1), 4 * (r - 1), sparse.csr_matrix(z))
    np.testing.assert_allclose(
        list(moved.to_dict().values()), list(core_scores(h, r, z).to_dict().values())
    )


def test_shuffled_reconstructions_keep_neighbours_by_chance(data):
    h, _, z = data
    found = core_scores(h, h[np.random.default_rng(1).permutation(len(h))], z)
    assert found.neighbours_kept == pytest.approx(found.neighbours_by_chance, abs=0.03)
    assert found.fvu > 1


def test_the_mean_explains_nothing(data):
    h, _, z = data
    found = core_scores(h, np.broadcast_to(h.mean(0), h.shape), z, neighbours=3, sample=50)
    assert found.fvu == pytest.approx(1)


def test_constant_dimensions_are_left_out(data):
    h, r, z = data
    wide, rebuilt = np.column_stack([h, np.full(120, 0.1)]), np.column_stack([r, np.zeros(120)])
    assert core_scores(wide, rebuilt, z).r2_mean == pytest.approx(core_scores(h, r, z).r2_mean)


@pytest.mark.parametrize("case", ["constant", "few", "shapes"])
def test_what_cannot_be_scored_is_refused(data, case):
    h, r, z = data
    given = {
        "constant": (np.ones_like(h), r, z),
        "few": (h[:10], r[:10], z[:10]),
        "shapes": (h, r[:, :4], z),
    }[case]
    with pytest.raises(InputError):
        core_scores(*given)


def test_probe_recovered_is_the_share_above_chance():
    rng = np.random.default_rng(0)
    donors, codes = np.repeat(np.arange(6), 40), rng.integers(2, size=240)
    h = rng.normal(size=(240, 3))
    h[:, 0] += 4 * codes
    poor = h.copy()
    poor[:, 0] = 0.35 * h[:, 0] + rng.normal(size=240)
    whole = probe_recovered(h, h, codes, donors, seed=1, draws=100)
    part = probe_recovered(h, poor, codes, donors, seed=1, draws=100)
    none = probe_recovered(h, h[:, 1:], codes, donors, seed=1, draws=100)
    assert whole.recovered == 1.0
    assert whole.interval is not None
    assert whole.interval.low == whole.interval.high == 1.0
    expected = (part.reconstruction - 0.5) / (part.raw - 0.5)
    assert part.recovered == pytest.approx(expected)
    assert abs(none.recovered) < 0.25 < part.recovered < 0.9


def test_nothing_to_recover_is_told():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.zeros(120), np.zeros(120)])
    found = probe_recovered(
        x, rng.normal(size=(120, 2)), np.arange(120) % 2, np.arange(120) // 20, draws=20
    )
    assert np.isnan(found.recovered)
    assert found.interval is None
    assert "the embedding is not above chance" in found.notes
