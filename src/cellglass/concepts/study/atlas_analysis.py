"""What the report shows of an atlas: where it is, what it holds, the table of concepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.concepts.atlas.atlas import ConceptAtlas
from cellglass.concepts.atlas.concept_table import concept_table
from cellglass.runs.result import AnalysisResult
from cellglass.runs.tasks import TaskContext

ANALYSIS = "concepts.atlas"
COLUMNS = (
    "name", "frequency", "top_label", "label_auroc", "technical", "n_genes", "genes_for",
    "genes_against", "terms",
)  # fmt: skip


def describe(
    context: TaskContext, *, model: str, statistics: Mapping[str, Any], atlas: str
) -> None:
    """Describe an atlas.

    Parameters
    ----------
    context
        Reads the task named.
    model, statistics
        Name of the model; nothing is judged here.
    atlas
        Task that wrote it.
    """
    opened = ConceptAtlas.open(context.input(atlas))
    table = concept_table(opened)
    result = AnalysisResult(ANALYSIS, {"model": model})
    result.tables = {"atlas": table[[c for c in COLUMNS if c in table]].reset_index(drop=True)}
    kinds = opened.units["kind"].value_counts(sort=False)
    told = ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in kinds.items())
    result.captions = {
        "atlas": "One row a concept: in how many cells it fires, the label it tells best, genes "
        "that support it and that work against it, terms that these share."
    }
    result.notes = [
        f"The atlas stands in the folder atlas/{model} of the run: {told}, over "
        f"{opened.sizes['cells']:,} cells and {opened.sizes['genes']:,} genes, all with the same "
        "fields. Open it with cellglass.concepts.ConceptAtlas.open; its to_anndata() is ready for "
        "scanpy, and cellglass concepts atlas FOLDER --table concepts.tsv writes the table of "
        "concepts.",
    ]
    result.method = (
        f"All units of {model} were written to an atlas with their activations, genes, terms, "
        "prototypes and matches."
    )
    result.write(context.output)
