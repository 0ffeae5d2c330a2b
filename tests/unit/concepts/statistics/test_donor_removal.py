"""Removing donor units: donors are forgotten, labels stay, random units do neither."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.statistics.donor_removal import donor_association, donor_removal
from cellglass.errors import InputError


def planted(seed: int = 0, entangled: bool = False):
    """Types on dimensions 0-1, donors on 2-7, noise on the rest."""
    rng = np.random.default_rng(seed)
    donors, codes = np.repeat(np.arange(6), 40), rng.integers(2, size=240)
    h = np.abs(rng.normal(size=(240, 24)))
    h[:, :2] += 3 * np.eye(2)[codes]
    h[:, 2:8] += 3 * np.eye(6)[donors]
    if entangled:
        turn = np.linalg.qr(rng.normal(size=(24, 24)))[0]
        h = h @ turn
    names = tuple(f"unit {i}" for i in range(24))
    units = LinearUnits("component", names, np.eye(24), 0.0, Transform.fit(h, centre=False))
    return units, h, np.array(["B", "T"])[codes], donors


@pytest.mark.parametrize("refit", [True, False])
def test_donors_are_forgotten_and_labels_kept(refit: bool):
    found = donor_removal(*planted(), n_units=6, refit=refit, random_sets=4, seed=1, draws=100)
    assert {int(u) for u in found.chosen.ravel()} == {2, 3, 4, 5, 6, 7}
    assert found.donor.before > 0.9
    assert found.donor_removed > 0.8
    assert found.label_kept > 0.9
    table = found.table().set_index("probe")
    assert table.loc["donor", "low"] > 0.5
    assert abs(table.loc["donor", "random_fall"]) < 0.1
    assert table.loc["donor", "p"] == pytest.approx(1 / 5)
    assert table.loc["label", "unit"] == "donor"
    assert table.loc["donor", "unit"] == "cell"
    assert "donors told apart by cells" in table.loc["donor", "notes"]


def test_entangled_units_cannot_remove_donors_alone():
    clean = donor_removal(*planted(), n_units=6, random_sets=1, seed=1, draws=20)
    mixed = donor_removal(*planted(entangled=True), n_units=6, random_sets=1, seed=1, draws=20)
    assert mixed.donor_removed < clean.donor_removed - 0.3


def test_association_is_the_slow_one():
    rng = np.random.default_rng(0)
    donors, labels = rng.integers(4, size=200), rng.integers(3, size=200)
    x = rng.normal(size=(200, 5)) + np.array([0.0, 1, 0, 2, 0]) * donors[:, None]
    x[:, 4] = 0.1 * labels
    found = donor_association(x, donors, labels)
    for unit in range(4):
        total = between = 0.0
        for label in range(3):
            cells = x[labels == label, unit]
            total += ((cells - cells.mean()) ** 2).sum()
            for donor in range(4):
                part = x[(labels == label) & (donors == donor), unit]
                between += len(part) * (part.mean() - cells.mean()) ** 2
        assert found[unit] == pytest.approx(between / total)
    assert found[4] == 0.0


def test_units_of_types_are_no_units_of_donors():
    """Donors of unequal composition: a pure type unit differs between them."""
    rng = np.random.default_rng(0)
    donors = np.repeat([0, 1], 200)
    labels = (rng.random(400) < np.where(donors == 0, 0.9, 0.1)).astype(int)
    x = np.column_stack([labels + 0.1 * rng.normal(size=400), rng.normal(size=400)])
    assert donor_association(x, donors, labels)[0] < 0.05
    assert donor_association(x, donors, np.zeros(400, int))[0] > 0.5


def test_what_cannot_be_removed_is_refused():
    units, h, labels, donors = planted()
    with pytest.raises(InputError, match="1 donor"):
        donor_removal(units, h, labels, np.zeros(240))
    with pytest.raises(InputError, match="13 units to remove of 24"):
        donor_removal(units, h, labels, donors, n_units=13)
    with pytest.raises(InputError, match="kNN"):
        donor_removal(units, h, labels, donors, n_units=2, refit=False, classifier="knn")
