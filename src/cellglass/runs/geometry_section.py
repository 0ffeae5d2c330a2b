"""Section ``geometry`` of study.yaml as validated models. Every field says what it means."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from .sections import Strict


class CloudConfig(Strict):
    """Gene embeddings of any other origin, judged beside the models."""

    path: str = Field(
        description="One embedding a gene: a table (.csv, .tsv, .parquet), .npz or .h5ad (varm)."
    )
    name: str | None = Field(None, description="What the report calls it.")
    key: str | None = Field(None, description="Entry of varm in an .h5ad with several.")

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.path).name.split(".")[0]


class HomologyConfig(Strict):
    """Loops in gene space."""

    samples: int = Field(
        6, ge=5, description="Disjoint random samples of genes, the unit of inference."
    )
    points: int = Field(
        200, ge=30, description="Genes of a sample at most; fewer where there are few genes."
    )
    components: int = Field(20, ge=3, description="Principal components kept of a sample.")
    draws: int = Field(99, ge=19, description="Surrogate clouds of each null and sample.")
    margin: float = Field(
        0.05, ge=0, description="Smallest excess of lifetime that matters, as a natural logarithm."
    )


class AlignmentConfig(Strict):
    """Whether two models arrange the same genes alike."""

    draws: int = Field(99, ge=19, description="Refits to permuted partners.")
    repeats: int = Field(1, ge=1, description="Ways to divide the genes into folds.")
    folds: int = Field(5, ge=2, description="Folds of genes; each is held out once.")
    max_genes: int = Field(500, ge=50, description="Shared genes at most, drawn at random.")
    margin: float = Field(
        0.02, ge=0, description="Smallest gain of held-out retrieval over chance that matters."
    )


class GeometryConfig(Strict):
    """What is measured of the shape of gene space."""

    layers: list[int] | None = Field(
        None, description="Layers that are looked at, -1 for the input; all when empty."
    )
    domain: str | None = Field(
        None,
        description="Column of obs by which gene states are kept apart and judged, domain by "
        "domain, such as tissue.",
    )
    min_count: int = Field(
        10, ge=2, description="Cells that must hold a gene for its state to count."
    )
    components: int = Field(
        20, ge=2, description="Principal components in which distances are taken."
    )
    neighbours: int = Field(12, ge=3, description="Neighbours of the graph along which paths go.")
    most_neighbours: int = Field(
        35, ge=3, description="Neighbours up to which the graph grows until it is connected."
    )
    untrained: bool = Field(True, description="Also an untrained copy of each model.")
    clouds: list[CloudConfig] = Field(
        default_factory=list, description="Gene embeddings of other origin."
    )
    homology: HomologyConfig = Field(default_factory=HomologyConfig)
    alignment: AlignmentConfig = Field(default_factory=AlignmentConfig)

    @field_validator("layers")
    @classmethod
    def _known_layers(cls, layers: list[int] | None) -> list[int] | None:
        if layers is not None and (not layers or min(layers) < -1):
            raise ValueError("layers are counted from 0; -1 is the input of the first")
        return None if layers is None else sorted(set(layers))
