import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.support import Support

VALUES = np.array([[9.0, 0.5, 0.0], [0.2, 9.0, 0.7], [0.0, 0.7, 9.0]])
HELD = Support(VALUES, ("A", "B", "C"), ("string", "dorothea"))


def test_margin_is_there_less_back():
    assert HELD.margin == pytest.approx(VALUES - VALUES.T)
    assert (HELD.margin == -HELD.margin.T).all()


def test_values_among_named_points_are_in_their_order():
    assert HELD.among(["C", "A"]).tolist() == [[9.0, 0.0], [0.0, 9.0]]
    assert HELD.places(["B"]).tolist() == [1]
    with pytest.raises(InputError, match="first Z"):
        HELD.among(["Z"])


@pytest.mark.parametrize(
    ("values", "names", "provenance", "found"),
    [
        (VALUES[:2], "ABC", ("x",), r"shape \(2, 3\)"),
        (VALUES, "ABB", ("x",), "2 different names"),
        (-VALUES, "ABC", ("x",), "negative"),
        (VALUES * np.nan, "ABC", ("x",), "not finite"),
        (VALUES, "ABC", (), "no source"),
    ],
)
def test_bad_input_is_refused(values, names, provenance, found):
    with pytest.raises(InputError, match=found):
        Support(values, tuple(names), provenance)
