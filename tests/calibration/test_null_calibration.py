"""Where nothing is true, p values are uniform; where something is, intervals cover it.

Each data-generating process is exactly what the null under test states. Labels are made here
with NumPy, not by the code under test. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from cellglass.stats import (
    DegreePreserving,
    ExpressionMatched,
    LabelPermutation,
    LabelWithinRegulator,
    NullScorer,
    ScoreColumn,
    bh,
    bootstrap_mean,
    by,
    cluster_bootstrap_auroc,
    e_bh,
    holm,
    increment,
    lord,
    null_distribution,
    p_to_e,
    paired_t,
    permutation_test,
    sign_test,
    tost,
    wilcoxon,
)

pytestmark = pytest.mark.long

SHAPE = (15, 60)
LEVELS = (0.01, 0.05, 0.1, 0.2, 0.5)


def assert_uniform(p: list[float]) -> None:
    assert stats.kstest(p, "uniform").pvalue > 0.01, np.quantile(p, LEVELS)


def assert_valid(p: list[float]) -> None:
    """P(p <= a) <= a, within 3.5 standard errors."""
    values = np.asarray(p)
    for level in LEVELS:
        slack = 3.5 * np.sqrt(level * (1 - level) / values.size)
        assert np.mean(values <= level) <= level + slack, level


def universe(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mask with structural zeros, and a score with effects of regulators and of targets."""
    mask = rng.random(SHAPE) < 0.9
    mask[np.arange(SHAPE[0]), np.arange(SHAPE[0])] = False
    score = (
        rng.normal(size=SHAPE)
        + 1.5 * rng.normal(size=SHAPE[0])[:, None]
        + 1.5 * rng.normal(size=SHAPE[1])[None, :]
    )
    return mask, np.round(score, 1)  # with ties


def p_value(null, score, repeat, *, draws=199, statistic="pooled"):
    scorer = NullScorer(
        [score], null.labels, null.mask, per_regulator=statistic != "pooled", min_positives=1
    )
    result = null_distribution(
        scorer, null, draws=draws, seed=repeat, task="calibration", statistic=statistic
    )
    return result.distributions[0].p


def choose(rng, candidates, n):
    return rng.permutation(candidates)[:n]


@pytest.mark.parametrize("statistic", ["pooled", "per regulator"])
def test_label_null(statistic):
    rng = np.random.default_rng(1)
    mask, score = universe(rng)
    p = []
    for repeat in range(600):
        labels = np.zeros(SHAPE, bool)
        labels.ravel()[choose(rng, np.flatnonzero(mask), 80)] = True
        p.append(p_value(LabelPermutation(labels, mask), score, repeat, statistic=statistic))
    assert_uniform(p)


def test_label_within_regulator_null():
    rng = np.random.default_rng(2)
    mask, score = universe(rng)
    degrees = rng.integers(1, 20, SHAPE[0])  # unlike: the label null would not hold
    p = []
    for repeat in range(600):
        labels = np.zeros(SHAPE, bool)
        for row in range(SHAPE[0]):
            labels[row, choose(rng, np.flatnonzero(mask[row]), degrees[row])] = True
        p.append(p_value(LabelWithinRegulator(labels, mask), score, repeat))
    assert_uniform(p)


def test_score_column_null():
    rng = np.random.default_rng(3)
    mask, score = universe(rng)
    degrees = rng.integers(0, 6, SHAPE[1])
    p = []
    for repeat in range(600):
        labels = np.zeros(SHAPE, bool)
        for column in range(SHAPE[1]):
            rows = np.flatnonzero(mask[:, column])
            labels[choose(rng, rows, degrees[column]), column] = True
        p.append(p_value(ScoreColumn(labels, mask), score, repeat))
    assert_uniform(p)


def shuffled(labels, mask, rng, attempts=4000):
    """Checkerboard swaps in plain NumPy: one matrix from the uniform distribution."""
    work = labels.copy()
    rows, columns = map(list, np.nonzero(work))
    n = len(rows)
    for i, j in rng.integers(n, size=(attempts, 2)):
        a, c, b, d = rows[i], columns[i], rows[j], columns[j]
        free = not work[a, d] and not work[b, c] and mask[a, d] and mask[b, c]
        if free:
            work[a, c] = work[b, d] = False
            work[a, d] = work[b, c] = True
            columns[i], columns[j] = d, c
    return work


def network(rng, mask, edges=110):
    weight = np.outer(rng.pareto(2, SHAPE[0]) + 0.3, rng.pareto(2, SHAPE[1]) + 0.3) * mask
    labels = np.zeros(mask.size, bool)
    labels[rng.choice(mask.size, edges, replace=False, p=weight.ravel() / weight.sum())] = True
    return labels.reshape(SHAPE)


@pytest.mark.parametrize("method", ["swap", "curveball"])
def test_degree_null(method):
    rng = np.random.default_rng(4)
    mask, score = universe(rng)
    labels = network(rng, mask)
    p = []
    for repeat in range(400):
        labels = shuffled(labels, mask, rng)
        null = DegreePreserving(
            labels, mask, method=method, steps=None if method == "swap" else 400, seed=repeat
        )
        p.append(p_value(null, score, repeat))
    assert_uniform(p)


def test_degree_null_is_valid_even_where_its_chain_hardly_mixes():
    # 30 attempts for 110 positives: draws stay near the hub. Starting them from the observed
    # labels instead would pile p up around one half, and z at 0, for any score.
    rng = np.random.default_rng(5)
    mask, score = universe(rng)
    labels = network(rng, mask)
    p = []
    for repeat in range(600):
        labels = shuffled(labels, mask, rng)
        null = DegreePreserving(labels, mask, steps=30, seed=repeat)
        p.append(p_value(null, score, repeat))
    assert_uniform(p)


def test_label_null_does_not_hold_for_labels_that_follow_degrees():
    # The calibration can fail: labels with heavy degrees, scored by degree, against the label
    # null give small p, and against the degree null do not.
    rng = np.random.default_rng(6)
    mask, _ = universe(rng)
    labels = network(rng, mask)
    score = np.outer(labels.sum(1), labels.sum(0)) + 0.01 * rng.random(SHAPE)
    weak, strong = [], []
    for repeat in range(100):
        labels = shuffled(labels, mask, rng)
        weak.append(p_value(LabelPermutation(labels, mask), score, repeat, draws=99))
        strong.append(p_value(DegreePreserving(labels, mask, seed=repeat), score, repeat, draws=99))
    assert max(weak) == 0.01
    assert_uniform(strong)


def test_expression_matched_null():
    # Expression in well separated levels, so that matching makes classes; positives uniform
    # within each class of pairs, as many as the class has.
    rng = np.random.default_rng(7)
    mask, score = universe(rng)
    source_level, target_level = rng.integers(2, size=SHAPE[0]), rng.integers(3, size=SHAPE[1])
    source, target = 4.0**source_level, 4.0**target_level
    counts = rng.integers(2, 30, size=(2, 3))
    score = score + 2.0 * np.add.outer(source_level, target_level)  # classes score unlike
    p = []
    for repeat in range(500):
        labels = np.zeros(SHAPE, bool)
        for s in range(2):
            for t in range(3):
                inside = mask & (source_level[:, None] == s) & (target_level[None, :] == t)
                labels.ravel()[choose(rng, np.flatnonzero(inside), counts[s, t])] = True
        null = ExpressionMatched(labels, mask, source, source / 20, target, target / 20)
        p.append(p_value(null, score, repeat))
    assert_uniform(p)


def test_maximum_over_scores_controls_the_familywise_error():
    rng = np.random.default_rng(8)
    mask, score = universe(rng)
    scores = [score + rng.normal(0, 2, SHAPE) for _ in range(12)]
    smallest = []
    for repeat in range(500):
        labels = np.zeros(SHAPE, bool)
        labels.ravel()[choose(rng, np.flatnonzero(mask), 80)] = True
        result = null_distribution(
            NullScorer(scores, labels, mask),
            LabelPermutation(labels, mask),
            draws=199,
            seed=repeat,
            task="calibration",
        )
        smallest.append(result.adjusted_p.min())
    assert_uniform(smallest)  # the single-step maximum is exact for the smallest p


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_sequential_stopping_is_valid(alternative):
    rng = np.random.default_rng(9)
    p, draws = [], []
    for repeat in range(4000):
        result = permutation_test(
            rng.normal(),
            lambda generator, n: generator.normal(size=n),
            draws=300,
            seed=repeat,
            task="sequential",
            alternative=alternative,
            stop_after=10,
            batch=50,
        )
        p.append(result.p)
        draws.append(result.draws)
    assert_valid(p)
    assert np.mean(np.asarray(p) <= 0.2) > 0.15  # and not far below its level
    assert np.mean(draws) < 150  # it saves draws


@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
def test_paired_tests(alternative):
    rng = np.random.default_rng(10)
    p = {"t": [], "w": [], "s": []}
    for _ in range(2000):
        first = rng.normal(size=30)
        second = first + rng.normal(0, 0.5, 30)
        p["t"].append(paired_t(first, second, alternative=alternative).p)
        p["w"].append(wilcoxon(first, second, alternative=alternative).p)
        p["s"].append(sign_test(first, second, alternative=alternative).p)
    assert_uniform(p["t"])
    assert_uniform(p["w"])
    assert_valid(p["s"])  # discrete: valid, not uniform


@pytest.mark.parametrize("edge", [-0.2, 0.2])
def test_equivalence_at_the_edge_of_the_margin_has_its_level(edge):
    rng = np.random.default_rng(11)
    p = np.array([tost(rng.normal(edge, 0.3, 60), 0.2).p for _ in range(4000)])
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 4000))
    assert_valid(p)


def test_adjustments_keep_their_rates():
    rng = np.random.default_rng(12)
    m, true_nulls, level, repeats = 60, 45, 0.1, 2500
    shift = np.where(np.arange(m) < true_nulls, 0.0, 3.0)
    rates = {"bh": [], "by": [], "e-bh": [], "lord": []}
    any_false = []
    for _ in range(repeats):
        p = stats.norm.sf(rng.normal(size=m) + shift)
        order = rng.permutation(m)
        online = np.zeros(m, bool)
        online[order] = lord(p[order], level=level).rejected
        calls = {
            "bh": bh(p) <= level,
            "by": by(p) <= level,
            "e-bh": e_bh(p_to_e(p)) <= level,
            "lord": online,
        }
        for name, called in calls.items():
            rates[name].append(called[:true_nulls].sum() / max(1, called.sum()))
        any_false.append((holm(p)[:true_nulls] <= level).any())
    for name, values in rates.items():
        assert np.mean(values) <= level + 3.5 * np.std(values) / np.sqrt(repeats), name
    # BH at independence: exactly the share of true nulls times the level.
    error = 3.5 * np.std(rates["bh"]) / np.sqrt(repeats)
    assert np.mean(rates["bh"]) == pytest.approx(level * true_nulls / m, abs=error)
    assert np.mean(any_false) <= level + 3.5 * np.sqrt(level * (1 - level) / repeats)


def clustered(rng, regulators=50, genes=60, positives=6):
    """Two scores whose quality differs between regulators, as real regulators' does."""
    quality = rng.normal(0.6, 0.8, regulators)
    offset = rng.normal(0, 0.5, regulators)
    labels = np.tile(np.arange(genes) < positives, regulators)
    groups = np.repeat(np.arange(regulators), genes)
    first = rng.normal(size=labels.size) + offset[groups] + quality[groups] * labels
    second = first + rng.normal(0, 0.7, labels.size) + 0.3 * labels
    return [first, second], labels, groups


def test_cluster_bootstrap_covers_the_planted_area_and_difference():
    rng = np.random.default_rng(13)
    wide = clustered(rng, regulators=20_000)
    truth = cluster_bootstrap_auroc_truth(*wide)
    covered = {"area": [], "difference": [], "area 90": []}
    for repeat in range(500):
        scores, labels, groups = clustered(rng)
        result = cluster_bootstrap_auroc(
            scores, labels, groups, draws=600, seed=repeat, task="coverage"
        )
        covered["area"].append(not result.interval(0).excludes(truth[0]))
        covered["area 90"].append(not result.interval(0, level=0.9).excludes(truth[0]))
        covered["difference"].append(
            not result.difference(1, 0).interval().excludes(truth[1] - truth[0])
        )
    for name, values in covered.items():
        nominal = 0.9 if name.endswith("90") else 0.95
        slack = 3.5 * np.sqrt(nominal * (1 - nominal) / 500)
        assert abs(np.mean(values) - nominal) <= slack, (name, np.mean(values))


def cluster_bootstrap_auroc_truth(scores, labels, groups):
    from cellglass.stats import auroc

    return [auroc(score, labels) for score in scores]


def test_bootstrap_over_pairs_would_not_cover():
    # The unit matters: each pair taken for a unit of its own, the interval is far too narrow.
    rng = np.random.default_rng(14)
    truth = cluster_bootstrap_auroc_truth(*clustered(rng, regulators=20_000))[0]
    covered = []
    for _ in range(200):
        scores, labels, _ = clustered(rng)
        positives, negatives = scores[0][labels], scores[0][~labels]
        area = stats.mannwhitneyu(positives, negatives).statistic / positives.size / negatives.size
        # Standard error for independent pairs (DeLong).
        ranks_p = np.searchsorted(np.sort(negatives), positives) / negatives.size
        ranks_n = 1 - np.searchsorted(np.sort(positives), negatives) / positives.size
        error = np.sqrt(ranks_p.var() / positives.size + ranks_n.var() / negatives.size)
        covered.append(abs(area - truth) <= 1.96 * error)
    assert np.mean(covered) < 0.85


@pytest.mark.parametrize("n", [8, 25])
def test_bootstrap_of_a_mean_covers_with_few_units(n):
    rng = np.random.default_rng(15)
    covered = [
        not bootstrap_mean(
            rng.normal(0.7, 0.1, n), unit="donor", draws=1000, seed=repeat, task="coverage"
        )
        .interval()
        .excludes(0.7)
        for repeat in range(800)
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=3.5 * np.sqrt(0.95 * 0.05 / 800))


def test_increment_of_noise_passes_no_more_often_than_stated():
    # Labels follow gene-level prominence with effects of regulators; 10 candidate scores carry
    # a noisy copy of prominence and nothing else.
    rng = np.random.default_rng(16)
    regulators, genes = 30, 50
    groups = np.repeat(np.arange(regulators), genes)
    passes, nothing = 0, 0
    for repeat in range(200):
        prominence = np.tile(rng.normal(size=genes), regulators)
        slope = rng.normal(0.8, 0.4, regulators)[groups]
        labels = rng.random(groups.size) < special.expit(slope * prominence - 2.0)
        scores = prominence[:, None] + rng.normal(size=(groups.size, 10))
        found = increment(
            prominence,
            scores,
            labels,
            groups,
            seed=repeat,
            task="calibration",
            margin=0.01,
            bootstrap=300,
        )
        passes += found.interval.low > 0.0
        nothing += found.adds_nothing
    assert passes / 200 <= 0.025 + 3.5 * np.sqrt(0.025 * 0.975 / 200)
    assert nothing / 200 > 0.5  # and equivalence is reached where nothing is added
