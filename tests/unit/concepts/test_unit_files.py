"""Units on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts import Dictionary, DictionaryUnits, JoinedUnits, LinearUnits, Transform
from cellglass.concepts.unit_files import read_units, write_units
from cellglass.concepts.units import Units
from cellglass.errors import InputError


def test_units_read_the_same_after_writing(tmp_path: Path):
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(30, 4)).astype(np.float32)
    transform = Transform.fit(cells)
    rows = rng.normal(size=(6, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    dictionary = Dictionary("topk", rows, np.zeros(6), rows, np.zeros(4), transform, k=2)
    linear = LinearUnits("component", ("PC 1 +", "PC 1 -"), [[1, 0, 0, 0], [-1, 0, 0, 0]], 0.0,
                         transform).with_rate(cells, [0.1, 0.2])  # fmt: skip
    units = JoinedUnits([(DictionaryUnits(dictionary), [5, 1]), (linear, None)])
    write_units(units, tmp_path / "units")
    back = read_units(tmp_path / "units")
    assert back.names == units.names
    assert back.kinds == units.kinds
    for name in ("gated", "pre", "margin"):
        np.testing.assert_array_equal(
            getattr(back.read(cells), name), getattr(units.read(cells), name)
        )


def test_a_folder_without_units_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="there are no units"):
        read_units(tmp_path)


def test_other_kinds_of_units_are_refused(tmp_path: Path):
    class Odd(Units):
        kind = "decoy"
        names = ("x",)
        directions = np.ones((1, 2), np.float32)
        transform = Transform(np.zeros(2, np.float32), 1.0)

        def read(self, embedding, which=None):
            raise NotImplementedError

        def pre(self, embedding, which):
            raise NotImplementedError

        def margin(self, embedding, which):
            raise NotImplementedError

    with pytest.raises(InputError, match="Odd cannot be written"):
        write_units(JoinedUnits([(Odd(), None)]), tmp_path / "x")
