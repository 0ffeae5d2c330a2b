from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.data import GeneSets, Network
from cellglass.errors import InputError
from cellglass.geometry.biology.directed_support import directed_support
from cellglass.geometry.guards.provenance import provenance_overlap
from cellglass.geometry.pairs import Pairs
from cellglass.stats import auroc

GENES = ["A", "B", "C", "D"]


@pytest.fixture
def databases() -> dict:
    dorothea = pd.DataFrame(
        {
            "source": ["A", "A", "A", "B"],
            "target": ["B", "B", "C", "A"],
            "confidence": ["D", "A", "C", "E"],
        }
    )
    omnipath = pd.DataFrame({"source": ["A", "C"], "target": ["B", "A"]})
    string = pd.DataFrame({"source": ["A", "B"], "target": ["C", "D"], "weight": [900.0, 400.0]})
    return {
        "dorothea": Network.from_frame(dorothea, name="dorothea"),
        "omnipath": Network.from_frame(omnipath, name="omnipath"),
        "string": Network.from_frame(string, name="string", directed=False),
        "go": GeneSets({"t": ("A", "B"), "u": ("A",), "v": ("B", "C"), "w": ("A", "B")}),
    }


def test_the_published_sum(databases):
    found = directed_support(GENES, GENES, **databases)
    by_hand = np.zeros((4, 4))
    place = {g: i for i, g in enumerate(GENES)}
    level = {("A", "B"): 4, ("A", "C"): 2, ("B", "A"): 0}
    score = {("A", "C"): 0.9, ("C", "A"): 0.9, ("B", "D"): 0.4, ("D", "B"): 0.4}
    terms = {"A": {"t", "u", "w"}, "B": {"t", "v", "w"}, "C": {"v"}, "D": set()}
    for s in GENES:
        for t in GENES:
            either = terms[s] | terms[t]
            by_hand[place[s], place[t]] = (
                0.40 * level.get((s, t), 0) / 4
                + 0.25 * ((s, t) in {("A", "B"), ("C", "A")})
                + 0.20 * score.get((s, t), 0.0)
                + 0.15 * (len(terms[s] & terms[t]) / len(either) if either else 0.0)
            )
    assert np.allclose(found.values, by_hand, atol=1e-12)
    assert found.missing == ()
    assert found.provenance == ("dorothea", "omnipath", "string", "go")
    assert found.values.max() <= 1


def test_directions_are_two_numbers(databases):
    there = directed_support(["A"], ["B"], **databases).values[0, 0]
    back = directed_support(["B"], ["A"], **databases).values[0, 0]
    assert there > back > 0
    square = directed_support(GENES, GENES, **databases).values
    assert square[0, 1] == there
    assert square[1, 0] == back


def test_what_is_not_given_is_told_and_counts_nothing(databases):
    found = directed_support(GENES, GENES, string=databases["string"])
    assert found.missing == ("dorothea", "omnipath", "go")
    assert found.values[0, 2] == pytest.approx(0.18)
    other = directed_support(GENES, GENES, weights={"string": 1.0}, **databases)
    assert np.array_equal(other.values, found.parts["string"])


def test_scores_of_either_scale():
    rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "weight": [0.9, 0.4]})
    small = directed_support(["A"], ["B", "C"], string=Network.from_frame(rows, directed=False))
    rows["weight"] *= 1000
    large = directed_support(["A"], ["B", "C"], string=Network.from_frame(rows, directed=False))
    assert np.allclose(small.values, large.values)
    assert np.allclose(small.values, [[0.18, 0.08]])


def test_bad_databases_are_told(databases):
    with pytest.raises(InputError, match="no database"):
        directed_support(GENES, GENES)
    with pytest.raises(InputError, match="names come twice: A"):
        directed_support(["A", "A"], GENES, **databases)
    with pytest.raises(InputError, match="no column 'confidence'"):
        directed_support(GENES, GENES, dorothea=databases["omnipath"])
    odd = pd.DataFrame({"source": ["A"], "target": ["B"], "confidence": ["Z"]})
    with pytest.raises(InputError, match="confidence 'Z'"):
        directed_support(GENES, GENES, dorothea=Network.from_frame(odd))
    low = pd.DataFrame({"source": ["A"], "target": ["B"], "weight": [-1.0]})
    with pytest.raises(InputError, match="scores from -1"):
        directed_support(GENES, GENES, string=Network.from_frame(low))
    with pytest.raises(InputError, match="weights"):
        directed_support(GENES, GENES, weights={"kegg": 1.0}, **databases)
    with pytest.raises(InputError, match="weights"):
        directed_support(GENES, GENES, weights={"go": 0.6, "string": 0.6}, **databases)


def test_real_support_is_mostly_the_labels(shared_data: Callable[[str], Path]):
    folder = "regulatory"
    trrust = Network.read(shared_data(f"{folder}/trrust_rawdata.human.tsv"), name="trrust")
    dorothea = Network.read(shared_data(f"{folder}/dorothea_human_ABC.tsv.gz"), name="dorothea")
    degree = pd.concat([trrust.frame["source"], trrust.frame["target"]]).value_counts()
    pairs = Pairs.of_network(trrust, list(degree.index[:400]), negatives=3)
    found = directed_support(pairs.sources, pairs.targets, dorothea=dorothea)
    area = auroc(found.values[pairs.index], pairs.positive)
    assert 0.65 < area < 0.8  # 0.68 to 0.78 on the published tables
    assert provenance_overlap(found.provenance, ["trrust"], "support").failed
