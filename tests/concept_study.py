"""A real model's cells, dictionary and units, as the tasks of a study leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellglass.concepts.study.attribution import SHARDS, plan_shards, run_shard
from cellglass.concepts.study.cells import embed
from cellglass.concepts.study.dictionaries import train_dictionaries
from cellglass.concepts.study.gene_tables import GENES_TABLE, UNITS_FILE, write_gene_tables
from cellglass.concepts.study.names import (
    Variant,
    attribution_name,
    dictionary_name,
    embedding_name,
    units_name,
)
from cellglass.concepts.study.units import UNITS_TABLE, choose_units
from cellglass.models.datasets import CELLS
from cellglass.models.families import resolve
from cellglass.models.inputs import prepare_cells
from cellglass.runs.concepts_section import AttributionConfig, DictionaryConfig, UnitsConfig
from cellglass.runs.sections import CellsConfig, EdgesConfig, StatisticsConfig
from cellglass.runs.tasks import TaskContext

MODEL, SEED = "small", 42
ATTRIBUTION = {"screen": "gradient", "prototypes": 12, "counterfactuals": 2}
OPTIONS = {"layer": None, "pooling": None, "normalise": False}
STATISTICS = StatisticsConfig(bootstrap=200, draws=99).model_dump(mode="json")


@dataclass
class ConceptStudy:
    """Folders of tasks that were run.

    Attributes
    ----------
    root
        Holds one folder a task.
    held
        What tasks of an attribution open.
    inputs
        Folder of each task.
    """

    root: Path
    held: dict[str, Any]
    inputs: dict[str, Path] = field(default_factory=dict)

    def context(self, name: str) -> TaskContext:
        """Context of a task that reads all before it."""
        output = self.root / f"task-{len(list(self.root.iterdir())):02d}"
        output.mkdir()
        return TaskContext(name, SEED, output, dict(self.inputs))

    def run(self, name: str, function: Any, **params: Any) -> None:
        """Run a task that later ones read."""
        context = self.context(name)
        function(context, **params)
        self.inputs[name] = context.output


def concept_study(
    root: Path,
    path: str | Path,
    *,
    n_cells: int = 60,
    donor: str | None = None,
    size: int = 12,
    options: dict[str, Any] | None = None,
    variants: Sequence[Variant] = ("",),
    units: dict[str, int] | None = None,
) -> ConceptStudy:
    """Embed cells of the embedded data set, train a small dictionary, choose units.

    Parameters
    ----------
    root
        An empty folder.
    path
        Of the checkpoint, or the name of a small model.
    n_cells, donor
        Cells, and the column of their donors.
    size
        Concepts of the dictionary, two of which are active in a cell.
    options
        Of the embedding.
    variants
        With their own embedding and dictionary.
    units
        Numbers of units of each kind.
    """
    model = {"path": str(resolve(str(path))), "name": MODEL, "family": None, "options": {}}
    chosen = OPTIONS | (options or {})
    device = {"device": "cpu", "dtype": "float32"}
    study = ConceptStudy(
        root,
        {"model": model, "options": chosen, "embedded": embedding_name(MODEL),
         "units": units_name(MODEL), **device},
    )  # fmt: skip
    config = CellsConfig(path="pbmc68k", strata="bulk_labels", max_cells=n_cells, donor=donor)
    study.run(
        CELLS, prepare_cells, cells=config.model_dump(), edges=EdgesConfig().model_dump(),
        source={"path": "pbmc68k", "sha256": "none"}, rows=[],
    )  # fmt: skip
    for variant in variants:
        embedded = embedding_name(MODEL, variant)
        study.run(
            embedded, embed, model=model, variant=variant, options=chosen, batch=None, **device
        )
        dictionary = DictionaryConfig(size=size, k=2, options={"epochs": 30, "batch": 32})
        study.run(
            dictionary_name(MODEL, variant), train_dictionaries, embedded=embedded, seeds=1,
            dictionary=dictionary.model_dump(), test_share=0.2, device="cpu",
        )  # fmt: skip
    wanted = dict.fromkeys(("neurons", "rotated", "components", "decoys"), 0) | (units or {})
    study.run(
        units_name(MODEL), choose_units, embedded=embedding_name(MODEL),
        dictionaries=dictionary_name(MODEL), units=UnitsConfig(**wanted).model_dump(),
    )  # fmt: skip
    return study


def attribute_units(study: ConceptStudy, shards: int = SHARDS, **options: Any) -> str:
    """Attribute genes to the units of a study as its tasks do; returns the task's name.

    Parameters
    ----------
    study
        Of `concept_study`.
    shards
        Tasks among which the prototype cells are shared out.
    options
        Of the section ``concepts.attribution``, in place of `ATTRIBUTION`.
    """
    name = attribution_name(MODEL)
    section = AttributionConfig(**ATTRIBUTION | options).model_dump()
    study.run(f"{name}/plan", plan_shards, attribution=section, held=study.held)
    parts = [attribution_name(MODEL, i) for i in range(shards)]
    for i, part in enumerate(parts):
        study.run(part, run_shard, plan=f"{name}/plan", shard=i, held=study.held)
    study.run(
        name, write_gene_tables, plan=f"{name}/plan", shards=parts, held=study.held, n_decoys=2
    )
    return name


def leave_gene_tables(study: ConceptStudy) -> str:
    """Tables of genes in which every unit knows one gene; returns the task's name."""
    name = attribution_name(MODEL)
    context = study.context(name)
    units = pd.read_parquet(study.inputs[units_name(MODEL)] / UNITS_TABLE)
    units.to_parquet(context.output / UNITS_FILE)
    genes = pd.DataFrame({"gene": ["LYZ"], "mean": [1.0], "detection": [0.5]})
    genes.to_parquet(context.output / GENES_TABLE)
    one = np.ones((len(units), 1))
    np.savez(context.output / "scores.npz", scores=one, q=one, known=one.astype(bool), de_rank=one)
    study.inputs[name] = context.output
    return name
