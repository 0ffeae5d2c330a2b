"""Agreement of halves: real where there is pairwise signal, about zero where there is none."""

import numpy as np
import pytest

from cellglass.regulation.reliability_analysis import MAX_SPLITS, halves, judge_reliability


@pytest.mark.parametrize(("n", "ways"), [(2, 1), (3, 3), (4, 3), (5, 10), (6, 10)])
def test_few_blocks_are_split_in_every_way_once(n, ways):
    found = halves(n)
    assert len({frozenset(map(frozenset, s)) for s in found}) == len(found) == ways
    for first, second in found:
        assert sorted(first + second) == list(range(n))
        assert abs(len(first) - len(second)) <= 1


@pytest.mark.parametrize("n", [7, 12, 60])
def test_many_blocks_are_split_in_drawn_ways(n):
    found = halves(n)
    assert len({frozenset(map(frozenset, s)) for s in found}) == len(found) == MAX_SPLITS
    assert all(sorted(a + b) == list(range(n)) for a, b in found)
    together = sum((0 in a) == (1 in a) for a, _ in found)
    assert 0 < together < MAX_SPLITS


def test_pairwise_agreement_is_about_pairs(made, quick):
    found = judge_reliability(made(1.5).held, quick, 1)
    table = found.tables["reliability"].set_index(["score", "layer", "part"])["mean"]
    assert table["M", 1, "pairwise"] > 0.15
    assert abs(table["M", 0, "pairwise"]) < 0.06
    assert abs(table["M, untrained", 1, "pairwise"]) < 0.06
    assert (table.xs("whole", level="part") > 0.5).all()  # genes alone make halves agree


def test_findings_describe_the_model_and_carry_no_p(made, quick):
    found = judge_reliability(made(0.0, untrained=False).held, quick, 1)
    assert [f.kind for f in found.findings] == ["descriptive"] * 2
    assert all(np.isnan(f.p) and f.unit == "donor" and f.n == 4 for f in found.findings)
    assert set(found.tables["reliability"]["score"]) == {"M"}
    assert not found.verdicts


def test_noise_in_proportion_to_level_is_no_agreement(made, quick):
    """Genes of high attention vary more: skew alone must not make pairwise parts agree."""
    held = made(0.0, untrained=False).held
    rng = np.random.default_rng(0)
    level = rng.lognormal(0, 1.0, held.edges.sums.shape[-1])
    held.edges.sums = 5 * level * rng.lognormal(0, 2.0, held.edges.sums.shape)
    table = judge_reliability(held, quick, 1).tables["reliability"]
    assert table[table["part"] == "pairwise"]["mean"].abs().max() < 0.06
