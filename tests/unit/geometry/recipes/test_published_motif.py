from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry.guards.provenance import provenance_overlap
from cellglass.geometry.recipes.published_motif import (
    community_ablation,
    motif_features,
    predicted_auroc,
    published_motif,
    reference_signs,
)
from cellglass.seeds import generator, integer_seed
from cellglass.stats import auroc


def screen(seed: int, n: int = 600, prevalence: float = 0.4) -> dict:
    """Pairs whose geometry knows nothing: a baseline that is prior, signs at 55 % of positives."""
    rng = generator(seed, "motif")
    labels = rng.random(n) < prevalence
    prior = labels & (rng.random(n) < 0.6)
    return {
        "h70": 2.0 * prior + rng.normal(size=n),
        "signs": labels * (rng.random(n) < 0.55) * rng.choice([-1, 1, 1], n),
        "margin": 0.4 * prior + 0.1 * rng.normal(size=n),
        "labels": labels,
    }


def genes_of(seed: int, n: int = 600) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    rng = generator(seed, "communities")
    return rng.integers(0, 6, 190), (rng.integers(0, 60, n), rng.integers(60, 190, n))


def test_the_published_lift_is_the_flag():
    """As published: baseline 0.84, lift 0.09, and the flag alone predicts the AUROC."""
    lifts, errors = [], []
    for seed in range(6):
        table = screen(seed)
        codes, (s, t) = genes_of(seed)
        found = published_motif(same_community=codes[s] == codes[t], **table)
        assert 0.7 < found.base_auroc < 0.9
        assert found.motif.failed
        assert found.motif.code == "G1"
        lifts.append(found.delta)
        errors.append(abs(found.auroc - found.predicted_auroc))
    assert min(lifts) > 0.05
    assert np.mean(errors) < 0.02
    assert max(errors) < 0.04
    assert provenance_overlap(["model", "trrust"], ["trrust"], "motif").failed


def test_shuffled_communities_keep_the_lift():
    table = screen(5)
    codes, ends = genes_of(5)
    found = community_ablation(communities=codes, ends=ends, draws=6, **table)
    assert found.kept > 0.9
    assert found.draws.size == 6
    whole = published_motif(same_community=codes[ends[0]] == codes[ends[1]], **table)
    assert found.lift == whole.delta
    with pytest.raises(InputError, match="lift is"):
        community_ablation(
            communities=codes,
            ends=ends,
            **{**table, "signs": np.zeros(600), "h70": table["labels"]},
        )


def test_communities_that_do_know_are_not_kept():
    """Were the claim true, shuffling would take the lift away."""
    table = screen(6)
    rng = generator(6, "real")
    codes = rng.integers(0, 6, 190)
    s = rng.integers(0, 60, 600)
    together = table["labels"] & (rng.random(600) < 0.8)
    t = np.array([
        rng.choice(np.flatnonzero(codes[60:] == codes[a]) if y else np.arange(130)) + 60
        for a, y in zip(s, together, strict=True)
    ])  # fmt: skip
    found = community_ablation(
        communities=codes, ends=(s, t), draws=6, **{**table, "signs": np.zeros(600)}
    )
    assert found.kept < 0.3


def test_the_model_is_that_of_scikit_learn():
    table = screen(7)
    together = generator(7, "together").random(600) < 0.3
    found = published_motif(same_community=together, seed=3, **table)
    labels = table.pop("labels")
    features = motif_features(same_community=together, **table)
    state = integer_seed(3, "published motif/folds")
    pooled = np.empty(600)
    for fit, judge in StratifiedKFold(4, shuffle=True, random_state=state).split(features, labels):
        model = make_pipeline(
            StandardScaler(), LogisticRegression(l1_ratio=1.0, C=0.25, solver="liblinear")
        )
        model.fit(features[fit], labels[fit])
        pooled[judge] = model.predict_proba(features[judge])[:, 1]
    assert found.auroc == pytest.approx(auroc(pooled, labels), abs=2e-3)
    assert np.corrcoef(np.log(pooled / (1 - pooled)), found.log_odds)[0, 1] > 0.9999


def test_signs_of_the_reference():
    rows = pd.DataFrame(
        {
            "source": ["A", "A", "A", "B", "B"],
            "target": ["B", "C", "C", "A", "C"],
            "weight": [1.0, -1.0, 1.0, np.nan, -1.0],
            "mode": ["Activation", "Repression", "Activation", "Unknown", "Repression"],
        }
    )
    network = Network.from_frame(rows)
    found = reference_signs(network, ["A", "A", "B", "B", "C"], ["B", "C", "A", "C", "A"])
    assert found.tolist() == [1, 1, 0, -1, 0]
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        reference_signs(network, ["A"], ["B", "C"])


def test_the_predicted_area():
    labels = np.arange(400) < 100
    flag = np.arange(400) < 55
    score = generator(8, "area").normal(size=400)
    on_top = np.where(flag, 100.0, score)
    base = auroc(score[~flag], labels[~flag])
    assert auroc(on_top, labels) == pytest.approx(predicted_auroc(55 / 400, 0.25, base), abs=1e-12)
    with pytest.raises(InputError, match=r"coverage 0\.5"):
        predicted_auroc(0.5, 0.25, 0.5)


def test_bad_input_is_told():
    table = screen(9)
    with pytest.raises(InputError, match="3 signs"):
        published_motif(same_community=np.ones(600, bool), **{**table, "signs": np.ones(3)})
    with pytest.raises(InputError, match="2 pairs of the rarer class"):
        published_motif(
            same_community=np.ones(600, bool), **{**table, "labels": np.arange(600) < 2}
        )


def test_real_signs_are_refused(shared_data: Callable[[str], Path]):
    from cellglass.geometry.pairs import Pairs

    trrust = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"), name="trrust")
    degree = pd.concat([trrust.frame["source"], trrust.frame["target"]]).value_counts()
    pairs = Pairs.of_network(trrust, list(degree.index[:190]), negatives=3)
    signs = reference_signs(trrust, *pairs.ends)
    n = signs.size
    rng = generator(10, "real")
    found = published_motif(
        rng.normal(size=n), rng.random(n) < 0.3, signs, rng.normal(size=n), pairs.positive
    )
    assert found.motif.failed
    assert found.delta > 0.1
    assert found.auroc == pytest.approx(found.predicted_auroc, abs=0.03)
