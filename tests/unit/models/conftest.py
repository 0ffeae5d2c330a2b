"""Tiny models in both published layouts."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from cellglass.models import Tokens, TransformerModel


@pytest.fixture(scope="session")
def scgpt_folder(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scGPT: 3 layers, 4 heads, width 16, 40 genes."""
    return tiny.write_scgpt(tmp_path_factory.mktemp("scgpt"))


@pytest.fixture(scope="session")
def geneformer_folder(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Geneformer V2: 3 layers, 4 heads, width 16, 40 genes."""
    return tiny.write_geneformer(tmp_path_factory.mktemp("geneformer"))


@pytest.fixture
def scgpt(scgpt_folder: Path) -> TransformerModel:
    """A fresh scGPT, so that a test may change its weights."""
    from cellglass.models import load_model

    return load_model(scgpt_folder, name="tiny-scgpt")


@pytest.fixture
def geneformer(geneformer_folder: Path) -> TransformerModel:
    """A fresh Geneformer V2."""
    from cellglass.models import load_model

    return load_model(geneformer_folder, name="tiny-geneformer")


@pytest.fixture(params=["scgpt", "geneformer"])
def model(request: pytest.FixtureRequest) -> TransformerModel:
    """Each family in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def cells_of(tiny: Any) -> Callable[..., Any]:
    """``cells_of(model, n)``: counts over the genes that the model knows and one it does not."""

    def make(model: TransformerModel, n: int = 5, **options: Any) -> Any:
        genes = tiny.ENSEMBL if model.family == "geneformer" else tiny.SYMBOLS
        return tiny.counts_data(n, [*genes, "UNHEARD_OF"], **options)

    return make


@pytest.fixture
def tokens(model: TransformerModel, cells_of: Callable[..., Any]) -> Tokens:
    """Five cells of different lengths for `model`."""
    found = model.tokenize(cells_of(model, 5, seed=3))
    assert len(np.unique(found.lengths)) > 2
    return found


@pytest.fixture(scope="session")
def holed() -> Callable[[Any], Any]:
    """``holed(tokens)``: the same cells with two valid tokens turned into padding in the middle."""

    def make(tokens: Any) -> Any:
        valid = tokens.valid.copy()
        for cell in range(len(tokens)):
            genes = np.flatnonzero(tokens.is_gene[cell])
            valid[cell, genes[[1, len(genes) // 2]]] = False
        return replace(tokens, valid=valid)

    return make


class Bomb:
    """Pickles to a file that would leave a mark if its code were executed."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "executed"

    def __reduce__(self) -> Any:
        return Path.write_text, (self.mark, "boom")

    @property
    def pickled(self) -> bytes:
        return pickle.dumps({"ENSG00000000100": self})

    @property
    def exploded(self) -> bool:
        return self.mark.exists()


@pytest.fixture
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Bomb:
    """A bomb that works: loading its pickle with the plain unpickler leaves the mark."""
    proof = Bomb(tmp_path_factory.mktemp("proof"))
    pickle.loads(proof.pickled)
    assert proof.exploded
    return Bomb(tmp_path_factory.mktemp("bomb"))


@pytest.fixture(scope="session")
def walk() -> Callable[..., dict[str, Path]]:
    """``walk(tasks, root, done)``: run tasks one after the other; their folders, by name."""

    def run(tasks: Any, root: Path, done: Any = (), seed: int = 42) -> dict[str, Path]:
        from cellglass.runs.tasks import TaskContext

        folders = dict(done)
        for task in tasks:
            out = root / task.name.replace("/", "__")
            out.mkdir(parents=True)
            module, _, function = task.function.partition(":")
            inputs = {name: folders[name] for name in task.inputs}
            getattr(importlib.import_module(module), function)(
                TaskContext(task.name, seed, out, inputs), **task.params
            )
            folders[task.name] = out
        return folders

    return run


@pytest.fixture(scope="session")
def study_file(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An .h5ad of 90 cells: three donors, two types and some cells without one."""
    rng = np.random.default_rng(8)
    obs = {
        "donor": rng.permutation(np.repeat(["d1", "d2", "d3"], 30)),
        "type": rng.choice(["B cell", "T cell", "B cell", None], 90),
    }
    cells = tiny.counts_data(90, [*tiny.SYMBOLS, "UNHEARD_OF"], seed=6, obs=obs)
    path = tmp_path_factory.mktemp("study") / "cells.h5ad"
    cells.write_h5ad(path)
    return path


@pytest.fixture
def study_of(study_file: Path, scgpt_folder: Path) -> Callable[..., Any]:
    """``study_of(edges={...}, genes={...}, ...)``: a study of those cells with the tiny scGPT."""

    def make(**sections: Any) -> Any:
        from cellglass.runs.study import Study

        cells = {"path": str(study_file), "strata": "type", "donor": "donor"}
        held: dict[str, Any] = {
            "study": "tiny",
            "cells": cells | sections.pop("cells", {}),
            "models": [{"path": str(scgpt_folder), "name": "tiny"}],
            "genes": {"regulators": "all", "max_genes": 30, "min_cells": 5, "min_pair_cells": 2},
            "edges": {"group_cells": 8},
            "resources": {"shard_cells": 20, "executor": "inline"},
        }
        for name, section in sections.items():
            held[name] = held.get(name, {}) | section if isinstance(section, dict) else section
        return Study(**held)

    return make
