import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.arguments import as_codes, as_fraction, as_labels, as_scores


def test_scores_keep_float32_and_turn_the_rest_into_float64():
    assert as_scores(np.array([1, 2])).dtype == np.float64
    assert as_scores(np.array([1, 2], dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize("bad", [[1.0, np.nan], [1.0, np.inf], [], [[1.0]]])
def test_scores_that_cannot_be_ranked_are_refused(bad):
    with pytest.raises(InputError):
        as_scores(bad)


def test_error_says_how_many_and_where():
    with pytest.raises(InputError, match=r"2 of 3 values are not finite(.|\n)*where: edges"):
        as_scores([np.nan, np.inf, 1.0], "edges")


def test_labels_other_than_0_and_1_are_refused():
    assert as_labels([0.0, 1.0], (2,)).dtype == np.bool_
    with pytest.raises(InputError, match="other than 0 and 1"):
        as_labels([0, 2], (2,))
    with pytest.raises(InputError, match="shape"):
        as_labels([0, 1, 1], (2,))


def test_codes_number_strings_in_sorted_order():
    codes, names = as_codes(np.array(["SPI1", "GATA1", "SPI1"]), 3)
    assert codes.tolist() == [1, 0, 1]
    assert names.tolist() == ["GATA1", "SPI1"]
    with pytest.raises(InputError):
        as_codes([1, 2], 3)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_fractions_are_strictly_inside(bad):
    with pytest.raises(InputError):
        as_fraction(bad, "level")
