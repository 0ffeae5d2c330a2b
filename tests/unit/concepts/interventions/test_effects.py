"""Effects of edits: planted genes come first, random directions do less, silence is told."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.interventions.concept_edit import edit
from cellglass.concepts.interventions.decoders import Decoder
from cellglass.concepts.interventions.effects import concept_effects, effect_size
from cellglass.concepts.interventions.null_directions import null_directions
from cellglass.errors import InputError

WIDTH, GENES = 12, 40


class Planted(Decoder):
    """A linear decoder in which dimension i drives genes 3i to 3i + 2; optionally gated."""

    scale = "planted"

    def __init__(self, strength: ArrayLike, *, gate: NDArray[np.bool_] | None = None) -> None:
        self.genes = tuple(f"G{i}" for i in range(GENES))
        self.weights = np.zeros((WIDTH, GENES))
        for i in range(WIDTH):
            self.weights[i, 3 * i : 3 * i + 3] = [3.0, -2.0, 1.0]
        self.weights *= np.asarray(strength)[:, None]
        self.gate = gate

    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        out = np.asarray(embedding, dtype=np.float64) @ self.weights
        return out if self.gate is None else out * np.where(self.gate[np.asarray(cells)], 1, 0.1)[
            :, None
        ]  # fmt: skip


@pytest.fixture
def h() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(300, WIDTH))


@pytest.fixture
def units(h) -> LinearUnits:
    names = tuple(f"neuron {i}" for i in range(WIDTH))
    return LinearUnits("neuron", names, np.eye(WIDTH), 0.5, Transform.fit(h))


def strong_first() -> NDArray[np.float64]:
    return np.r_[5.0, np.full(WIDTH - 1, 0.5)]


def test_planted_genes_come_first(units, h):
    found = concept_effects(units, h, Planted(np.ones(WIDTH)), [4, 7], draws=5, top=3)
    for concept in (4, 7):
        genes = found.genes[found.genes["concept"] == concept]
        assert list(genes["gene"]) == [f"G{3 * concept + i}" for i in range(3)]
        # ablation takes the concept away: what it raises falls, what it lowers rises
        assert list(np.sign(genes["change"])) == [-1, 1, -1]


def test_effect_and_null_directions_are_the_slow_ones(units, h):
    decoder = Planted(strong_first())
    found = concept_effects(units, h, decoder, [0], draws=7, max_cells=1000, seed=3)
    active = np.flatnonzero(units.activations(h)[:, 0] > 0)
    edited = edit(units, h, 0)[active].astype(float)
    row = found.concepts.iloc[0]
    slow = [np.sqrt(np.mean(((e - o) @ decoder.weights) ** 2))
            for e, o in zip(edited, h[active], strict=True)]  # fmt: skip
    assert row["effect"] == pytest.approx(np.mean(slow), rel=1e-5)
    assert row["n_active"] == len(active)
    for kind in ("isotropic", "covariance"):
        drawn = null_directions(h, 7, kind, seed=3, task="effects")
        means = []
        for direction in drawn:
            each = [
                np.sqrt(np.mean((np.linalg.norm(e - o) * direction @ decoder.weights) ** 2))
                for e, o in zip(edited, h[active], strict=True)
            ]
            means.append(np.mean(each))
        assert row[kind] == pytest.approx(np.mean(means), rel=1e-5)
        assert row[f"{kind}_sd"] == pytest.approx(np.std(means), rel=1e-4)
        kept = found.random[found.random["kind"] == kind]
        assert list(kept["draw"]) == list(range(7))
        np.testing.assert_allclose(kept["effect"], means, rtol=1e-5)


def test_what_the_decoder_reads_stands_out_and_the_rest_does_not(units, h):
    table = concept_effects(units, h, Planted(strong_first()), [0, 5], draws=60).concepts
    strong, weak = table.iloc[0], table.iloc[1]
    assert strong["isotropic_p"] == pytest.approx(1 / 61)
    assert strong["covariance_p"] == pytest.approx(1 / 61)
    assert weak["isotropic_p"] > 0.5
    assert strong["effect"] > 2 * strong["isotropic"]


def test_specificity_is_that_of_the_same_push(units, h):
    active = units.activations(h)[:, 2] > 0
    gated = concept_effects(units, h, Planted(np.ones(WIDTH), gate=active), [2], draws=2)
    plain = concept_effects(units, h, Planted(np.ones(WIDTH)), [2], draws=2)
    assert gated.concepts["specificity"][0] == pytest.approx(10.0)
    assert plain.concepts["specificity"][0] == pytest.approx(1.0)


def test_other_concepts_are_read_again(h):
    """Two units that share a direction: ablating one moves the other, and no third."""
    rows = np.eye(WIDTH)
    rows[1, 0] = 1.0
    names = tuple(f"unit {i}" for i in range(WIDTH))
    units = LinearUnits("component", names, rows, 0.0, Transform.fit(h))
    found = concept_effects(units, h, Planted(np.ones(WIDTH)), [0, 5], draws=3)
    shared, alone = found.concepts.iloc[0], found.concepts.iloc[1]
    assert found.others["other"][0] == "unit 1"
    assert found.others["change"][0] < -0.1
    assert shared["own_left"] == pytest.approx(0.0, abs=1e-5)
    assert 0.3 < shared["others_changed"] <= 1.0
    assert alone["others_changed"] == 0.0
    assert alone["others_moved"] == pytest.approx(0.0, abs=1e-4)
    assert alone["others_moved_random"] > 0.5


def test_a_concept_that_never_fires_is_told(units, h):
    units.thresholds[3] = 1e6
    found = concept_effects(units, h, Planted(np.ones(WIDTH)), [3], draws=2)
    assert found.concepts["n_active"].tolist() == [0]
    assert np.isnan(found.concepts["effect"][0])
    assert len(found.genes) == len(found.others) == 0


def test_scaling_by_one_has_no_effect(units, h):
    found = concept_effects(units, h, Planted(np.ones(WIDTH)), [3], how="scale", value=1.0, draws=2)
    assert found.concepts["effect"][0] == pytest.approx(0.0, abs=1e-6)


def test_cells_are_drawn_by_seed(units, h):
    options = {"draws": 2, "max_cells": 20}
    first, same, other = (
        concept_effects(units, h, Planted(np.ones(WIDTH)), [0], seed=s, **options).concepts
        for s in (1, 1, 2)
    )
    assert first.equals(same)
    assert first["effect"][0] != other["effect"][0]


def test_effect_size_and_bad_input(units, h):
    assert effect_size(np.zeros((3, 4))) == 0.0
    with pytest.raises(InputError, match="0 draws"):
        concept_effects(units, h, Planted(np.ones(WIDTH)), [0], draws=0)


def test_a_concept_that_does_not_exist_is_refused(units, h):
    with pytest.raises(InputError, match="unit 99 asked for"):
        concept_effects(units, h, Planted(np.ones(WIDTH)), [99], draws=2)
