from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries.checkpoint import RECORD, TENSORS, load_states, save_states
from cellglass.concepts.dictionaries.settings import TrainingSettings
from cellglass.concepts.dictionaries.states import all_started
from cellglass.errors import CheckpointError, InputError

SETTINGS = TrainingSettings(size=6, k=2)
KEY = {"settings": {"size": 6, "groups": (2, 6)}, "seeds": [0, 1]}


def states():
    return all_started((0, 1), SETTINGS, np.zeros(4, np.float32), 4)


def test_states_come_back_as_they_were(tmp_path: Path):
    saved = states()
    saved[1].weights["encoder"] += 0.1
    saved[1].first["bias"] += 1
    saved[1].silent[3] = 9
    saved[1].best = {n: w.clone() for n, w in saved[1].weights.items()}
    saved[1].step, saved[1].epoch, saved[1].best_loss = 30, 3, 0.1 + 0.2
    saved[1].history = [{"training_fvu": 1 / 3}]
    saved[0].stopped, saved[0].waited = True, 5
    save_states(tmp_path / "c", saved, KEY)
    save_states(tmp_path / "c", saved, KEY)
    loaded = states()
    assert load_states(tmp_path / "c", loaded, KEY)
    for a, b in zip(saved, loaded, strict=True):
        for group in ("weights", "first", "second"):
            for name, tensor in getattr(a, group).items():
                assert torch.equal(tensor, getattr(b, group)[name])
        np.testing.assert_array_equal(a.silent, b.silent)
        for name in ("step", "epoch", "history", "best_loss", "stopped", "waited", "minimum"):
            assert getattr(a, name) == getattr(b, name)
    assert loaded[0].best is None
    assert torch.equal(loaded[1].best["encoder"], saved[1].best["encoder"])
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_nothing_there_is_a_start(tmp_path: Path):
    assert not load_states(tmp_path / "c", states(), KEY)


def test_another_training_and_damage_are_refused(tmp_path: Path):
    folder = tmp_path / "c"
    save_states(folder, states(), KEY)
    with pytest.raises(InputError, match="another training: seeds, settings differ"):
        load_states(folder, states(), {"settings": {"size": 7}, "seeds": [0, 2]})
    (folder / TENSORS).write_bytes(b"x")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_states(folder, states(), KEY)
    (folder / RECORD).write_text("[]")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_states(folder, states(), KEY)
    (folder / RECORD).unlink()
    with pytest.raises(InputError, match="no checkpoint"):
        load_states(folder, states(), KEY)
