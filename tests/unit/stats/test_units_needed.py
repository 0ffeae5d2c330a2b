import itertools

import numpy as np

from cellglass.stats import Interval, units_to_fail, units_to_pass


def test_units_needed_are_the_fewest_that_suffice():
    for half, n, gap in itertools.product((0.01, 0.04, 0.2), (5, 50, 800), (0.003, 0.02, 0.5)):
        interval = Interval(-half, half, 0.90, "", "regulator", n)
        needed = units_to_fail(interval, gap)
        assert interval.half_width * np.sqrt(n / needed) < gap * (1 + 1e-9)
        if needed > 2:
            assert interval.half_width * np.sqrt(n / (needed - 1)) >= gap * (1 - 1e-9)
    wide = Interval(0.0, 0.04, 0.95, "", "regulator", 50)
    assert units_to_pass(0.02, wide, 0.0) == 51
    assert units_to_pass(0.01, wide, 0.01) is None
    assert units_to_fail(Interval(-1, 1, 0.90, "", "r", 5), 0.0) is None
