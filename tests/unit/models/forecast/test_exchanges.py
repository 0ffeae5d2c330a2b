from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import cellglass as cg
from cellglass.models.forecast import exchanges
from cellglass.models.forecast.exchanges import Exchanges, timed_exchanges
from cellglass.models.swap_space import SwapSpace

MEASURED = Exchanges(0.004, 340.0, 765, (), 50_000)
SHARES = (0.1, 0.02)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "TIMED_SECONDS", 0.02)


# cells, (units, prototypes, counterfactuals), differing genes, top share; passes if all are run,
# passes that were run: plans of mini-scgpt, mini-geneformer and scVI
@pytest.mark.parametrize(
    ("n_cells", "shape", "differing", "top", "all_of_them", "run"),
    [
        (700, (35, 10, 1), 339, 0.1, 84_179, 11_268),
        (700, (35, 10, 1), 356, 0.1, 92_241, 13_048),
        (700, (48, 12, 2), 341, 0.1, 238_427, 33_464),
        (700, (21, 14, 1), 346, 0.05, 75_951, 5_700),
        (700, (142, 50, 3), 316, 0.1, 890_427, 311_568),
        (700, (36, 103, 3), 317, 0.1, 1_052_437, 272_210),
        (2000, (140, 58, 3), 686, 0.1, 4_015_034, 888_017),
    ],
)
def test_passes_of_real_plans_are_foreseen(
    n_cells: int, shape: tuple[int, int, int], differing: float, top: float,
    all_of_them: int, run: int,
) -> None:  # fmt: skip
    measured = replace(MEASURED, differing=differing)
    every = measured.of(n_cells, shape, screen="all", below=0, shares=(top, 0.02))
    screened = measured.of(n_cells, shape, screen="gradient", below=0, shares=(top, 0.02))
    assert 1 / 1.6 < every.passes / all_of_them < 1.6
    assert 1 / 1.6 < screened.passes / run < 1.6
    assert every.entries == shape[0] * shape[1] * shape[2] * differing
    assert (every.gradients, screened.gradients) == (0, shape[0] * shape[1] * shape[2])


def test_few_passes_are_run_without_a_screen() -> None:
    shape = (4, 10, 1)
    auto = MEASURED.of(700, shape, screen="auto", below=50_000, shares=SHARES)
    every = MEASURED.of(700, shape, screen="all", below=0, shares=SHARES)
    screened = MEASURED.of(700, shape, screen="auto", below=10, shares=SHARES)
    assert auto == every
    assert screened.passes < auto.passes
    both = MEASURED.of(700, shape, screen="all", below=0, shares=SHARES, both=True)
    assert both.entries == 2 * every.entries


def test_passes_grow_and_never_exceed_what_there_is() -> None:
    last = 0.0
    for n in (1, 5, 50, 500, 5000):
        found = MEASURED.of(700, (n, 10, 2), screen="all", below=0, shares=SHARES)
        assert last < found.passes <= found.entries
        last = found.passes
    # every cell is edited at most with all values that there are
    assert last < 700 * 340 * 5.01
    assert MEASURED.of(0, (5, 0, 1), screen="all", below=0, shares=SHARES).passes == 0


def test_exchanges_are_timed_between_cells_of_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:12].copy()
    threads, made = [], []
    own = type(model).swap_space

    def watched(self: object, *args: object, **options: object) -> SwapSpace:
        threads.append(torch.get_num_threads())
        made.append(own(model, *args, **options))
        return made[-1]

    monkeypatch.setattr(type(model), "swap_space", watched)
    before = torch.get_num_threads()
    found = timed_exchanges(model, cells, 1, {"layer": 2, "pooling": None})
    assert (threads, torch.get_num_threads()) == ([1], before)
    (space,) = made
    assert 1e-6 < found.seconds < 1
    assert found.genes == space.genes
    assert found.n_genes == len(space.genes)
    counts = [space.differing(a, b).size for a in range(12) for b in range(a)]
    assert min(counts) < found.differing < max(counts)
    assert found.below == space.exhaustive_below


def test_a_model_that_exchanges_nothing_is_timed_as_it_embeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:4].copy()
    monkeypatch.setattr(type(model), "swap_space", cg.models.CellModel.swap_space)
    found = timed_exchanges(model, cells, 1, {})
    assert found.seconds > 0
    assert (found.differing, found.n_genes, found.genes) == (0, 0, ())
