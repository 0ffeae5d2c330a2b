"""Folders of a small study whose concepts are known, as its tasks would leave them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.embeddings.writer import StoreWriter
from cellglass.concepts.study.cells import read_store
from cellglass.concepts.study.curves import draw_curves
from cellglass.concepts.study.dictionaries import train_dictionaries
from cellglass.concepts.study.names import (
    CELLS_FILE,
    STORE,
    curves_name,
    dictionary_name,
    embedding_name,
    units_name,
)
from cellglass.concepts.study.units import choose_units
from cellglass.runs.concepts_section import DictionaryConfig, UnitsConfig
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

MODEL, WIDTH, N_CELLS, N_DONORS, SEED = "planted", 16, 600, 8, 42
LABELS = ("CD4 T cells", "CD8 T cells", "B cells", "Monocytes")
EMBEDDED, DICTIONARIES, UNITS = embedding_name(MODEL), dictionary_name(MODEL), units_name(MODEL)


@dataclass(frozen=True)
class StudyFolders:
    """Results of tasks, and contexts that read them.

    Attributes
    ----------
    root
        Holds one folder a task, ``inputs[name]``.
    inputs
        Folder of each task.
    """

    root: Path
    inputs: Mapping[str, Path]

    def context(self, name: str) -> TaskContext:
        """Context of a task that reads all others; its folder is empty."""
        output = self.root / "results" / name
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        return TaskContext(name, SEED, output, self.inputs)

    @property
    def store(self) -> EmbeddingStore:
        """The embedded cells of the model."""
        return read_store(self.inputs[EMBEDDED])

    def with_obs(self, root: Path, **columns: Any) -> StudyFolders:
        """The same study whose cells have other labels, donors or batches, under `root`."""
        changed = write_store(
            root / "embedded", self.store.array[:], self.store.obs.assign(**columns)
        )
        return StudyFolders(root, {**self.inputs, EMBEDDED: changed})


def write_store(folder: Path, embedding: np.ndarray, obs: pd.DataFrame) -> Path:
    """What `cellglass.concepts.study.cells.embed` leaves."""
    writer = StoreWriter(folder / STORE, {"model": MODEL, "level": "cell"}, n_shards=1)
    writer.write(0, np.asarray(embedding, dtype=np.float32), obs.reset_index(drop=True), "hash")
    writer.finish()
    np.save(folder / CELLS_FILE, np.arange(len(embedding)))
    return folder


def planted_cells() -> tuple[np.ndarray, pd.DataFrame]:
    """Cells that are sums of directions: of their label, of their state, of their donor.

    Both T labels share a direction. A state is a concept tied to no column but ``condition``.
    """
    rng = np.random.default_rng(SEED)
    directions = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    label = rng.integers(4, size=N_CELLS)
    donor = np.arange(N_CELLS) % N_DONORS
    condition = rng.integers(2, size=N_CELLS)
    amounts = np.zeros((N_CELLS, WIDTH))
    cells = np.arange(N_CELLS)
    amounts[cells, label] = rng.uniform(2, 3, N_CELLS)
    amounts[label < 2, 4] = rng.uniform(1, 2, int((label < 2).sum()))
    amounts[condition == 1, 5] = rng.uniform(1.5, 2.5, int(condition.sum()))
    amounts[donor % 2 == 1, 6] = rng.uniform(0.8, 1.2, int((donor % 2).sum()))
    amounts[cells, 7 + rng.integers(WIDTH - 7, size=N_CELLS)] = rng.uniform(0.5, 1.5, N_CELLS)
    embedding = 3 + amounts @ directions + 0.05 * rng.normal(size=(N_CELLS, WIDTH))
    obs = pd.DataFrame(
        {
            "cell": [f"c{i}" for i in range(N_CELLS)],
            "label": np.array(LABELS)[label],
            "donor": [f"D{d}" for d in donor],
            "batch": [f"batch {d % 2}" for d in donor],
            "condition": np.array(["control", "stimulated"])[condition],
        }
    )
    return embedding.astype(np.float32), obs


@pytest.fixture(scope="session")
def study_folders(tmp_path_factory: pytest.TempPathFactory) -> StudyFolders:
    """A model's cells, dictionaries of two seeds and units, and the same of two controls.

    Tasks are those of `cellglass.concepts.study.names` for the model "planted": its embedding,
    dictionaries, units; the variants "untrained" and "shuffled" have embedding and dictionary.
    600 cells of width 16, 8 donors, 4 labels, 2 batches (by donor), 32 concepts.
    """
    root = tmp_path_factory.mktemp("study")
    embedding, obs = planted_cells()
    rng = np.random.default_rng(1)
    variants = {
        "": embedding,
        "untrained": np.tanh(embedding @ rng.normal(size=(WIDTH, WIDTH)) / 4),
        "shuffled": rng.permuted(embedding, axis=0),
    }
    folders = StudyFolders(root, {})
    for i, (variant, h) in enumerate(variants.items()):
        embedded = embedding_name(MODEL, variant)
        known = {**folders.inputs, embedded: write_store(root / f"cells-{i}", h, obs)}
        folders = StudyFolders(root, known)
        task = dictionary_name(MODEL, variant)
        context = folders.context(task)
        train_dictionaries(
            context, embedded=embedded, seeds=1 if variant else 2, test_share=0.3, device="cpu",
            dictionary=DictionaryConfig(
                size=32, k=4, options={"epochs": 60, "batch": 64}
            ).model_dump(),
        )  # fmt: skip
        folders = StudyFolders(root, {**known, task: context.output})
    context = folders.context(UNITS)
    wanted = UnitsConfig(concepts=24, neurons=24, rotated=24, components=16, random=24, decoys=0)
    choose_units(context, embedded=EMBEDDED, dictionaries=DICTIONARIES, units=wanted.model_dump())
    return StudyFolders(root, {**folders.inputs, UNITS: context.output})


@pytest.fixture(scope="session")
def study_statistics() -> dict[str, Any]:
    """Section ``statistics`` with few draws."""
    dumped: dict[str, Any] = json.loads(StatisticsConfig(bootstrap=200, draws=99).model_dump_json())
    return dumped


@pytest.fixture(scope="session")
def attributed_study(
    real_study: Any, scvi_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """150 cells of a small scVI model, 6 concepts and units of each other kind, attributed.

    Two decoys; swaps are screened by gradient. Curves of three units of each kind. The study of
    `tests.concept_study`.
    """
    study = real_study.concept_study(
        tmp_path_factory.mktemp("attributed"), scvi_folder, n_cells=150,
        units={"concepts": 6, "neurons": 3, "rotated": 2, "components": 2, "random": 2},
    )  # fmt: skip
    name = real_study.attribute_units(study)
    study.run(
        curves_name(real_study.MODEL), draw_curves, attributed=name, held=study.held,
        attribution=real_study.ATTRIBUTION, n_units=3, n_prototypes=3,
    )  # fmt: skip
    return study
