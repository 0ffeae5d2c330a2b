"""Splits that separate genes, and the published subsets that do not."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import (
    best_score,
    disjoint_splits,
    held_out,
    published_masks,
    require_disjoint,
)
from cellglass.stats import assert_disjoint, auroc


def planted(seed=0, sources=24, targets=90, shared=20):
    """Regulators of which the first `shared` are targets too."""
    rng = np.random.default_rng(seed)
    names = tuple(f"r{i}" for i in range(sources))
    genes = (*names[:shared], *(f"t{i}" for i in range(targets - shared)))
    mask = np.array(names)[:, None] != np.array(genes)[None, :]
    labels = mask & (rng.random(mask.shape) < 0.2)
    return Pairs(names, genes, labels, mask, "planted"), rng


PAIRS, _ = planted()


def units(pairs):
    rows, columns = PAIRS.index
    return np.array(PAIRS.sources)[rows], np.array(PAIRS.targets)[columns]


@pytest.mark.parametrize("axis", ["source", "target", "both"])
def test_parts_share_nothing_and_cover_what_they_should(axis):
    splits = list(disjoint_splits(PAIRS, axis, n_folds=3, repeats=2))
    assert [(s.repeat, s.fold) for s in splits] == [(r, f) for r in range(2) for f in range(3)]
    sources, targets = units(PAIRS)
    for split in splits:
        train, test = (part.mask[PAIRS.mask] for part in (split.train, split.test))
        if axis != "target":
            assert_disjoint(train, test, by={"regulator": sources})
        if axis != "source":
            assert_disjoint(train, test, by={"target": targets})
        if axis == "both":  # in whatever role
            genes = np.concatenate([sources, targets])
            assert_disjoint(np.tile(train, 2), np.tile(test, 2), by={"gene": genes})
        assert split.n_dropped == (~train & ~test).sum()
        assert (split.n_dropped > 0) == (axis == "both")
        assert np.array_equal(split.train.labels, PAIRS.labels & split.train.mask)
    if axis != "both":
        tested = sum(s.test.mask.astype(int) for s in splits[:3])
        assert np.array_equal(tested, PAIRS.mask.astype(int))


def test_a_split_by_rows_and_columns_alone_would_share_genes():
    # the reason for folds of genes: half of the rows against half of the columns
    rows = np.arange(24) < 12
    columns = np.arange(90) < 45
    train, test = rows[:, None] & columns[None, :], ~rows[:, None] & ~columns[None, :]
    require_disjoint(PAIRS, train, test, axis="source")
    require_disjoint(PAIRS, train, test, axis="target")
    with pytest.raises(InputError, match=r"8 genes .* test: r12, r13, r14, r15, r16 and 3 more"):
        require_disjoint(PAIRS, train, test)


def test_partitions_are_random_and_repeat_with_the_seed():
    def folds(seed, repeat):
        splits = disjoint_splits(PAIRS, "both", n_folds=2, repeats=3, seed=seed)
        return [s.test.mask for s in splits if s.repeat == repeat]

    assert np.array_equal(folds(1, 2), folds(1, 2))
    assert not np.array_equal(folds(1, 0)[0], folds(1, 1)[0])
    assert not np.array_equal(folds(1, 0)[0], folds(1, 1)[1])
    assert not np.array_equal(folds(1, 0), folds(2, 0))
    rows = {s.test.mask.any(1).tobytes() for s in disjoint_splits(PAIRS, "source", repeats=4)}
    assert len(rows) == 20  # no fold comes twice


def test_folds_weigh_alike_in_positives():
    for axis in ("source", "target"):
        n = [s.test.labels.sum() for s in disjoint_splits(PAIRS, axis, n_folds=4)]
        assert max(n) < 1.3 * min(n)


def test_published_masks_are_medians_and_fail_the_assertion():
    masks = published_masks(PAIRS)
    rows, columns = PAIRS.index
    low, high = rows <= np.median(rows), columns > np.median(columns)
    for name, kept in (
        ("source_disjoint", low), ("target_disjoint", high), ("dual_axis_disjoint", low & high),
    ):  # fmt: skip
        assert np.array_equal(masks[name][PAIRS.mask], kept)
        assert not (masks[name] & ~PAIRS.mask).any()
        for axis in ("source", "target", "both"):
            with pytest.raises(InputError, match="in training and in test"):
                require_disjoint(PAIRS, masks[name], masks[name], axis=axis)  # judged on itself
    overlap = masks["source_disjoint"] & masks["target_disjoint"]
    assert np.array_equal(overlap, masks["dual_axis_disjoint"])
    with pytest.raises(InputError) as told:
        require_disjoint(PAIRS, masks["source_disjoint"], masks["target_disjoint"])
    shared = sorted(genes(masks["source_disjoint"]) & genes(masks["target_disjoint"]))
    assert f"{len(shared)} genes are in training and in test: {', '.join(shared[:5])} and" in str(
        told.value
    )
    assert f"and {len(shared) - 5} more" in str(told.value)


def genes(mask):
    rows, columns = np.nonzero(mask)
    return {PAIRS.sources[r] for r in rows} | {PAIRS.targets[c] for c in columns}


def test_the_complement_of_a_published_mask_shares_genes_too():
    low = published_masks(PAIRS)["source_disjoint"]
    require_disjoint(PAIRS, low, ~low, axis="source")  # regulators are apart
    with pytest.raises(InputError, match="targets are in training"):
        require_disjoint(PAIRS, low, ~low, axis="target")


def test_selection_is_judged_on_what_it_did_not_see():
    pairs, rng = planted(1)
    noise = {f"score {i}": rng.normal(size=pairs.mask.shape) for i in range(80)}
    fit, score = best_score(noise)
    chosen = fit(pairs)
    assert score(chosen, pairs) == max(auroc(v[pairs.mask], pairs.positive) for v in noise.values())
    in_sample = score(chosen, pairs)
    values = held_out(disjoint_splits(pairs, "both", n_folds=2, repeats=10), fit, score)
    assert in_sample > 0.535
    assert abs(values.mean() - 0.5) < 0.02


def test_fit_is_given_training_pairs_and_labels_only():
    def overlap(seen, test):
        assert not (seen.labels & ~seen.mask).any()
        return float((seen.mask & test.mask).sum())

    splits = disjoint_splits(PAIRS, "source")
    assert held_out(splits, lambda train: train, overlap).tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("axis", "settings", "message"),
    [
        ("row", {}, "axis is 'row'"),
        ("source", {"n_folds": 1}, "1 folds of 24 regulators"),
        ("source", {"n_folds": 25}, "25 folds of 24 regulators"),
        ("target", {"n_folds": 91}, "91 folds of 90 targets"),
        ("both", {"repeats": 0}, "0 partitions"),
    ],
)
def test_refuses(axis, settings, message):
    with pytest.raises(InputError, match=message):
        list(disjoint_splits(PAIRS, axis, **settings))


def test_refuses_a_part_without_positives_and_no_scores():
    one = np.zeros_like(PAIRS.labels)
    one[0, 30] = True
    few = Pairs(PAIRS.sources, PAIRS.targets, one, PAIRS.mask, "few")
    with pytest.raises(InputError, match="positives among"):
        list(disjoint_splits(few, "both"))
    with pytest.raises(InputError, match="no score"):
        best_score({})
    with pytest.raises(InputError, match="no pair is judged"):
        published_masks(PAIRS.within(PAIRS.mask & False))
