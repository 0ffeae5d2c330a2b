"""Ablating the units of one label: planted units, the linear shortcut against an oracle."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.interventions.concept_edit import ablate
from cellglass.concepts.statistics.probe_design import ProbeDesign
from cellglass.concepts.statistics.probe_models import Scaler, fit_logistic
from cellglass.concepts.statistics.targeted_perturbation import targeted_perturbation
from cellglass.concepts.statistics.unit_choice import label_scores
from cellglass.errors import InputError


def planted(shared: bool = False, seed: int = 0):
    """Three types, each on a direction of its own; or all on directions mixed over types."""
    rng = np.random.default_rng(seed)
    donors = np.repeat(np.arange(6), 60)
    codes = rng.integers(3, size=360)
    h = np.abs(rng.normal(size=(360, 16)))
    h[:, :3] += 3 * np.eye(3)[codes]
    rows = np.eye(16)
    if shared:
        rows[:3] = np.linalg.qr(np.ones((3, 3)) + 0.05 * np.eye(3))[0] @ np.eye(16)[:3]
    names = tuple(f"unit {i}" for i in range(16))
    transform = Transform(np.zeros(16, np.float32), 0.5)
    units = LinearUnits("component", names, rows, 0.0, transform)
    return units, h, np.array(["B", "NK", "T"])[codes], donors


def test_units_of_a_label_hold_that_label():
    found = targeted_perturbation(*planted(), n_units=1, seed=1, draws=200, random_sets=30)
    table = found.table().set_index("label")
    assert (found.chosen[:, :, 0] == [0, 1, 2]).all()
    assert (found.clean > 0.9).all()
    assert (table["own_fall"] > 0.35).all()
    assert (table["score"] > 0.3).all()
    assert (table["low"] > 0.25).all()
    assert table.loc["mean", "random"] < 0.1
    assert table.loc["mean", "p"] == pytest.approx(1 / 31)
    assert found.score == pytest.approx(table.loc[["B", "NK", "T"], "score"].mean())


def test_units_shared_by_labels_score_less():
    own = targeted_perturbation(*planted(), n_units=1, seed=1, draws=20, random_sets=2)
    mixed = targeted_perturbation(*planted(shared=True), n_units=1, seed=1, draws=20, random_sets=2)
    assert mixed.score < own.score - 0.1


def test_falls_are_those_of_the_edited_embedding():
    """The linear shortcut against ablating, transforming and asking scikit-learn again."""
    units, h, labels, donors = planted()
    found = targeted_perturbation(units, h, labels, donors, n_units=2, seed=1, draws=5,
                                  random_sets=1)  # fmt: skip
    design = ProbeDesign.make(labels, donors, folds=5, seed=1, task="targeted perturbation")
    named = np.zeros((3, 2, len(h)), dtype=bool)  # probed label, before or after, cell
    for fold, (train, test) in enumerate(design.splits()):
        t = units.transform(h)
        scaler = Scaler(t[train].astype(np.float64))
        gone = units.transform(ablate(units, h[test], found.chosen[fold, 1]))
        for j in range(3):
            model, _ = fit_logistic(scaler(t[train]), (design.codes[train] == j).astype(int))
            named[j, 0, test] = model.predict(scaler(t[test]))
            named[j, 1, test] = model.predict(scaler(gone))
    for j in range(3):
        is_j = design.codes == j
        accuracy = [(n[is_j].mean() + (~n[~is_j]).mean()) / 2 for n in named[j]]
        assert found.falls[1, j] == pytest.approx(accuracy[0] - accuracy[1], abs=0.01)
        assert found.clean[j] == pytest.approx(accuracy[0], abs=0.01)


def test_units_are_chosen_on_training_cells():
    units, h, labels, donors = planted()
    h[:, :3] = np.abs(np.random.default_rng(1).normal(size=(360, 3)))  # nothing to find
    found = targeted_perturbation(units, h, labels, donors, n_units=2, seed=1, draws=5,
                                  random_sets=1)  # fmt: skip
    design = ProbeDesign.make(labels, donors, folds=5, seed=1, task="targeted perturbation")
    z = units.activations(h).astype(float)
    for fold, (train, _) in enumerate(design.splits()):
        for label in range(3):
            scores = label_scores(z[train], design.codes[train] == label)
            assert found.chosen[fold, label].tolist() == np.argsort(-scores)[:2].tolist()
    assert len({tuple(c.ravel()) for c in found.chosen}) > 1


def test_few_donors_and_too_many_units():
    units, h, labels, donors = planted()
    found = targeted_perturbation(units, h, labels, donors % 2, n_units=1, draws=20, random_sets=2)
    assert "conditional on the donors" in found.table()["notes"][0]
    with pytest.raises(InputError, match="9 units to ablate of 16"):
        targeted_perturbation(units, h, labels, donors, n_units=9)
