from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cellglass.errors import InputError
from cellglass.geometry.guards.selection import SelectionRecord
from cellglass.geometry.pair_baselines import trained_degrees
from cellglass.geometry.pair_model import held_out_log_odds, pair_increment
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import pair_splits
from cellglass.seeds import generator
from cellglass.stats import auroc

KINDS = ["source", "target", "both"]


def planted(seed: int, gain: float = 0.0, shape: tuple[int, int] = (24, 60)):
    """Pairs whose labels depend on gene-level statistics, and on a score of pairs by `gain`."""
    rng = generator(seed, "planted")
    of_source, of_target = rng.normal(size=shape[0]), rng.normal(size=shape[1])
    score = rng.normal(size=shape)
    odds = of_source[:, None] + of_target + gain * score - 1.5
    labels = rng.random(shape) < 1 / (1 + np.exp(-odds))
    pairs = Pairs(
        tuple(f"s{i}" for i in range(shape[0])), tuple(f"t{i}" for i in range(shape[1])),
        labels, np.ones(shape, bool), "net",
    )  # fmt: skip
    rows, columns = pairs.index
    return pairs, np.column_stack([of_source[rows], of_target[columns]]), score


@pytest.mark.parametrize("kind", KINDS)
def test_log_odds_are_those_of_scikit_learn_fold_by_fold(kind):
    pairs, known, _ = planted(1)
    found = held_out_log_odds(pairs, known, kind, n_folds=3, seed=2, task="t")
    for split in pair_splits(pairs, kind, 3, seed=2, task="t"):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, tol=1e-10))
        model.fit(known[split.train], pairs.positive[split.train])
        assert np.allclose(found[split.test], model.decision_function(known[split.test]), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_score_adds_and_a_random_one_does_not(kind):
    pairs, known, score = planted(3, gain=1.0)
    noise = generator(4, "noise").normal(size=score.shape)
    found = pair_increment(
        pairs, {"score": score}, {"genes": known}, kind, n_folds=3, bootstrap=200
    )
    assert found.adds
    assert found.delta > 0.04
    assert found.interval.unit == "regulator"
    assert found.interval.low < found.interval90.low < found.delta < found.interval.high
    random = pair_increment(
        pairs, {"noise": noise}, {"genes": known}, kind, n_folds=3, bootstrap=200
    )
    assert not random.adds
    assert abs(random.delta) < 0.02


def test_numbers_are_those_of_the_held_out_scores():
    pairs, known, score = planted(5, gain=0.5)
    found = pair_increment(
        pairs, {"score": score}, {"genes": known}, "target", n_folds=4, repeats=3, bootstrap=50
    )
    bases = [auroc(b, pairs.positive) for b in found.base_scores]
    fulls = [auroc(f, pairs.positive) for f in found.full_scores]
    assert found.base_auroc == pytest.approx(np.mean(bases), abs=1e-12)
    assert found.full_auroc == pytest.approx(np.mean(fulls), abs=1e-12)
    gains = [f - max(b, 0.5) for b, f in zip(bases, fulls, strict=True)]
    assert found.delta == pytest.approx(np.mean(gains), abs=1e-12)
    assert len(set(bases)) == 3  # other partitions
    assert (found.n_pairs, found.n_regulators, found.n_splits) == (24 * 60, 24, 4)
    again = pair_increment(
        pairs, {"score": score}, {"genes": known}, "target", n_folds=4, repeats=3, bootstrap=50
    )
    assert again.interval == found.interval


def test_what_gene_level_statistics_know_is_no_gain():
    """A score made of the two genes alone predicts labels and adds nothing to their statistics."""
    pairs, known, _ = planted(6)
    both = known.sum(1) + 0.3 * generator(7, "blur").normal(size=len(known))
    assert auroc(both, pairs.positive) > 0.7
    found = pair_increment(pairs, {"sum": both}, {"genes": known}, "both", n_folds=3, bootstrap=200)
    assert not found.adds
    nothing = generator(8, "nothing").normal(size=pairs.mask.shape)
    alone = pair_increment(
        pairs, {"sum": both}, {"none": nothing}, "both", n_folds=3, bootstrap=200
    )
    assert alone.adds


def test_baselines_made_of_labels_see_training_pairs_alone():
    pairs, _, score = planted(9, gain=1.0)
    seen = []

    def watched(given: Pairs, train: np.ndarray) -> np.ndarray:
        seen.append(train)
        return trained_degrees(given, train)

    found = pair_increment(pairs, {"score": score}, {"degree": watched}, "source", n_folds=4)
    tests = [s.test for s in pair_splits(pairs, "source", 4, task="pair increment")]
    assert len(seen) == 4
    assert all(not (s & t).any() for s, t in zip(seen, tests, strict=True))
    assert found.base_auroc > 0.6  # degrees of the genes are known from other regulators


def test_the_record_finds_selection_and_evaluation_apart():
    pairs, known, _ = planted(10)
    record = SelectionRecord()
    held_out_log_odds(pairs, known, "both", n_folds=2, record=record)
    assert record.result().state == "passed"
    assert record.result().detail == "no pair evaluated in 4 folds was selected with"


def test_bad_input_is_told():
    pairs, known, score = planted(12)
    with pytest.raises(InputError, match="at least one of each"):
        pair_increment(pairs, {}, {"genes": known}, "source")
    with pytest.raises(InputError, match="under different names"):
        pair_increment(pairs, {"a": score}, {"a": known}, "source")
    with pytest.raises(InputError, match="no finite value"):
        pair_increment(pairs, {"a": np.full(score.shape, np.nan)}, {"genes": known}, "source")
    with pytest.raises(InputError, match="3 rows for 1440 pairs"):
        held_out_log_odds(pairs, np.ones((3, 2)), "source")


@pytest.mark.long
def test_intervals_hold_the_zero_of_a_score_that_adds_nothing():
    wrong = 0
    for seed in range(60):
        pairs, known, score = planted(100 + seed)
        found = pair_increment(
            pairs, {"score": score}, {"genes": known}, "both", n_folds=3, margin=0.0, seed=seed,
            bootstrap=400,
        )  # fmt: skip
        wrong += found.adds
    assert wrong <= 4
