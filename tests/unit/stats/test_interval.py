import pytest

from cellglass.errors import InputError
from cellglass.stats import Interval


def test_ends_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match="above high"):
        Interval(1.0, 0.0, 0.95, "t", "regulator", 3)


def test_level_must_be_a_fraction():
    with pytest.raises(InputError, match="level"):
        Interval(0.0, 1.0, 95, "t", "regulator", 3)


def test_excludes_is_open_at_the_ends():
    interval = Interval(0.0, 1.0, 0.95, "t", "regulator", 3)
    assert not interval.excludes(0.0)
    assert not interval.excludes(1.0)
    assert interval.excludes(-1e-9)
    assert interval.excludes(1.1)
    assert interval.half_width == 0.5


def test_record_rebuilds_it():
    interval = Interval(0.0123456789, 1.0, 0.9, "t", "donor", 3)
    assert Interval(**interval.to_dict()) == interval
    assert str(interval) == "[0.012, 1.000]"
