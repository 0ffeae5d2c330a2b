import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.square import square_values, symmetric


def test_rounding_is_evened_out():
    values = np.array([[0.0, 1.0], [1.0 + 1e-12, 0.0]])
    found = symmetric(values, "test")
    assert (found == found.T).all()
    held = Distances(values, ("A", "B"), ("A", "B"), "geodesic")
    np.testing.assert_array_equal(square_values(held, "test"), found)


def test_bad_input_is_told():
    with pytest.raises(InputError, match=r"differ by up to 0\.5"):
        symmetric(np.array([[0.0, 1.0], [1.5, 0.0]]), "test")
    with pytest.raises(InputError, match="1 sources and 2 targets") as caught:
        square_values(Distances(np.zeros((1, 2)), ("A",), ("A", "B"), "geodesic"), "the test")
    assert "the test, geodesic distances" in str(caught.value)
    with pytest.raises(InputError, match="one order"):
        square_values(Distances(np.zeros((2, 2)), ("A", "B"), ("B", "A"), "geodesic"), "test")
    with pytest.raises(InputError, match="at a distance from themselves"):
        square_values(Distances(np.ones((1, 1)), ("A",), ("A",), "geodesic"), "test")
