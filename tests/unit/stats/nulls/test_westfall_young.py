import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats import max_z


def test_equals_the_definition_in_loops():
    rng = np.random.default_rng(0)
    observed, draws = rng.normal(1, 1, 4), rng.normal(size=(4, 50)) * [[1], [2], [5], [1]]
    values = np.concatenate([observed[:, None], draws], axis=1)
    z = np.array([[(v - row.mean()) / row.std() for v in row] for row in values])
    for alternative, shaped in (("greater", z), ("less", -z), ("two-sided", abs(z))):
        expected = [
            sum(max(shaped[:, d]) >= shaped[s, 0] for d in range(51)) / 51 for s in range(4)
        ]
        assert max_z(observed, draws, alternative).tolist() == expected


def test_one_score_alone_has_its_plain_p():
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(1, 99))
    assert max_z(np.array([1.2]), draws)[0] == pytest.approx((1 + (draws >= 1.2).sum()) / 100)


def test_scales_of_scores_do_not_matter():
    rng = np.random.default_rng(2)
    observed, draws = rng.normal(1, 1, 3), rng.normal(size=(3, 200))
    scale = np.array([1.0, 1e-3, 1e3])
    scaled = max_z(observed * scale, draws * scale[:, None])
    assert scaled.tolist() == max_z(observed, draws).tolist()


def test_a_score_the_null_does_not_vary_is_never_significant():
    draws = np.stack([np.full(99, 0.75), np.random.default_rng(0).normal(size=99)])
    found = max_z(np.array([0.75, 4.0]), draws)
    assert found[0] > 0.3
    assert found[1] == 0.01


def test_adjusted_p_is_at_least_the_plain_p():
    rng = np.random.default_rng(3)
    observed, draws = rng.normal(size=20), rng.normal(size=(20, 300))
    plain = (1 + (draws >= observed[:, None]).sum(1)) / 301
    assert (max_z(observed, draws) >= plain - 1e-12).all()
    with pytest.raises(InputError):
        max_z(observed[:3], draws)
