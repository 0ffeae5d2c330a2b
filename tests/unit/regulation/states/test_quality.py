import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.quality import stratum_quality


def test_stratum_quality_tells_states_from_noise():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [20, 30, 50])
    embedding = rng.normal(size=(100, 3)) + 8 * np.eye(3)[codes]
    good = stratum_quality(embedding, codes)
    bad = stratum_quality(embedding, rng.permutation(codes))
    assert good.silhouette > 0.6 > 0.1 > bad.silhouette
    assert abs(good.silhouette_shuffled) < 0.1
    assert good.variance_between > 0.8 > 0.2 > bad.variance_between
    assert (good.n_strata, good.smallest, good.largest) == (3, 20, 50)
    assert str(good).startswith("3 strata with 20 to 50 cells; silhouette 0.")


def test_variance_between_strata_by_hand():
    embedding = np.array([[0.0], [2.0], [10.0], [12.0]])
    found = stratum_quality(embedding, np.array([0, 0, 1, 1]))
    assert found.variance_between == pytest.approx(100 / 104)


def test_cells_without_a_stratum_do_not_count():
    embedding = np.array([[0.0], [2.0], [10.0], [12.0], [999.0]])
    found = stratum_quality(embedding, np.array([0, 0, 1, 1, -1]))
    assert found.variance_between == pytest.approx(100 / 104)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="5 cells in the embedding, 4 strata"):
        stratum_quality(np.zeros((5, 2)), np.zeros(4, int))
    with pytest.raises(InputError, match="1 strata"):
        stratum_quality(np.zeros((4, 2)), np.zeros(4, int))
