from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models.quality.cell_embedding import balanced, separation


def planted(
    shift: float, sizes: tuple[int, ...] = (120, 60, 20), seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of uneven size, moved apart by `shift` along their own axes; four blocks."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(["T", "B", "NK"][: len(sizes)], sizes)
    axes = np.eye(12)[np.repeat(np.arange(len(sizes)), sizes)]
    x = rng.normal(size=(len(labels), 12)) + shift * axes
    return x, labels, rng.integers(4, size=len(labels))


def test_separated_labels_are_found() -> None:
    found = separation(*planted(12.0))
    assert found.balanced_accuracy > 0.97
    assert found.correct.mean() > 0.97
    assert found.silhouette > 0.5
    assert (found.shuffled < found.balanced_accuracy).all()


def test_noise_is_at_the_level_of_permuted_labels_whatever_the_sizes() -> None:
    found = separation(*planted(0.0))
    assert found.shuffled.mean() == pytest.approx(1 / 3, abs=0.05)
    p = (1 + (found.shuffled >= found.balanced_accuracy).sum()) / (1 + len(found.shuffled))
    assert p > 0.02
    assert abs(found.silhouette) < 0.1


def test_votes_are_counted_as_documented() -> None:
    """One cell after the other: neighbours of other blocks, votes weighted by 1 / share."""
    x, labels, blocks = planted(3.0, (50, 30, 10), seed=4)
    found = separation(x, labels, blocks)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    names = np.unique(labels)
    for cell in range(len(x)):
        others = np.flatnonzero(blocks != blocks[cell])
        nearest = others[np.argsort(-(unit[others] @ unit[cell]))[:15]]
        votes = [(labels[nearest] == n).sum() / (labels == n).mean() for n in names]
        assert (names[int(np.argmax(votes))] == labels[cell]) == found.correct[cell]
    shares = [found.correct[labels == n].mean() for n in names]
    assert found.balanced_accuracy == pytest.approx(np.mean(shares))


def test_neighbours_of_the_own_block_do_not_vote() -> None:
    """Labels that are told apart within blocks only, where batches differ, are not separated."""
    rng = np.random.default_rng(2)
    labels = np.tile(["a", "b"], 60)
    blocks = np.repeat([0, 1], 60)
    side = np.where(labels == "a", 1.0, -1.0) * np.where(blocks == 0, 1.0, -1.0)
    x = np.column_stack([10 * side, rng.normal(size=120)])
    assert separation(x, labels, blocks).balanced_accuracy < 0.1


def test_only_direction_counts_and_the_seed_sets_the_null() -> None:
    x, labels, blocks = planted(3.0)
    one = separation(x, labels, blocks, seed=1)
    scaled = separation(x * np.linspace(1, 9, len(x))[:, None], labels, blocks, seed=1)
    np.testing.assert_array_equal(one.correct, scaled.correct)
    np.testing.assert_array_equal(one.shuffled, scaled.shuffled)
    assert (separation(x, labels, blocks, seed=2).shuffled != one.shuffled).any()


def test_balanced_accuracy_weighs_labels_alike() -> None:
    assert balanced(np.array([True, True, True, False]), np.array([0, 0, 0, 2])) == 0.5


@pytest.mark.parametrize(
    ("labels", "blocks", "message"),
    [
        (["a"] * 40, [0, 1] * 20, "1 labels"),
        (["a", "b"] * 20, [0] * 40, "1 blocks"),
        (["a", "b"] * 20, [0] * 35 + [1] * 5, "5 cells outside block 0"),
    ],
)
def test_too_little_to_compare_is_told(labels: list, blocks: list, message: str) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(InputError, match=message):
        separation(x, np.array(labels), np.array(blocks))
