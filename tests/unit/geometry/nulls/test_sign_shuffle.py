"""Signs permuted among the pairs of a regulator."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.sign_shuffle import SignShuffle

RNG = np.random.default_rng(0)
MASK = RNG.random((12, 40)) < 0.8
SIGNS = RNG.choice([-1, 0, 1], p=[0.1, 0.75, 0.15], size=MASK.shape) * MASK


@pytest.mark.parametrize("zeros", ["in", "out"])
def test_each_regulator_keeps_its_signs(zeros):
    null = SignShuffle(SIGNS, MASK, zeros=zeros)
    drawn = null.draw(np.random.default_rng(1))
    for sign in (-1, 0, 1):
        assert np.array_equal((drawn == sign).sum(1), np.equal(SIGNS, sign).sum(1))
    assert not drawn[~MASK].any()
    assert null.changed(drawn) > 0.3


def test_zeros_out_leaves_where_signs_are_and_zeros_in_does_not():
    out = SignShuffle(SIGNS, MASK, zeros="out")
    assert np.array_equal(out.draw(np.random.default_rng(1)) != 0, SIGNS != 0)
    assert out.presence_moved(out.draw(np.random.default_rng(1))) == 0.0
    within = SignShuffle(SIGNS, MASK)
    drawn = within.draw(np.random.default_rng(1))
    assert within.presence_moved(drawn) == (drawn[SIGNS != 0] == 0).mean()
    assert within.presence_moved(drawn) > 0.6
    assert "no evidence for signs" in within.check().messages[-1]
    assert "only which sign" in out.check().messages[-1]


def test_presence_beats_zeros_in_and_cannot_beat_zeros_out():
    # the published artefact: a feature that only knows where signs are
    truth = SIGNS != 0

    def statistic(signs):
        return float(((signs != 0) == truth)[MASK].mean())

    within, out = SignShuffle(SIGNS, MASK), SignShuffle(SIGNS, MASK, zeros="out")
    rng = np.random.default_rng(0)
    assert all(statistic(within.draw(rng)) < statistic(SIGNS) for _ in range(50))
    assert all(statistic(out.draw(rng)) == statistic(SIGNS) for _ in range(50))


def test_groups_of_regulators_exchange_signs():
    groups = np.arange(12) // 6
    drawn = SignShuffle(SIGNS, MASK, groups=groups).draw(np.random.default_rng(1))
    for g in range(2):
        for sign in (-1, 0, 1):
            assert (drawn[groups == g] == sign).sum() == (SIGNS[groups == g] == sign).sum()
    assert not np.array_equal((drawn == 1).sum(1), (SIGNS == 1).sum(1))


@pytest.mark.parametrize(
    ("signs", "mask", "settings", "message"),
    [
        (SIGNS * 2, MASK, {}, "-1, 0 or 1"),
        (SIGNS[0], MASK[0], {}, "shape"),
        (SIGNS * 0, MASK, {}, "0 signs on judged pairs"),
        (SIGNS, MASK & (SIGNS == 0), {}, "on others"),
        (abs(SIGNS), MASK, {"zeros": "out"}, "no regulator has both signs"),
        (SIGNS, MASK, {"zeros": "none"}, "zeros is 'none'"),
        (SIGNS, MASK, {"groups": np.zeros(3, int)}, "groups of shape"),
    ],
)
def test_refuses(signs, mask, settings, message):
    with pytest.raises(InputError, match=message):
        SignShuffle(signs, mask, **settings)
