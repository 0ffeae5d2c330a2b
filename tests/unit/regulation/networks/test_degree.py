"""The decomposition, its self-checks, and the published curveball that moved nothing."""

from dataclasses import replace

import numpy as np
import pytest

from cellglass.regulation.networks.degree import (
    DEGREE,
    checks_table,
    degree_parts,
    mixing_table,
    value,
)
from cellglass.regulation.networks.layer_scores import Score
from cellglass.regulation.networks.recovery import Pairs
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Interval, State, auroc, decide
from cellglass.stats.nulls import DegreePreserving, LabelNull, LabelWithinRegulator

R, G = 20, 160
NAMES = tuple(f"G{i}" for i in range(G))
QUICK = StatisticsConfig(draws=99, bootstrap=200)


class RowsAmongAllGenes(LabelNull):
    """The published port: two rows of a trade are picked among all genes.

    Most genes are no regulator and have no edge; trading with such a row moves nothing.
    """

    name = DEGREE
    preserves = "the number of targets of every regulator and of regulators of every target"
    keeps = frozenset({"rows", "columns"})
    n_genes = 1500
    trades = 200

    def draw_from_seeds(self, seeds):
        drawn = []
        for seed in seeds:
            rng = np.random.default_rng(int(seed))
            labels = self.labels.copy()
            for _ in range(self.trades):
                a, b = rng.choice(self.n_genes, 2, replace=False)
                if a >= len(labels) or b >= len(labels):
                    continue  # a gene without targets has nothing to give
                only_a = np.flatnonzero(labels[a] & ~labels[b] & self.mask[b])
                only_b = np.flatnonzero(labels[b] & ~labels[a] & self.mask[a])
                pool = rng.permutation(np.concatenate([only_a, only_b]))
                labels[a, pool], labels[b, pool] = False, False
                labels[a, pool[: only_a.size]] = True
                labels[b, pool[only_a.size :]] = True
            drawn.append(np.flatnonzero(labels))
        return np.array(drawn, dtype=np.int64)


@pytest.fixture(scope="module")
def problem():
    """A network with popular targets; one score knows the pairs, one the popular targets."""
    rng = np.random.default_rng(0)
    odds = np.outer(rng.lognormal(0, 0.4, R), rng.lognormal(0, 1.0, G))
    mask = np.ones((R, G), bool)
    mask[np.arange(R), np.arange(R)] = False
    labels = (rng.random((R, G)) < 0.06 * odds) & mask
    pairs = Pairs(NAMES[:R], NAMES, labels, mask, "n")
    popular = np.tile(labels.sum(0), (R, 1)).astype(float)
    matrices = {
        "knows": 1.2 * labels + rng.normal(size=(R, G)),
        "popular": popular + rng.normal(size=(R, G)),
        "|Spearman|": rng.normal(size=(R, G)),
        "untrained: knows": rng.normal(size=(R, G)),
        "untrained: popular": rng.normal(size=(R, G)),
        "target variance": popular,
    }
    kinds = ["candidate"] * 2 + ["reference"] * 3 + ["baseline"]
    scores = [Score(n, k, lambda m=m: m) for (n, m), k in zip(matrices.items(), kinds, strict=True)]
    return pairs, scores, matrices


@pytest.fixture(scope="module")
def parts(problem):
    pairs, scores, _ = problem
    return degree_parts(pairs, scores, settings=QUICK, seed=1, task="t")


def test_parts_add_up_to_the_observed_auroc(problem, parts):
    pairs, _, matrices = problem
    table = parts.table
    total = table["chance"] + table["degree_part"] + table["residual_part"]
    assert total.to_numpy() == pytest.approx(table["observed"].to_numpy())
    for name, matrix in matrices.items():
        expected = auroc(matrix[pairs.mask], pairs.labels[pairs.mask])
        assert value(table, DEGREE, name, "observed") == pytest.approx(expected)


def test_popularity_is_degree_part_and_knowledge_is_the_rest(parts):
    table = parts.table
    assert value(table, DEGREE, "popular", "observed") > 0.7
    assert value(table, DEGREE, "popular", "degree_part") > 0.2
    assert abs(value(table, DEGREE, "popular", "z")) < 3
    assert (
        value(table, LabelWithinRegulator.name, "popular", "z") > 5
    )  # the label shuffle takes it for knowledge
    assert value(table, DEGREE, "knows", "residual_part") > 0.15
    assert value(table, DEGREE, "knows", "z") > 5


def test_a_score_of_the_target_only_is_constant_under_the_degree_null(parts):
    assert value(parts.table, DEGREE, "target variance", "null_sd") == 0.0
    assert np.isnan(value(parts.table, DEGREE, "target variance", "z"))
    assert parts.checks[DEGREE].column_score_constant


def test_the_largest_z_pays_for_the_choice_within_its_family(parts):
    rows = parts.largest.set_index(["null", "family"])
    assert rows.loc[(DEGREE, "layers"), "score"] == "knows"
    assert rows.loc[(DEGREE, "layers"), "p"] == pytest.approx(0.01)
    assert rows.loc[(DEGREE, "untrained layers"), "p"] > 0.05
    assert rows["scores"].eq(2).all()
    tested = parts.table[parts.table["kind"] == "candidate"]
    assert (tested["p_adjusted"] >= tested["p"] - 0.02).all()
    assert rows.loc[(DEGREE, "layers"), "null_mean"] > 0  # the larger of two z is above 0


def test_self_checks_are_written_down_and_samplers_agree(parts):
    table = checks_table(parts).set_index("null")
    assert list(table.index) == [DEGREE, LabelWithinRegulator.name, "degree by curveball"]
    assert table["passed"].all()
    assert (table["draws_equal_to_observed"] == 0).all()
    assert (table["mean_jaccard_distance"] > 0.5).all()
    assert table["target_only_score_constant"].tolist() == ["yes", "not claimed", "yes"]
    assert parts.samplers_agree
    assert parts.sound(DEGREE)
    mixing = mixing_table(parts)
    assert set(mixing["null"]) == {DEGREE, "degree by curveball"}
    assert mixing.groupby("null").size().min() >= 5


def test_the_published_curveball_leaves_networks_as_they_were(problem):
    """The defect first: most of its draws are the observed network."""
    pairs, _, _ = problem
    null = RowsAmongAllGenes(pairs.labels, pairs.mask)
    drawn = null.draw_positives(np.random.default_rng(1), 50)
    same = sum(np.array_equal(d, null.positives) for d in drawn)
    assert same > 25
    check = null.check(drawn)
    assert check.margins_kept  # the margins are right, which is why nobody saw it
    assert not check.passed
    assert f"{same} of 50 draws equal the observed labels" in check.messages[0]


def test_no_p_of_the_published_curveball_counts(problem):
    pairs, scores, _ = problem
    broken = RowsAmongAllGenes(pairs.labels, pairs.mask)
    found = degree_parts(
        pairs, scores, settings=QUICK, seed=1, task="t",
        nulls=[broken, LabelWithinRegulator(pairs.labels, pairs.mask)],
    )  # fmt: skip
    sound = degree_parts(pairs, scores, settings=QUICK, seed=1, task="t")
    # The score that knows the pairs looks like chance, as published: "z about 0".
    assert value(found.table, DEGREE, "knows", "residual_part") < 0.2 * value(
        sound.table, DEGREE, "knows", "residual_part"
    )
    assert not found.sound(DEGREE)
    assert found.sound(LabelWithinRegulator.name)
    assert not checks_table(found).set_index("null").loc[DEGREE, "passed"]
    assert not found.samplers_agree


def test_a_verdict_cannot_pass_with_the_published_curveball(problem):
    pairs, _, _ = problem
    broken = RowsAmongAllGenes(pairs.labels, pairs.mask)
    check = broken.check(broken.draw_positives(np.random.default_rng(1), 50))
    spans = [Interval(0.03, 0.06, level, "b", "regulator", 40) for level in (0.95, 0.90)]
    options = {"estimate": 0.045, "claim": "c", "endpoint": "e", "subject": "S"}
    for sound, state in ((check, State.INCONCLUSIVE), (True, State.PASS)):
        found = decide(*spans, 0.01, {DEGREE: 0.001}, checks={DEGREE: sound}, **options)
        assert found.state is state
    assert (
        "failed its self-check"
        in decide(*spans, 0.01, {DEGREE: 0.001}, checks={DEGREE: check}, **options).sentence
    )


def test_a_network_that_cannot_move_is_no_evidence(problem):
    pairs, scores, _ = problem
    labels = np.zeros((R, G), bool)
    labels[2] = pairs.mask[2]
    labels[3] = pairs.mask[3]
    stuck = replace(pairs, labels=labels)
    found = degree_parts(stuck, scores, settings=QUICK, seed=1, task="t")
    assert not found.sound(DEGREE)


def test_draws_are_those_of_the_null_itself(problem, parts):
    pairs, _, matrices = problem
    null = DegreePreserving(pairs.labels, pairs.mask, seed=1)
    drawn = np.concatenate(list(null.batches(99, 1, f"t/{DEGREE}")))
    flat = matrices["knows"].ravel()
    at = np.flatnonzero(pairs.mask)
    aurocs = [auroc(flat[at], np.isin(at, d)) for d in drawn]
    assert value(parts.table, DEGREE, "knows", "null_mean") == pytest.approx(np.mean(aurocs))
