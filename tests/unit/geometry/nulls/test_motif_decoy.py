"""Motifs moved to pairs of like degree."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.motif_decoy import MotifDecoy
from cellglass.geometry.pairs import Pairs

RNG = np.random.default_rng(0)
MASK = RNG.random((20, 50)) < 0.95
LABELS = MASK & (RNG.random(MASK.shape) < np.linspace(0.05, 0.5, 20)[:, None])
PAIRS = Pairs(
    tuple(f"s{i}" for i in range(20)), tuple(f"t{i}" for i in range(50)), LABELS, MASK, "n"
)
MOTIF = (MASK & (RNG.random(MASK.shape) < 0.2)) * 1.0


def test_motifs_stay_in_their_bins_of_degree():
    null = MotifDecoy(PAIRS, MOTIF)
    drawn = null.draw(np.random.default_rng(1))
    for code in range(null.strata.codes.max() + 1):
        inside = null.strata.codes == code
        assert drawn[inside].sum() == MOTIF[inside].sum()
    assert null.check().passed
    source, target = LABELS.sum(1), LABELS.sum(0)
    rows, columns = PAIRS.index
    for degree, edges in zip(
        (source[rows], target[columns]), null.strata.edges.values(), strict=True
    ):
        assert edges.tolist() == np.unique(np.quantile(degree, [0.25, 0.5, 0.75])).tolist()


def test_features_of_a_motif_stay_together():
    consistent = MOTIF * RNG.choice([-1.0, 1.0], size=MASK.shape)
    null = MotifDecoy(PAIRS, np.stack([MOTIF, consistent]))
    drawn = null.draw(np.random.default_rng(1))
    assert np.array_equal(np.abs(drawn[1]), drawn[0])
    assert np.array_equal(drawn[:, ~MASK], np.stack([MOTIF, consistent])[:, ~MASK])
    assert 0.5 < null.changed(drawn) <= 1.0


def test_a_copy_of_the_label_beats_it_as_the_published_claim_did():
    null = MotifDecoy(PAIRS, LABELS * 1.0)

    def share(motif):
        return float((motif.astype(bool) & LABELS).sum() / LABELS.sum())

    rng = np.random.default_rng(0)
    assert share(null.observed) == 1.0
    assert max(share(null.draw(rng)) for _ in range(50)) < 0.6


@pytest.mark.parametrize(
    ("motif", "message"),
    [
        (MOTIF[:3], "a motif of shape"),
        (MOTIF * np.nan, "not finite"),
        (np.ones_like(MOTIF), "the same at all judged pairs"),
    ],
)
def test_refuses(motif, message):
    with pytest.raises(InputError, match=message):
        MotifDecoy(PAIRS, motif)
