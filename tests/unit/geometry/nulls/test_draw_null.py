"""The check that every null over data shares."""

import logging

import numpy as np
import pytest

from cellglass.errors import StudyError
from cellglass.geometry.nulls.draw_null import DrawNull


class Shift(DrawNull[np.ndarray]):
    """Moves a stated share of ten items."""

    name, preserves = "shift", "nothing"

    def __init__(self, share, complaint=()):
        super().__init__(np.arange(10.0))
        self.share, self.complaint = share, complaint

    def draw(self, rng):
        moved = self.observed.copy()
        moved[: int(10 * self.share)] += rng.random()
        return moved

    def changed(self, drawn):
        return float((drawn != self.observed).mean())

    def complaints(self):
        return self.complaint

    def remarks(self):
        return ("A remark.",)


def test_a_null_that_moves_passes():
    check = Shift(0.5).check()
    assert (check.passed, check.mean_changed, check.n_draws) == (True, 0.5, 20)
    assert check.messages == ("A remark.",)
    assert check.require() is check


@pytest.mark.parametrize(
    ("null", "message"),
    [
        (Shift(0.1), "change 10.0% on average"),
        (Shift(0.0), "20 of 20 draws equal the data"),
        (Shift(0.9, ("It is not mixed.",)), "not mixed"),
    ],
)
def test_a_null_that_does_not_fails_and_says_why(null, message, caplog):
    with caplog.at_level(logging.WARNING):
        check = null.check()
    assert not check.passed
    assert message in caplog.text
    with pytest.raises(StudyError, match=message):
        check.require()


def test_the_check_has_its_own_seed():
    assert Shift(0.5).check(seed=1) == Shift(0.5).check(seed=1)
