from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.guards.guard import require_all
from cellglass.geometry.guards.run import check_features
from cellglass.geometry.pair_baselines import baseline_aurocs, degree_scores
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import generator


def make_pairs(name: str = "trrust") -> Pairs:
    labels = generator(1, "run").random((20, 40)) < 0.25
    return Pairs(
        tuple(f"s{i}" for i in range(20)), tuple(f"t{i}" for i in range(40)), labels,
        np.ones((20, 40), bool), name,
    )  # fmt: skip


def test_what_was_given_is_judged():
    pairs = make_pairs()
    rng = generator(2, "run")
    features = {
        "distance": (rng.normal(size=(20, 40)), ["model"]),
        "motif": (pairs.labels & (rng.random((20, 40)) < 0.5), ["trrust"]),
    }
    cloud = PointCloud.of(np.vstack([np.zeros((2, 3)), np.eye(3)]))
    baselines = {**baseline_aurocs(pairs, degree_scores(pairs)), "expression": 0.9}
    found = check_features(features, pairs, cloud=cloud, baselines=baselines)
    assert [(r.code, r.state) for r in found] == [
        ("G1", "passed"), ("G2", "passed"), ("G1", "failed"), ("G2", "failed"), ("G3", "failed"),
        ("G9", "passed"),
    ]  # fmt: skip
    assert found[-1].warning.startswith("distance")
    with pytest.raises(InputError, match=r"G1: motif .* G2: motif and the labels share trrust"):
        require_all(found)


def test_what_was_not_given_is_not_run():
    pairs = make_pairs()
    found = check_features({"d": (np.zeros(pairs.positive.size), ["model"])}, pairs)
    assert [r.state for r in found] == ["passed", "passed", "not run", "not run"]
    assert check_features({"d": (np.zeros(pairs.positive.size), ["model"])}, pairs, baselines={})[
        -1
    ].failed


def test_labels_must_come_from_somewhere():
    pairs = make_pairs("my edges")
    feature = {"d": (np.zeros((20, 40)), ["model"])}
    with pytest.raises(InputError, match="'my edges' come from is not known"):
        check_features(feature, pairs)
    found = check_features(feature, pairs, labels=["lab"], extra={"lab": ["trrust"]})
    assert found[1].detail == "d (model) and the labels (lab) share none"
    with pytest.raises(InputError, match="no features"):
        check_features({}, pairs)


def test_real_features_of_the_published_screen(shared_data: Callable[[str], Path]):
    folder = "regulatory"
    trrust = Network.read(shared_data(f"{folder}/trrust_rawdata.human.tsv"), name="TRRUST v2")
    dorothea = Network.read(shared_data(f"{folder}/dorothea_human_ABC.tsv.gz"), name="DoRothEA")
    degree = pd.concat([trrust.frame["source"], trrust.frame["target"]]).value_counts()
    pairs = Pairs.of_network(trrust, list(degree.index[:400]), negatives=3)
    shape = pairs.mask.shape
    features = {
        "Euclidean": (generator(3, "real").normal(size=shape), ["model"]),
        "DoRothEA A-C": (dorothea.matrix(pairs.sources, pairs.targets), ["dorothea"]),
    }
    found = check_features(features, pairs, networks={"trrust": trrust, "dorothea": dorothea})
    assert [r.state for r in found[:4]] == ["passed", "passed", "failed", "failed"]
    assert "chance would share" in found[3].detail
