"""At equal k, size, steps and rate, our training reconstructs as well as SAELens's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.concepts import Dictionary, Transform, from_saelens
from cellglass.concepts.dictionaries.planted import planted_dictionary
from cellglass.concepts.dictionaries.training import train

sae_lens = pytest.importorskip("sae_lens", reason="SAELens is not installed here: make test-peers")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

CELLS, WIDTH, SIZE, K, BATCH, EPOCHS = 8192, 64, 256, 8, 256, 64  # 2,048 steps
RATE = 4e-3  # at which both have converged; at lower rates both are still on the way


def fvu(dictionary: Dictionary, held: np.ndarray) -> float:
    residual = held - dictionary.reconstruct(held)
    return float((residual**2).sum() / ((held - held.mean(0)) ** 2).sum())


def trained_by_saelens(cells: np.ndarray, folder: Path) -> Dictionary:
    """Their Top-K with their defaults, on cells that are centred and scaled as ours are."""
    from sae_lens.config import SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    def shuffled() -> Iterator[Any]:
        generator = torch.Generator().manual_seed(0)
        while True:
            for index in torch.randperm(len(cells), generator=generator).split(BATCH):
                yield torch.as_tensor(cells)[index]

    torch.manual_seed(0)
    config = sae_lens.TopKTrainingSAEConfig(d_in=WIDTH, d_sae=SIZE, k=K)
    sae = sae_lens.TrainingSAE.from_dict(config.to_dict())
    settings = SAETrainerConfig(
        total_training_samples=EPOCHS * CELLS, train_batch_size_samples=BATCH, lr=RATE,
        lr_end=RATE, lr_warm_up_steps=100,
    )  # fmt: skip
    SAETrainer(settings, sae, shuffled()).fit()
    sae.save_inference_model(folder)
    return from_saelens(folder)


def test_fvu_within_one_percent(tmp_path: Path):
    made = planted_dictionary(CELLS + 2048, SIZE, WIDTH, K, seed=0, noise=0.2, gamma=3)
    cells, held = made.embedding[:CELLS], made.embedding[CELLS:]
    transform = Transform.fit(cells)
    theirs = fvu(trained_by_saelens(transform(cells), tmp_path / "x"), transform(held))
    found = train(
        cells, size=SIZE, k=K, seeds=(0, 1), epochs=EPOCHS, batch=BATCH, learning_rate=RATE,
        warm_up=100,
    )  # fmt: skip
    ours = [fvu(d, held) for d in found]
    print(f"\nFVU on held-out cells: ours {ours[0]:.4f} and {ours[1]:.4f}, SAELens {theirs:.4f}")
    assert theirs < 0.5
    assert max(ours) <= 1.01 * theirs
