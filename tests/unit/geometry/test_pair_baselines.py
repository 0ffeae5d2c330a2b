from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.pair_baselines import (
    baseline_aurocs,
    baseline_scores,
    degree_scores,
    euclidean_score,
    expression_features,
    trained_degrees,
)
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import generator


def make_pairs(seed: int = 1, n_sources: int = 12, n_targets: int = 30) -> Pairs:
    """Regulators that are genes as well, hubs among both."""
    rng = generator(seed, "baselines")
    sources = tuple(f"g{i}" for i in range(n_sources))
    targets = tuple(f"g{i}" for i in range(n_sources // 2, n_sources // 2 + n_targets))
    odds = rng.normal(size=n_sources)[:, None] + rng.normal(size=n_targets) - 1.5
    mask = (np.array(sources)[:, None] != np.array(targets)) & (
        rng.random((n_sources, n_targets)) < 0.8
    )
    labels = (rng.random(mask.shape) < 1 / (1 + np.exp(-odds))) & mask
    return Pairs(sources, targets, labels, mask, "net")


def test_degrees_leave_the_pair_out():
    pairs = make_pairs()
    scores = degree_scores(pairs)
    for i, (r, c) in enumerate(zip(*pairs.index, strict=True)):
        without = pairs.labels.copy()
        without[r, c] = False
        one, other = without[r].sum(), without[:, c].sum()
        assert scores["source degree"][i] == one
        assert scores["target degree"][i] == other
        assert scores["degree product"][i] == one * other


def test_degrees_find_hubs_and_not_chance():
    hubs = baseline_aurocs(make_pairs(2), degree_scores(make_pairs(2)))
    assert hubs["degree product"] > 0.7
    areas = []
    for seed in range(40):
        rng = generator(seed, "flat")
        labels = rng.random((20, 40)) < 0.25
        flat = Pairs(
            tuple(f"s{i}" for i in range(20)), tuple(f"t{i}" for i in range(40)), labels,
            np.ones((20, 40), bool), "n",
        )  # fmt: skip
        areas.append(baseline_aurocs(flat, degree_scores(flat))["degree product"])
    assert np.mean(areas) == pytest.approx(0.5, abs=0.02)


def test_trained_degrees_see_training_labels_alone():
    pairs = make_pairs()
    train = generator(3, "train").random(pairs.positive.size) < 0.6
    rows, columns = pairs.index
    train &= rows != 4  # a regulator of which nothing is known
    found = trained_degrees(pairs, train)
    for i, (r, c) in enumerate(zip(rows, columns, strict=True)):
        others = train.copy()
        others[i] = False
        if r != 4:
            assert found[i, 0] == pytest.approx(
                np.log1p(pairs.positive[others & (rows == r)].sum())
            )
        if (train & (columns == c)).any():
            degree = pairs.positive[others & (columns == c)].sum()
            assert found[i, 1] == pytest.approx(np.log1p(degree))
    assert found[rows == 4, 0] == pytest.approx(found[train, 0].mean())
    assert np.allclose(found[:, 2], found[:, 0] + found[:, 1])
    # labels outside training change nothing
    labels = pairs.labels.copy()
    labels[rows[~train], columns[~train]] = False
    hidden = Pairs(pairs.sources, pairs.targets, labels, pairs.mask, "net")
    assert np.array_equal(trained_degrees(hidden, train), found)


def gene_table(pairs: Pairs, seed: int = 5) -> pd.DataFrame:
    genes = list(dict.fromkeys((*pairs.sources, *pairs.targets)))
    values = generator(seed, "table").random((len(genes), 3))
    return pd.DataFrame(values, index=genes, columns=["mean", "variance", "detection"])


def test_expression_columns_are_those_of_the_genes():
    pairs = make_pairs()
    table = gene_table(pairs)
    found = expression_features(pairs, table)
    assert list(found) == [
        f"{role} {name}" for role in ("source", "target") for name in table.columns
    ]
    sources, targets = pairs.ends
    assert found["source variance"].tolist() == table.loc[list(sources), "variance"].tolist()
    assert found["target detection"].tolist() == table.loc[list(targets), "detection"].tolist()
    as_column = table.rename_axis("gene").reset_index()
    again = expression_features(pairs, as_column)
    assert all(np.array_equal(found[n], again[n]) for n in found)


def test_all_baselines_are_scored_on_the_same_pairs():
    pairs = make_pairs()
    names = list(gene_table(pairs).index)
    cloud = PointCloud.of(generator(6, "cloud").normal(size=(len(names), 4)), names)
    scores = baseline_scores(pairs, table=gene_table(pairs), cloud=cloud, n_folds=3)
    assert [*scores][:3] == ["source degree", "target degree", "degree product"]
    assert [*scores][-2:] == ["expression", "euclidean"]
    assert len(scores) == 11
    areas = baseline_aurocs(pairs, scores)
    assert all(0 < a < 1 for a in areas.values())
    sources, targets = pairs.ends
    place = {n: i for i, n in enumerate(names)}
    far = [
        np.linalg.norm(cloud.points[place[s]] - cloud.points[place[t]])
        for s, t in zip(sources, targets, strict=True)
    ]
    assert np.allclose(euclidean_score(pairs, cloud), -np.array(far))


def test_missing_statistics_are_told():
    pairs = make_pairs()
    table = gene_table(pairs)
    with pytest.raises(InputError, match="lacks variance, detection"):
        expression_features(pairs, table[["mean"]])
    with pytest.raises(InputError, match="1 genes have no statistics, the first g0"):
        expression_features(pairs, table.drop(index="g0"))
    with pytest.raises(InputError, match="names come twice: g1"):
        expression_features(pairs, pd.concat([table, table.loc[["g1"]]]))
    table.loc["g3", "mean"] = np.nan
    with pytest.raises(InputError, match="statistics of g3 are not finite"):
        expression_features(pairs, table)
    with pytest.raises(InputError, match="no pair is in training"):
        trained_degrees(pairs, np.zeros(pairs.positive.size, bool))


def test_degree_of_real_pairs_beats_what_geometry_gave(shared_data: Callable[[str], Path]):
    """On tables of TRRUST hubs with three negatives a pair, as the published screen had them."""
    trrust = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"), name="trrust")
    degree = pd.concat([trrust.frame["source"], trrust.frame["target"]]).value_counts()
    genes = list(degree.index[:400])
    pairs = Pairs.of_network(trrust, genes, negatives=3)
    areas = baseline_aurocs(pairs, degree_scores(pairs))
    assert 0.75 < areas["degree product"] < 0.9
    assert 0.65 < areas["source degree"] < 0.8
