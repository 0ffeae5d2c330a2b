"""A model that can be computed by hand, and tiny transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cellglass.models import load_model
from cellglass.models.cell_model import CellModel
from cellglass.models.cost import Cost, Determinism
from cellglass.models.vocabulary import Vocabulary


class Plain(CellModel):
    """Says nothing about swaps: its embedding is the first two counts and the seed."""

    name, family = "plain", "plain"
    vocabulary = Vocabulary({"GENE0": 0, "GENE1": 1})
    determinism = Determinism(True)
    width = 3
    calls = 0

    def cost(self, n_tokens: int) -> Cost:
        return Cost(1, 1, 1)

    def embed(self, cells: Any, *, seed: int = 42) -> np.ndarray:
        type(self).calls += 1
        counts = cells.X[:, :2].toarray()
        return np.column_stack([counts, np.full(len(counts), seed)]).astype(np.float32)

    def embed_perturbed(self, cells: Any, edits: Any, *, seed: int = 42) -> np.ndarray:
        raise NotImplementedError

    def untrained(self, seed: int = 42) -> Plain:
        raise NotImplementedError

    def to(self, device: Any = None, dtype: Any = None) -> Plain:
        return self


class Swapping(Plain):
    """Knows swaps, and notes with which options it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def swap_space(self, cells: Any, *, seed: int = 42, **options: Any) -> Any:
        self.asked.append({"seed": seed, **options})
        model = self

        class Space:
            def embed(self) -> np.ndarray:
                return -model.embed(cells, seed=seed)

        return Space()


@pytest.fixture
def plain() -> Plain:
    Plain.calls = 0
    return Plain()


@pytest.fixture
def swapping() -> Swapping:
    return Swapping()


@pytest.fixture(scope="session")
def transformers(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three layers of width 16 over 40 genes; scGPT reads 12 tokens, so it must draw."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "scgpt": load_model(tiny.write_scgpt(folder / "scgpt", max_seq_len=12), name="s"),
        "geneformer": load_model(tiny.write_geneformer(folder / "geneformer"), name="g"),
    }


@pytest.fixture
def cells_for(tiny: Any) -> Callable[..., Any]:
    """``cells_for("scgpt", n)``: counts over the genes of a family, with a donor and a label."""

    def make(family: str, n: int = 7) -> Any:
        genes = tiny.ENSEMBL if family == "geneformer" else tiny.SYMBOLS
        cells = tiny.counts_data(n, [*genes, "UNHEARD_OF"])
        cells.obs["donor"] = [f"D{i % 2}" for i in range(n)]
        cells.obs["label"] = np.array(["T", "B"], dtype=object)[np.arange(n) % 2]
        cells.obs["label"] = cells.obs["label"].astype("category")
        return cells

    return make
