import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.aggregators import AGGREGATORS, aggregate
from cellglass.regulation.states.halves import quarters, scores_of_quarters
from cellglass.regulation.states.study_strata import study_strata
from cellglass.stats import auroc


def split_of(planted, *, min_cells=20):
    strata = study_strata(planted.held, min_cells=20, seed=1)
    return quarters(planted.held, strata, planted.network, "planted", 3, min_cells=min_cells,
                    seed=1)  # fmt: skip


@pytest.fixture(scope="module")
def setting(made):
    planted = made(1.5, stratum=0, seed=2)
    return planted, split_of(planted)


def test_whole_blocks_and_like_halves(setting):
    planted, split = setting
    block = planted.held.attention.group_block
    for b in range(4):
        assert len(set(split.half_of_group[block == b])) == 1
    cells = np.bincount(split.half_of_group, weights=split.sizes)
    assert cells.tolist() == [60.0, 60.0]
    assert {*split.blocks[0], *split.blocks[1]} == {f"donor {i}" for i in range(4)}
    edges = [split.pairs.labels[split.part_of_row == f].sum() for f in (0, 1)]
    assert abs(edges[0] - edges[1]) <= 8


def test_scores_of_a_quarter_are_those_of_its_cells_and_regulators(setting):
    planted, split = setting
    found = scores_of_quarters(planted.held, split, 2, seed=1, task="x")
    assert found.shape == (3, 2, 9, 2, 2)
    h, f, layer = 1, 0, 1
    assignment = split.assignment(split.strata, h)
    attention = planted.held.attention
    by_stratum = attention.by_stratum(layer, assignment)[0][:, split.rows]
    pooled = attention.by_stratum(layer, np.where(assignment >= 0, 0, -1))[0][0, split.rows]
    rows = split.part_of_row == f
    mask, labels = split.pairs.mask[rows], split.pairs.labels[rows]
    assert found[0, layer, 0, h, f] == pytest.approx(auroc(pooled[rows][mask], labels[mask]))
    for place, how in enumerate(AGGREGATORS, start=1):
        scores = aggregate(by_stratum, np.array([30, 30]), how, pooled=pooled)
        expected = auroc(scores[rows][mask], labels[mask])
        assert found[0, layer, place, h, f] == pytest.approx(expected, abs=2e-3), how


def test_shuffles_stay_within_their_half(setting, monkeypatch):
    planted, split = setting
    from cellglass.regulation.states.scorers import AttentionScorer

    seen = []
    original = AttentionScorer.aurocs

    def record(self, assignments):
        seen.append(assignments.copy())
        return original(self, assignments)

    monkeypatch.setattr(AttentionScorer, "aurocs", record)
    scores_of_quarters(planted.held, split, 5, seed=1, task="x")
    for h, assignments in enumerate(seen[:2]):
        inside = split.half_of_group == h
        assert (assignments[:, ~inside] == -1).all()
        assert all(np.bincount(a[inside]).tolist() == [6, 6] for a in assignments)


def test_strata_must_be_large_in_both_halves(made, setting):
    planted, _ = setting
    with pytest.raises(InputError, match="0 strata have 31 cells or more in both halves"):
        split_of(planted, min_cells=31)


def test_two_regulators_are_too_few(made):
    planted = made(1.0, seed=3)
    frame = planted.network.frame
    two = sorted(set(frame["source"]))[:2]
    network = type(planted.network).from_frame(
        frame[frame["source"].isin(two)][["source", "target"]], name="two"
    )
    planted = type(planted)(planted.held, network, planted.labels)
    with pytest.raises(InputError, match="2 regulators of planted have edges"):
        split_of(planted)
