import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.support import Support

VALUES = np.array([[9.0, 0.5, 0.0], [0.2, 9.0, 0.7], [0.0, 0.7, 9.0]])
NAMES = ("A", "B", "C")
HELD = Support(VALUES, NAMES, NAMES, ("string", "dorothea"))


def test_margin_is_there_less_back():
    assert HELD.margin == pytest.approx(VALUES - VALUES.T)
    assert (HELD.margin == -HELD.margin.T).all()
    there, back = HELD.pairs(["A", "B"], ["B", "C"]), HELD.pairs(["B", "C"], ["A", "B"])
    assert (there - back).tolist() == pytest.approx([0.3, 0.0])


def test_a_margin_needs_the_same_points_on_both_sides():
    wide = Support(VALUES[:2], NAMES[:2], NAMES, ("string",))
    with pytest.raises(InputError, match=r"2 sources and 3 targets\n.*where: margin, support"):
        _ = wide.margin


@pytest.mark.parametrize(
    ("values", "targets", "provenance", "found"),
    [
        (VALUES[:2], "ABC", ("x",), r"shape \(2, 3\)"),
        (VALUES, "ABB", ("x",), "names come twice: B"),
        (-VALUES, "ABC", ("x",), "negative"),
        (VALUES * np.nan, "ABC", ("x",), "not finite"),
        (VALUES, "ABC", (), "no source"),
    ],
)
def test_bad_input_is_refused(values, targets, provenance, found):
    with pytest.raises(InputError, match=found):
        Support(values, NAMES, tuple(targets), provenance)
