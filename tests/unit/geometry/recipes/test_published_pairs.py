from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.triangles import triangle_features
from cellglass.geometry.recipes.published_pairs import population_z, published_h70
from cellglass.seeds import generator
from cellglass.stats import auroc


@pytest.fixture(scope="module")
def table() -> dict:
    rng = generator(1, "h70")
    cloud = PointCloud.of(rng.normal(size=(60, 6)))
    ends = [(a, b) for a in cloud.names[:12] for b in cloud.names[12:]]
    sources, targets = [s for s, _ in ends], [t for _, t in ends]
    distances = euclidean(cloud)
    labels = rng.random(len(ends)) < 0.25
    forward = np.where(labels & (rng.random(len(ends)) < 0.4), 0.4, 0.0)
    return {
        "distance": distances.pairs(sources, targets),
        "support": forward + 0.1 * rng.random(len(ends)),
        "reverse_support": 0.1 * rng.random(len(ends)),
        "triangles": triangle_features(distances, sources, targets),
        "labels": labels,
    }


def test_the_fixed_weights(table):
    found = published_h70(**table)

    def z(x: np.ndarray) -> np.ndarray:
        return (x - np.mean(x)) / np.std(x)

    t, s, back = table["triangles"], table["support"], table["reverse_support"]
    base = z(-table["distance"]) + 0.75 * z(s) + 0.35 * z(np.abs(s - back))
    more = 0.35 * z(-t["m"]) + 0.25 * z(-t["a"]) + 0.20 * z(t["c"])
    more += 0.10 * z(-t["span"]) + 0.10 * z(-t["disp"])
    assert np.allclose(found.base, base, atol=1e-12)
    assert np.allclose(found.score, base + more, atol=1e-12)
    labels = table["labels"]
    assert found.delta == pytest.approx(auroc(base + more, labels) - auroc(base, labels), abs=1e-9)
    assert found.base_auroc == pytest.approx(auroc(base, labels), abs=1e-9)


def test_the_baseline_is_mostly_prior(table):
    """Random geometry: the baseline's AUROC is the support's, geometry alone is at chance."""
    found = published_h70(**table)
    assert found.base_auroc > 0.65
    assert found.support_auroc > 0.65
    assert abs(found.distance_auroc - 0.5) < 0.06
    bare = {**table, "support": np.zeros_like(table["support"])}
    alone = published_h70(**{**bare, "reverse_support": bare["support"]})
    assert abs(alone.auroc - 0.5) < 0.08
    assert alone.base_auroc == alone.distance_auroc
    assert alone.support_auroc == 0.5


def test_a_feature_that_does_not_vary_is_zero():
    assert population_z(np.full(5, 3.0)).tolist() == [0.0] * 5
    assert population_z([0.0, 1e-9]).tolist() == [0.0, 0.0]


def test_bad_input_is_told(table):
    some = {n: table["triangles"][n] for n in ("m", "a", "c", "span")}
    with pytest.raises(InputError, match="no triangle feature disp"):
        published_h70(**{**table, "triangles": some})
    with pytest.raises(InputError, match="3 values for 576 pairs"):
        published_h70(**{**table, "support": np.ones(3)})
    with pytest.raises(InputError, match="not finite"):
        published_h70(**{**table, "distance": np.full(576, np.nan)})
