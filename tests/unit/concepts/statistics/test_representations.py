"""Probes of several representations in one table."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.statistics.probes import probe
from cellglass.concepts.statistics.representations import compare_representations
from cellglass.errors import InputError


@pytest.fixture(scope="module")
def data() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    donors = np.repeat(np.arange(8), 30)
    codes = rng.integers(2, size=240)
    x = rng.normal(size=(240, 4))
    x[:, 0] += 2.5 * codes
    features = {
        "raw embedding": x,
        "turned": x @ np.linalg.qr(rng.normal(size=(4, 4)))[0] * 7 + 1,
        "without the type": x[:, 1:],
    }
    return features, np.array(["B", "T"])[codes], donors


def test_each_row_is_the_probe_of_its_own(data):
    features, labels, donors = data
    table = compare_representations(features, labels, donors, seed=1, draws=100)
    assert list(table["representation"]) == list(features)
    alone = probe(features["without the type"], labels, donors, seed=1, draws=100).to_row()
    row = table.iloc[2]
    assert {k: row[k] for k in alone} == alone


def test_differences_are_paired(data):
    features, labels, donors = data
    table = compare_representations(features, labels, donors, seed=1, draws=300)
    raw, turned, without = (table.iloc[i] for i in range(3))
    assert np.isnan(raw["difference"])
    assert without["difference"] == pytest.approx(
        without["balanced_accuracy"] - raw["balanced_accuracy"]
    )
    assert without["difference_high"] < 0
    # a rotation holds the same; the paired interval is much narrower than either one's
    width = turned["difference_high"] - turned["difference_low"]
    assert abs(turned["difference"]) < 0.03
    assert width < 0.6 * (raw["balanced_accuracy_high"] - raw["balanced_accuracy_low"])


def test_a_missing_reference_is_refused(data):
    features, labels, donors = data
    with pytest.raises(InputError, match="did you mean 'raw embedding'"):
        compare_representations(features, labels, donors, reference="raw embeding")
