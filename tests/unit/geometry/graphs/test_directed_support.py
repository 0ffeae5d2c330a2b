import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.directed_support import DirectedSupport

VALUES = np.array([[9.0, 0.5, 0.0], [0.2, 9.0, 0.7], [0.0, 0.7, 9.0]])
HELD = DirectedSupport(VALUES, ("A", "B", "C"), ("string", "dorothea"))


def test_margin_is_there_less_back():
    assert HELD.margin == pytest.approx(VALUES - VALUES.T)
    assert (HELD.margin == -HELD.margin.T).all()


def test_names_have_places():
    assert HELD.places(["C", "B"]).tolist() == [2, 1]
    with pytest.raises(InputError, match="first Z"):
        HELD.places(["Z"])


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
        DirectedSupport(values, tuple(names), provenance)
