"""Loops of samples of genes: found where planted, and not where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cellglass.errors import NotApplicableError
from cellglass.geometry.study.capture import read_states
from cellglass.geometry.study.loops import (
    NULLS,
    STATISTICS,
    find_loops,
    gene_samples,
    usable_genes,
)
from cellglass.runs.geometry_section import HomologyConfig

GENES = [f"G{i}" for i in range(240)]
CONFIG = HomologyConfig(samples=6, points=40, components=6, draws=19)


def ring(noise: float = 0.15, width: int = 6, seed: int = 0) -> np.ndarray:
    """Genes along a circle, with noise in all directions."""
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, len(GENES))
    points = noise * rng.normal(size=(len(GENES), width))
    points[:, 0] += np.cos(turn)
    points[:, 1] += np.sin(turn)
    return points


def found_in(planted: Callable[..., Any], points: np.ndarray) -> Any:
    folders = planted({"m": {0: points, 1: points[:, ::-1]}}, GENES, noise=0.0)
    states, _ = read_states(folders.inputs["m"])
    samples = gene_samples(states.genes, CONFIG, 1)
    return find_loops(states, "all", samples, CONFIG, CONFIG.draws, 1)


def test_samples_are_disjoint_and_of_one_size():
    samples = gene_samples(tuple(GENES), CONFIG, 3)
    assert [len(s) for s in samples] == [40] * 6
    assert len({g for s in samples for g in s}) == 240
    assert gene_samples(tuple(GENES), CONFIG, 3) == samples
    assert gene_samples(tuple(GENES), CONFIG, 4) != samples
    with pytest.raises(NotApplicableError, match="100 genes make 6 samples of 16"):
        gene_samples(tuple(GENES[:100]), CONFIG, 1)


def test_rows_of_zeros_and_copies_are_no_points(planted: Callable[..., Any]):
    points = ring()
    points[3] = 0.0
    other = ring(seed=1)
    other[7] = other[5]
    folders = planted({"m": {0: points, 1: other}}, GENES, noise=0.0)
    states, _ = read_states(folders.inputs["m"])
    kept = usable_genes(states, "all")
    assert set(GENES) - set(kept) == {"G3", "G7"}
    loops = find_loops(states, "all", gene_samples(kept, CONFIG, 1)[:5], CONFIG, 19, 1)
    assert np.isfinite(loops.log_ratios("total")).all()


def test_a_ring_is_found_in_every_layer(planted: Callable[..., Any]):
    loops = found_in(planted, ring())
    assert (loops.log_ratios("longest") > 0.5).all()
    for null in NULLS:
        assert np.allclose(loops.layer_p("longest", null), 1 / 20)
    assert max(loops.p("longest").values()) <= 0.05 + 1e-9


def test_a_gaussian_cloud_has_no_more_than_its_nulls(planted: Callable[..., Any]):
    points = np.random.default_rng(5).normal(size=(len(GENES), 6))
    loops = found_in(planted, points)
    for statistic in STATISTICS:
        assert abs(loops.log_ratios(statistic).mean()) < 0.2
        assert max(loops.p(statistic).values()) > 0.05


def test_tables_hold_every_null(planted: Callable[..., Any]):
    loops = found_in(planted, ring())
    table = loops.table("total")
    assert table["layer"].tolist() == [0, 1]
    for null in NULLS:
        assert np.allclose(
            table[f"null_{null}"], loops.drawn["total", null].mean((1, 2)), rtol=1e-12
        )
    assert np.allclose(table["p_max"], table[[f"p_{n}" for n in NULLS]].max(axis=1))
    assert np.allclose(table["log_ratio"], loops.log_ratios("total").mean(1))


def test_the_hardest_null_counts(planted: Callable[..., Any]):
    loops = found_in(planted, ring())
    by_null = [np.log(loops.observed["total"] / loops.drawn["total", n].mean(-1)) for n in NULLS]
    assert np.allclose(loops.log_ratios("total"), np.min(by_null, axis=0))


@pytest.mark.long
def test_gaussian_clouds_pass_as_often_as_the_level_says(planted: Callable[..., Any]):
    passed = dict.fromkeys(STATISTICS, 0)
    for seed in range(40):
        points = np.random.default_rng((seed, 3)).normal(size=(len(GENES), 6))
        folders = planted({"m": {0: points}}, GENES, noise=0.0)
        states, _ = read_states(folders.inputs["m"])
        samples = gene_samples(states.genes, CONFIG, seed)
        loops = find_loops(states, "all", samples, CONFIG, CONFIG.draws, seed)
        for s in STATISTICS:
            passed[s] += max(loops.p(s).values()) <= 0.05
    assert max(passed.values()) <= 6  # 40 at 0.05: 97.5 % of binomials have at most 5
