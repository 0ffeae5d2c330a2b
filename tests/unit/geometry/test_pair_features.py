import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.pair_features import PairFeatures

HELD = PairFeatures(
    ("A", "A"), ("B", "C"), {"detour": np.array([1.0, np.nan]), "m": np.array([0.5, 0.1])}
)


def test_features_stand_beside_the_names_of_the_pairs():
    frame = HELD.frame()
    assert frame.columns.tolist() == ["source", "target", "detour", "m"]
    assert frame["target"].tolist() == ["B", "C"]
    assert HELD["m"].tolist() == [0.5, 0.1]
    assert np.isnan(frame["detour"][1])


def test_a_feature_that_is_not_there_is_told():
    with pytest.raises(InputError, match=r"no feature detours\n(.*\n)*.*did you mean 'detour'"):
        HELD["detours"]


@pytest.mark.parametrize(
    ("targets", "values", "told"),
    [
        (("B",), {}, "2 sources and 1 targets"),
        (("B", "C"), {"m": np.zeros(3)}, r"shapes \{'m': \(3,\)\}"),
    ],
)
def test_one_number_a_pair(targets, values, told):
    with pytest.raises(InputError, match=told):
        PairFeatures(("A", "A"), targets, values)
