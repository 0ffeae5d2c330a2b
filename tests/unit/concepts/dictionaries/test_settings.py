from __future__ import annotations

import pytest

from cellglass.concepts.dictionaries.settings import (
    TrainingSettings,
    default_size_and_k,
    settings_of,
    size_and_k_grid,
)
from cellglass.errors import InputError


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "topkk"}, "did you mean 'topk'"),
        ({"kind": "relu"}, "kind is 'relu'"),
        ({"bias_start": "geometric"}, "did you mean 'geometric median'"),
        ({"dtype": "float16"}, "'bfloat16' or 'float32'"),
        ({"k": None}, "k is None"),
        ({"k": 0}, "k is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"kind": "matryoshka", "groups": (4, 2, 64)}, "ascending sizes that end in 64"),
        ({"kind": "matryoshka", "groups": (4, 32)}, "ascending sizes that end in 64"),
        ({"kind": "matryoshka", "groups": ()}, "ascending sizes"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict, said: str):
    with pytest.raises(InputError, match=said):
        settings_of({"size": 64, "k": 4, **options})


@pytest.mark.parametrize(
    ("size", "k", "cells", "width", "said"),
    [
        (16, 16, 1000, 32, "k is 16 of 16 concepts"),
        (64, 32, 1000, 32, "change of basis"),
        (64, 4, 63, 32, "63 training cells for 64 concepts"),
    ],
)
def test_sizes_that_teach_nothing_are_refused(size, k, cells, width, said: str):
    with pytest.raises(InputError, match=said):
        TrainingSettings(size=size, k=k).check_against(cells, width)


def test_sizes_at_the_limit_pass():
    TrainingSettings(size=64, k=31).check_against(64, 32)


def test_rate_shrinks_with_the_root_of_the_size():
    assert TrainingSettings(size=16_384, k=1).rate == pytest.approx(2e-4)
    assert TrainingSettings(size=4_096, k=1).rate == pytest.approx(4e-4)
    assert TrainingSettings(size=4_096, k=1, learning_rate=0.1).rate == 0.1


def test_warm_up_is_a_tenth_of_short_trainings():
    settings = TrainingSettings(size=64, k=1)
    assert settings.warm_up_steps(500) == 50
    assert settings.warm_up_steps(100_000) == 1000
    assert TrainingSettings(size=64, k=1, warm_up=7).warm_up_steps(500) == 7


def test_prefixes():
    assert TrainingSettings(size=64, k=1).prefixes() == (64,)
    assert TrainingSettings(size=64, k=1, kind="matryoshka").prefixes() == (4, 8, 16, 32, 64)
    assert TrainingSettings(size=3, k=1, kind="matryoshka").prefixes() == (1, 3)
    given = TrainingSettings(size=64, k=1, kind="matryoshka", groups=[10, 64])
    assert given.prefixes() == (10, 64)


def test_penalties():
    def penalty(**options):
        return TrainingSettings(size=64, **options).penalty(6.0, 3.0, 4.0)

    assert penalty(kind="l1", sparsity=0.1) == pytest.approx(0.1 * 3 / 2)
    assert penalty(kind="jumprelu", sparsity=0.1) == pytest.approx(0.1 * 6)
    assert penalty(kind="jumprelu", sparsity=0.1, k=3) == pytest.approx(0.1 * (6 / 3 - 1) ** 2)
    assert penalty(kind="topk", k=3) == 0


@pytest.mark.parametrize("width", [8, 10, 30, 50, 64, 65, 512, 1280])
def test_proposed_sizes_keep_k_well_below_the_width(width: int):
    for size, k in [default_size_and_k(width), *size_and_k_grid(width)]:
        assert 0 < k < width / 2
        TrainingSettings(size=size, k=k).check_against(100_000, width)


def test_narrow_embeddings_get_absolute_sizes():
    assert {s for s, _ in size_and_k_grid(10)} == {s for s, _ in size_and_k_grid(50)}
    assert {s for s, _ in size_and_k_grid(512)} == {1024, 2048, 4096, 8192}
    assert {k for _, k in size_and_k_grid(512)} == {4, 8, 16, 32}
