from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry.guards.containment import label_containment, purest_mark
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import generator

Z = stats.norm.ppf(0.95)


def draw_labels(n: int, prevalence: float, name: str) -> NDArray[np.bool_]:
    labels = np.zeros(n, dtype=bool)
    labels[: round(prevalence * n)] = True
    return generator(1, name).permutation(labels)


def slow_marks(x: NDArray, labels: NDArray) -> dict[tuple[str, int], tuple[float, float]]:
    """Every threshold by itself: precision at one positive in four, and its Wilson bound."""
    found = {}
    for sign, t in [(s, t) for s in (">=", "<=") for t in np.unique(x)]:
        held = x >= t if sign == ">=" else x <= t
        tpr, fpr = held[labels].mean(), held[~labels].mean()
        if held.all() or held.sum() < 20 or 0.25 * tpr + 0.75 * fpr < 0.05:
            continue
        bound = stats.binomtest(int(labels[held].sum()), int(held.sum())).proportion_ci(
            0.9, "wilson"
        )
        weights = np.where(labels, 0.25 / labels.mean(), 0.75 / (1 - labels.mean()))
        balanced = weights[held & labels].sum() / weights[held].sum()
        low_odds = bound.low / (1 - bound.low) / (labels.sum() / (~labels).sum()) / 3
        found[sign, int(held.sum())] = balanced, low_odds / (1 + low_odds)
    return found


@pytest.mark.parametrize("prevalence", [0.05, 0.25, 0.6])
def test_the_purest_mark_is_found_among_all_thresholds(prevalence: float):
    labels = draw_labels(400, prevalence, "oracle")
    x = generator(2, "oracle").normal(size=400) + 1.2 * labels
    mark = purest_mark(x, labels)
    slow = slow_marks(x, labels)
    assert mark is not None
    found = slow[mark.rule[:2], mark.n]
    assert (mark.balanced, mark.lower) == pytest.approx(found, abs=1e-12)
    best = max((bound >= 0.8, balanced) for balanced, bound in slow.values())
    assert (mark.sure, mark.balanced) == (best[0], pytest.approx(best[1], abs=1e-12))


@pytest.mark.parametrize("prevalence", [0.004, 0.05, 0.25, 0.5, 0.82])
def test_a_flag_of_the_reference_is_refused(prevalence: float):
    labels = draw_labels(260 if prevalence > 0.1 else 20_000, prevalence, "motif")
    motif = labels & (generator(3, "motif").random(labels.size) < 0.55)
    found = label_containment(motif, labels, "motif")
    assert found.failed
    assert found.code == "G1"
    with pytest.raises(InputError, match=r"motif >= 1 picks out .* 100\.0% of the pairs"):
        found.require()
    # whichever way the flag points
    assert label_containment(~motif, labels, "not motif").failed


TABLES = [(n, p) for n in (260, 1000, 20_000) for p in (0.004, 0.05, 0.25, 0.5, 0.82, 0.95)]


@pytest.mark.parametrize(("n", "prevalence"), [t for t in TABLES if t[0] * t[1] >= 13])
def test_honest_scores_and_chance_pass(n: int, prevalence: float):
    refused = {"score": 0, "chance": 0, "coin": 0}
    shift = np.sqrt(2) * stats.norm.ppf(0.8)
    for i in range(20):
        rng = generator(i, "honest")
        labels = draw_labels(n, prevalence, f"honest {i}")
        noise = rng.normal(size=n)
        refused["score"] += label_containment(noise + shift * labels, labels).failed
        refused["chance"] += label_containment(noise, labels).failed
        refused["coin"] += label_containment(rng.random(n) < 0.3, labels).failed
    assert refused["chance"] == refused["coin"] == 0
    assert refused["score"] <= 1


def test_a_flag_that_is_nearly_pure_is_told():
    labels = np.arange(4000) < 1000
    flag = np.zeros(4000, dtype=bool)
    flag[:465] = flag[-35:] = True  # 93 % of 500
    found = label_containment(flag, labels, "prior")
    assert found.state == "passed"
    assert "precision above 0.9" in found.warning
    flag[-35:-15] = False  # 96.9 % of 480
    assert label_containment(flag, labels, "prior").failed


def test_plain_precision_refuses_a_flag_among_many_positives():
    labels = np.arange(2000) < 1000
    flag = np.zeros(2000, dtype=bool)
    flag[:194] = flag[-6:] = True
    mark = purest_mark(flag, labels)
    assert mark is not None
    assert mark.balanced < 0.95 < mark.read == 0.97
    assert label_containment(flag, labels).failed


def test_a_score_that_holds_the_reference_beneath_noise_is_refused():
    labels = draw_labels(3000, 0.25, "noisy")
    rng = generator(4, "noisy")
    held = labels & (rng.random(3000) < 0.4)
    support = 0.4 * held + 0.15 * rng.random(3000)
    assert label_containment(support, labels, "support").failed
    assert label_containment(-support, labels, "support").failed
    middle = np.select([held, labels], [1.0, 2.0], 0.0) + 2.0 * (rng.random(3000) < 0.6) * ~held
    assert label_containment(middle, labels, "level").failed  # the mark is the value in between


def test_too_few_pairs_decide_nothing():
    labels = np.arange(400) < 100
    assert label_containment(np.arange(400) < 19, labels).state == "passed"
    assert purest_mark(np.ones(400), labels) is None


def test_bad_input_is_told():
    with pytest.raises(InputError, match="not finite"):
        label_containment([0.0, np.nan], [True, False])
    with pytest.raises(InputError, match="2 of 2 pairs are positive"):
        label_containment([0.0, 1.0], [True, True])
    with pytest.raises(InputError, match="shape"):
        label_containment([0.0, 1.0], [True, False, True])


@pytest.mark.parametrize("negatives", [3.0, None])
def test_real_priors_against_trrust(shared_data: Callable[[str], Path], negatives: float | None):
    folder = "regulatory"
    trrust = Network.read(shared_data(f"{folder}/trrust_rawdata.human.tsv"), name="trrust")
    dorothea = Network.read(shared_data(f"{folder}/dorothea_human_ABC.tsv.gz"), name="dorothea")
    genes = sorted({*trrust.sources, *trrust.targets})
    pairs = Pairs.of_network(trrust, genes, negatives=negatives, seed=7)
    signed = trrust.restrict(mode=["Activation", "Repression"])
    motif = signed.matrix(pairs.sources, pairs.targets)[pairs.index]
    prior = dorothea.matrix(pairs.sources, pairs.targets)[pairs.index]
    assert label_containment(motif, pairs.positive, "motif").failed
    found = purest_mark(prior, pairs.positive)
    assert found is not None
    assert found.balanced > 0.98
    assert found.recall == pytest.approx(0.375, abs=0.01)
    assert label_containment(prior, pairs.positive, "DoRothEA A-C").failed
