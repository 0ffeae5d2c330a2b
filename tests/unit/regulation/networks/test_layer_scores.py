"""Scores that are made one at a time, and universes that cannot be judged."""

import numpy as np
import pandas as pd
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.errors import NetworkError
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import (
    Matrices,
    Score,
    judged_pairs,
    layer_scores,
    not_judged,
    single_gene_scores,
    size_of,
)
from cellglass.regulation.study_edges import StudyEdges, filled
from cellglass.stats import State


def of_table(held: StudyEdges, scores: np.ndarray) -> StudyEdges:
    edges = FixedEdges.of(EdgeTable(scores, held.regulators, held.edges.targets), "mine")
    return StudyEdges(
        edges, None, held.genes, held.expression, held.study, held.cells, None, "mine", "table"
    )


def test_layers_then_what_stands_beside_them(made):
    held = made(0.0).held
    rows = np.array([3, 0])
    found = {s.name: s for s in layer_scores(held, rows)}
    assert list(found) == [
        "layer 0", "layer 1", "|Spearman|", "untrained: layer 0", "untrained: layer 1",
    ]  # fmt: skip
    assert [s.kind for s in found.values()] == ["candidate"] * 2 + ["reference"] * 3
    expected = filled(held.edges.candidate("layer 1").scores, rows)
    assert np.array_equal(found["layer 1"].make(), expected)
    expected = filled(held.untrained.candidate("layer 1").scores, rows)
    assert np.array_equal(found["untrained: layer 1"].make(), expected)
    signed = spearman(held.expression, held.rows[rows])
    assert np.array_equal(found["|Spearman|"].make(), np.abs(signed))
    more = {s.name: s for s in layer_scores(held, rows, signed=True, untrained=False)}
    assert list(more) == ["layer 0", "layer 1", "|Spearman|", "Spearman"]
    assert np.array_equal(more["Spearman"].make(), signed)


def test_scores_of_a_table_stand_with_and_without_their_sign(made):
    held, rng = made(0.0).held, np.random.default_rng(0)
    scores = rng.normal(size=(len(held.regulators), len(held.edges.targets)))
    rows = np.arange(4)
    found = {s.name: s for s in layer_scores(of_table(held, scores), rows, signed=True)}
    assert list(found) == ["mine", "|mine|", "|Spearman|", "Spearman"]
    assert np.array_equal(found["|mine|"].make(), np.abs(scores[rows]))
    positive = layer_scores(of_table(held, np.abs(scores)), rows, signed=True)
    assert [s.name for s in positive] == ["mine", "|Spearman|", "Spearman"]


def test_no_matrix_is_kept():
    made_up = []

    def make() -> np.ndarray:
        made_up.append(1)
        return np.ones((2, 3))

    held = Matrices([Score("a", "candidate", make), Score("b", "candidate", make)])
    assert not made_up
    assert [m.shape for m in held] == [(2, 3), (2, 3)]
    assert held[1].sum() == 6
    assert len(held[:1]) == 1
    assert len(made_up) == 3


def test_single_gene_scores_are_those_of_the_statistics(made):
    planted = made(0.0)
    pairs, _ = judged_pairs(planted.held, planted.network, "n", 3)
    statistics = planted.held.statistics(pairs.regulators)
    expected = statistics.scores(pairs.out_degree)
    found = single_gene_scores(statistics, pairs)
    assert [s.name for s in found] == list(expected)
    for score in found:
        assert np.array_equal(score.make(), expected[score.name])
        assert score.kind == "baseline"


def test_one_regulator_has_no_interval(made):
    planted = made(0.0)
    frame = planted.network.frame
    one = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    with pytest.raises(NetworkError, match="1 regulator of one can be judged"):
        judged_pairs(planted.held, one, "one", 3)
    alien = Network.from_frame(pd.DataFrame({"source": ["X"], "target": ["Y"]}))
    with pytest.raises(NetworkError, match="can be judged"):
        judged_pairs(planted.held, alien, "alien", 3)


def test_what_cannot_be_judged_is_not_applicable_with_the_reason(made):
    planted = made(0.0)
    error = NetworkError("too few edges", fix="more")
    found = not_judged("regulation.x", planted.held, "net", "the network", error)
    assert found.label == {"model": "M", "network": "net"}
    assert found.verdicts[0].state is State.NOT_APPLICABLE
    assert found.verdicts[0].sentence == "Not applicable (recovering net edges): too few edges."
    pairs, _ = judged_pairs(planted.held, planted.network, "net", 3)
    assert size_of(pairs) == "16 regulators, 123 edges among 1,264 pairs"
