"""Dose curves: straight for a linear decoder, bent for one that saturates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.interventions.decoders import Decoder
from cellglass.concepts.interventions.dose import SCALES, dose_curve
from cellglass.concepts.interventions.effects import concept_effects
from cellglass.errors import InputError


class Toy(Decoder):
    """Two of six dimensions are read; the outer function may saturate."""

    genes, scale = ("A", "B", "C"), "toy"

    def __init__(self, saturates: bool = False) -> None:
        self.saturates = saturates
        self.weights = np.zeros((6, 3))
        self.weights[0], self.weights[1] = [2.0, -1.0, 0.0], [0.0, 0.0, 0.3]

    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        out = np.asarray(embedding, dtype=np.float64) @ self.weights
        return np.tanh(out) if self.saturates else out


@pytest.fixture
def h() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(200, 6))


@pytest.fixture
def units(h) -> LinearUnits:
    names = tuple(f"neuron {i}" for i in range(6))
    return LinearUnits("neuron", names, np.eye(6), 0.0, Transform.fit(h))


def test_a_linear_decoder_answers_in_proportion(units, h):
    curve = dose_curve(units, h, Toy(), 0, draws=20)
    assert tuple(curve["scale"]) == SCALES
    slope = curve["along"] / (curve["scale"] - 1)
    np.testing.assert_allclose(slope.drop(2), slope[5], rtol=1e-4)
    assert slope[5] > 0
    np.testing.assert_allclose(curve["effect"], (curve["scale"] - 1).abs() * curve["effect"][0],
                               rtol=1e-4, atol=1e-6)  # fmt: skip


def test_a_saturating_decoder_bends(units, h):
    curve = dose_curve(units, h, Toy(saturates=True), 0, draws=2).set_index("scale")
    assert curve.loc[3.0, "along"] < 1.5 * curve.loc[1.5, "along"] - curve.loc[0.0, "along"]
    assert curve["along"].is_monotonic_increasing
    assert curve.loc[0.0, "along"] < 0


def test_null_directions_of_the_same_length_do_less(units, h):
    curve = dose_curve(units, h, Toy(), 0, draws=40)
    moved = curve[curve["scale"] != 1]
    assert (moved["isotropic"] < moved["effect"]).all()
    assert (moved["isotropic_p"] < 0.1).all()
    assert np.isnan(curve["isotropic_p"][2])
    assert (dose_curve(units, h, Toy(), 3, draws=40)["isotropic_p"].dropna() == 1.0).all()


def test_the_dose_of_zero_is_the_ablation(units, h):
    curve = dose_curve(units, h, Toy(), 0, scales=[0.0], draws=10, seed=4)
    effect = concept_effects(units, h, Toy(), [0], draws=10, seed=4).concepts.iloc[0]
    for column in ("effect", "isotropic", "covariance", "isotropic_p", "covariance_sd"):
        assert curve[column][0] == pytest.approx(effect[column])


def test_what_has_no_curve_is_refused(units, h):
    units.thresholds[2] = 1e6
    with pytest.raises(InputError, match="concept 2 is active in 0 cells"):
        dose_curve(units, h, Toy(), 2)
    with pytest.raises(InputError, match="not negative"):
        dose_curve(units, h, Toy(), 0, scales=[-1.0])


def test_the_genes_of_a_dose_have_the_sign_of_their_change(units, h):
    curve = dose_curve(units, h, Toy(), 0, draws=1).set_index("scale")
    assert curve.loc[0.0, "genes"] == "-A, +B"
    assert curve.loc[3.0, "genes"] == "+A, -B"
    assert curve.loc[1.0, "genes"] == ""


def test_random_directions_of_two_doses_as_far_away_are_the_same(units, h):
    """Absent and doubled move cells equally far; both are what each gives alone."""
    decoder = Toy(saturates=True)
    both = dose_curve(units, h, decoder, 0, draws=5, scales=(0.0, 2.0))
    alone = dose_curve(units, h, decoder, 0, draws=5, scales=(2.0,))
    for column in ("isotropic", "covariance", "isotropic_sd", "covariance_p"):
        assert both[column][1] == pytest.approx(alone[column][0], rel=1e-9)
