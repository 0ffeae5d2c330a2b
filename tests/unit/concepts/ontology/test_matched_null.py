from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.enrichment import Enrichment, Inputs
from cellglass.concepts.ontology.libraries import Library
from cellglass.concepts.ontology.matched_null import expression_bins, matched_null, shuffled
from cellglass.data import GeneSets
from cellglass.errors import InputError

N = 1_000
GENES = [f"g{i}" for i in range(N)]
MEAN = np.linspace(5, 0.01, N)
DETECTION = np.linspace(1, 0.02, N)


def library() -> Library:
    """Programs of genes at every level, and terms that are nothing but high expression."""
    rng = np.random.default_rng(0)
    programs = {f"program {i}": tuple(GENES[j] for j in rng.choice(N, 25, replace=False))
                for i in range(20)}  # fmt: skip
    housekeeping = {f"ribosome {i}": tuple(GENES[j] for j in rng.choice(120, 60, replace=False))
                    for i in range(20)}  # fmt: skip
    return Library("toy", GeneSets(programs | housekeeping))


def enrichment(kind: str) -> Enrichment:
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 0.01, (N, 12))
    sets = library().sets.sets
    for unit in range(12):
        if kind == "programs":
            genes = [GENES.index(g) for g in sets[f"program {unit}"][:12]]
        else:  # any highly expressed genes
            genes = list(rng.choice(100, 15, replace=False))
        scores[genes, unit] = 0.5
    return enrich(scores, library(), genes=GENES, methods=["ora"])


def test_programs_stay_above_matched_lists():
    null = matched_null(enrichment("programs"), MEAN, DETECTION, draws=10)["ora"]
    assert null.share == 1.0
    assert null.null_share < 0.2
    assert null.excess == pytest.approx(null.share - null.null_share)
    assert null.interval.low > 0.5
    assert null.interval90.level == 0.9
    assert null.interval.low <= null.interval90.low <= null.excess
    assert null.excess <= null.interval90.high <= null.interval.high
    assert null.p == pytest.approx(1 / 11)
    assert "excess" in str(null)


def test_what_high_expression_alone_explains_is_caught():
    found = enrichment("expression")
    null = matched_null(found, MEAN, DETECTION, draws=10)["ora"]
    assert null.share > 0.8  # the plain share looks like a success
    assert abs(null.excess) < 0.15
    assert null.interval.low <= 0.1
    assert null.p > 0.2


def test_coarser_permutations_are_used_on_both_sides():
    rng = np.random.default_rng(6)
    scores = rng.normal(0, 0.01, (N, 3))
    for unit in range(3):
        scores[[GENES.index(g) for g in library().sets.sets[f"program {unit}"]], unit] = 0.5
    found = enrich(scores, library(), genes=GENES, methods=["prerank"], permutations=4_000)
    assert found.annotated_share("prerank") == 1.0
    coarse = matched_null(found, MEAN, DETECTION, draws=2, permutations=20)["prerank"]
    assert coarse.share == 0.0  # 20 permutations cannot call anything, observed or random
    assert coarse.excess == 0.0


def test_a_small_panel_against_all_annotated_genes_is_caught():
    """Genes the model never saw in the background make any panel genes "enriched"."""
    rng = np.random.default_rng(2)
    panel = 100
    sets = {f"immune {i}": tuple([GENES[j] for j in rng.choice(panel, 70, replace=False)])
            for i in range(10)}  # fmt: skip
    scores = np.zeros((N, 10))
    for unit in range(10):
        scores[rng.choice(panel, 20, replace=False), unit] = 0.5
    mean = np.where(np.arange(N) < panel, MEAN, 0.0)
    detection = np.where(np.arange(N) < panel, 0.5, 0.0)
    wrong = enrich(scores, Library("x", GeneSets(sets)), genes=GENES, methods=["ora"])
    assert wrong.annotated_share() == 1.0
    null = matched_null(wrong, mean, detection, draws=5)["ora"]
    assert null.null_share > 0.9
    assert null.excess < 0.1
    tested = np.zeros((N, 10), dtype=bool)
    tested[:panel] = True
    right = enrich(
        scores, Library("x", GeneSets(sets)), genes=GENES, methods=["ora"], tested=tested
    )
    assert right.annotated_share() <= 0.1


def test_scores_move_within_bins_of_tested_genes_only():
    rng = np.random.default_rng(3)
    inputs = Inputs(rng.normal(size=(4, N)), rng.random((4, N)) < 0.6, rng.random((4, N)))
    bins = expression_bins(MEAN, DETECTION)
    moved = shuffled(inputs, bins, list("abcd"), draw=2, seed=5)
    assert moved.gene_q is not None
    assert inputs.gene_q is not None
    q_of = dict(zip(inputs.scores.ravel(), inputs.gene_q.ravel(), strict=True))
    for row in range(4):
        tested = inputs.tested[row]
        for b in np.unique(bins):
            here = tested & (bins == b)
            assert sorted(moved.scores[row, here]) == sorted(inputs.scores[row, here])
        assert np.array_equal(moved.scores[row, ~tested], inputs.scores[row, ~tested])
        assert (moved.scores[row, tested] != inputs.scores[row, tested]).mean() > 0.8
        assert all(q_of[s] == q for s, q in zip(moved.scores[row], moved.gene_q[row], strict=True))
    one = Inputs(inputs.scores[2:3], inputs.tested[2:3])
    alone = shuffled(one, bins, ["c"], draw=2, seed=5)
    assert np.array_equal(alone.scores[0], moved.scores[2])  # a draw does not see other units


def test_bins_hold_genes_that_are_alike():
    rng = np.random.default_rng(4)
    detection = rng.random(2_000)
    mean = detection * np.exp(rng.normal(0, 0.5, 2_000))
    bins = expression_bins(mean, detection, size=25)
    counts = np.bincount(bins)
    assert counts.min() >= 25
    assert counts.max() <= 50
    spread = np.array([np.ptp(detection[bins == b]) for b in range(counts.size)])
    assert np.median(spread) < 0.2
    assert expression_bins([1.0], [1.0]).tolist() == [0]


def test_bad_input():
    found = enrichment("programs")
    with pytest.raises(InputError, match="1 genes have no finite"):
        matched_null(found, np.where(np.arange(N) == 3, np.nan, MEAN), DETECTION)
    with pytest.raises(InputError, match="expression of 999 genes"):
        matched_null(found, MEAN[1:], DETECTION[1:])
    with pytest.raises(InputError, match="draws"):
        matched_null(found, MEAN, DETECTION, draws=0)
    with pytest.raises(InputError, match="shapes"):
        expression_bins([1.0], [1.0, 2.0])
